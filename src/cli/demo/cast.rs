//! The people of the made-up practice and what they say. Nobody in here exists.

/// A therapist and what they hold: type, number, issued and expiring so many days from today.
pub(super) struct Therapist {
    pub name: &'static str,
    pub bio: &'static str,
    pub licence: (&'static str, &'static str),
    pub certification: (&'static str, &'static str, Option<i64>),
    /// Whether somebody else has checked the certification, or only its holder vouches for it.
    pub checked: bool,
}

pub(super) const THERAPISTS: [Therapist; 4] = [
    Therapist {
        name: "Mara Lind",
        bio: "Craniosacral therapy since 2009; quiet work with head, neck and sacrum.",
        licence: ("licence_osteopathic_physician", "DO 20417"),
        certification: ("upledger_cst_d", "CST-D 1183", Some(900)),
        checked: true,
    },
    Therapist {
        name: "Jonas Falk",
        bio: "Massage therapist; manual cranial sacral work for people who carry too much.",
        licence: ("licence_massage_therapist", "LMT 8802"),
        // Runs out soon: the register shows it among what is expiring.
        certification: ("upledger_cst_t", "CST-T 2290", Some(24)),
        checked: true,
    },
    Therapist {
        name: "Noor Haddad",
        bio: "Biodynamic craniosacral therapy, also for those who sleep badly.",
        licence: ("licence_physical_therapist", "PT 5561"),
        certification: ("bcta_na_rcst", "RCST 0417", Some(700)),
        checked: true,
    },
    Therapist {
        name: "Eli Brandt",
        bio: "Newly with the practice; short, restful sessions.",
        licence: ("licence_massage_therapist", "LMT 9917"),
        certification: ("milne_visionary_craniosacral", "VC 78", None),
        checked: false,
    },
];

/// Clients, why they say they come, and what was found that asks for care (`caution` only).
pub(super) const CLIENTS: [(&str, &str, Option<&str>); 14] = [
    ("Ida Berg", "stress", None),
    ("Tomas Weil", "neck_pain", None),
    ("Lena Moss", "headache", None),
    ("Piet Haas", "back_pain", Some("severe_osteoporosis")),
    ("Rosa Klein", "sleep_difficulties", None),
    ("Anton Reis", "tinnitus", None),
    ("Greta Sand", "tmj", None),
    ("Omar Said", "relaxation", None),
    ("Vera Holt", "migraine", None),
    ("Nils Ekman", "chronic_fatigue", None),
    ("Clara Voss", "general_wellbeing", None),
    ("Juri Petrov", "emotional_tension", None),
    ("Hanna Wolf", "scalp_or_facial_tension", Some("bleeding_disorder")),
    ("Felix Arendt", "anxiety", None),
];

/// The guardian's child, who is under two.
pub(super) const WARD: &str = "Emil Berg";
/// Whose answers ask for a written clearance, and whose speak against a session.
pub(super) const NEEDS_CLEARANCE: (&str, &str) = ("Marta Quist", "brain_aneurysm");
/// See [`NEEDS_CLEARANCE`].
pub(super) const REFUSED: (&str, &str) = ("Paul Norden", "blood_clots");

/// What a note says: subjective, objective, assessment, plan, region, response.
pub(super) const NOTES: [[&str; 6]; 6] = [
    [
        "Reports a full week at work and shallow sleep; jaw feels tight in the morning.",
        "Restriction at the left temporal bone, sacrum slow to follow.",
        "Tension pattern from jaw to sacrum, softer than last time.",
        "Again in two weeks; a glass of water and a slow walk home.",
        "temporal",
        "Reports warmth in the hands and a wish to stay lying down.",
    ],
    [
        "Reports fewer headaches since the last session, two in ten days.",
        "Occiput and first vertebra move freely, dural tube pulls lightly to the right.",
        "Client reports change in the hoped-for direction.",
        "Keep the interval of three weeks; review of goals at the fifth session.",
        "occiput",
        "Reports pulsation behind the eyes that ebbed away.",
    ],
    [
        "Reports lower back tired after a long drive, no radiation.",
        "Sacrum held in extension, left more than right.",
        "Holding pattern at the sacrum, eases under light touch.",
        "One more session this month, then as wished.",
        "sacrum",
        "Reports lightness on standing up; sat for some minutes first.",
    ],
    [
        "Reports lying awake from three to five; otherwise well.",
        "Breath high in the chest at first, settles after some ten minutes.",
        "Calmer at the end than at the beginning, by the client's own account.",
        "Try a session in the late afternoon.",
        "thoracic_inlet",
        "Reports drowsiness, agreed to rest before driving.",
    ],
    [
        "Reports ringing in the right ear as before, less in the way.",
        "Right temporal bone slow in external rotation.",
        "No change to report, and no harm.",
        "Speak about goals next time; no promise was made.",
        "temporal",
        "Reports quiet, then a vivid memory of a summer; chose not to speak of it further.",
    ],
    [
        "Comes for rest; no complaint.",
        "Rhythm even, symmetrical.",
        "A restful session.",
        "As wished.",
        "feet",
        "Reports having slept through most of it.",
    ],
];
