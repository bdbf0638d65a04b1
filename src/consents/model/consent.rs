//! A text that was presented to a client, and what became of it.
//!
//! Nothing of it is ever changed: a signature and an end are things of their own beside it, and its state is what they and the day say.

use chrono::NaiveDate;

use crate::kernel::change::{Change, Event};
use crate::kernel::form_link::{IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, ConsentId, ConsentTemplateId, ConsentVersionId, FormLinkId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Where a consent stands on a day.
    pub enum ConsentState {
        /// Waits for a signature.
        Presented = "presented",
        /// Signed, and in force.
        Active = "active",
        /// Taken back.
        Withdrawn = "withdrawn",
        /// Signed longer ago than it holds.
        Expired = "expired",
        /// A newer one was signed, or presented in its place.
        Superseded = "superseded",
    }
}

text_enum! {
    /// What ended a consent.
    pub enum EndKind {
        /// Whoever gave it took it back.
        Withdrawn = "withdrawn",
        /// A newer one took its place.
        Superseded = "superseded",
    }
}

text_enum! {
    /// What a signature means; whoever signs says so themself.
    pub enum Meaning {
        /// For themself.
        Consent = "i_consent",
        /// As the guardian of a minor.
        ConsentForWard = "i_consent_for_my_ward",
    }
}

text_enum! {
    /// How whoever signed was known to be who they are.
    pub enum Authenticated {
        /// By their own login.
        Login = "login",
        /// By a link that staff gave them.
        Link = "link",
        /// On the practice's tablet, before the eyes of staff.
        Tablet = "tablet",
    }
}

/// What staff answer for, where there was no login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// By which link the text was opened.
    pub link: FormLinkId,
    /// Where.
    pub medium: Medium,
    /// Who gave the link out and made sure to whom; on the tablet also the witness.
    pub by: AccountId,
    /// How they made sure.
    pub identity_check: IdentityCheck,
}

/// What stands for whoever signed being who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Their own login.
    Login(AccountId),
    /// A member of staff.
    Staff(Vouched),
}

impl Proof {
    /// In one word.
    #[must_use]
    pub fn kind(&self) -> Authenticated {
        match self {
            Self::Login(_) => Authenticated::Login,
            Self::Staff(Vouched { medium: Medium::Link, .. }) => Authenticated::Link,
            Self::Staff(Vouched { medium: Medium::Tablet, .. }) => Authenticated::Tablet,
        }
    }
}

/// A signature as it is given.
#[derive(Clone, Debug)]
pub struct Signing {
    /// Who signs: the client, or a guardian of theirs.
    pub signer: ClientId,
    /// Their name, as they typed it.
    pub name: String,
    /// What they say it means.
    pub meaning: Meaning,
    /// SHA-256 of the text that they were shown, and its language.
    pub text: (String, String),
    /// What stands for their being who they are.
    pub proof: Proof,
    /// The last day it holds.
    pub valid_until: Option<NaiveDate>,
}

/// A signature that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who signed.
    pub signer: ClientId,
    /// Their name, as they typed it; none once they, or the client, were erased.
    pub name: Option<String>,
    /// What it means.
    pub meaning: Meaning,
    /// SHA-256 of the text that they were shown.
    pub text_hash: String,
    /// Its language.
    pub language: String,
    /// What stands for their being who they are.
    pub proof: Proof,
    /// The last day it holds; none where it holds until it is withdrawn.
    pub valid_until: Option<NaiveDate>,
    /// When.
    pub signed_at: Timestamp,
}

/// What ended a consent, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What it was.
    pub kind: EndKind,
    /// The client or guardian who took it back with a login of their own; nobody where staff wrote it down at their word.
    pub withdrawn_by: Option<ClientId>,
    /// Whose login it was.
    pub account: Option<AccountId>,
    /// Why, if that was said.
    pub reason: Option<Sealed>,
    /// When.
    pub ended_at: Timestamp,
}

/// A text that was presented to a client, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Which one.
    pub id: ConsentId,
    /// Whose.
    pub client: ClientId,
    /// Which text.
    pub template: ConsentTemplateId,
    /// Which version of it.
    pub template_version: ConsentVersionId,
    /// Who presented it; the program with a booking, if absent.
    pub presented_by: Option<AccountId>,
    /// By when it is to be signed, where there is such a time.
    pub due_at: Option<Timestamp>,
    /// When it was presented.
    pub presented_at: Timestamp,
    /// The signature, once it is given.
    pub signature: Option<Signature>,
    /// What ended it.
    pub end: Option<End>,
}

/// A consent with the signature it was just given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Which consent.
    pub consent: ConsentId,
    /// The signature.
    pub signature: Signature,
}

/// A consent under which the name is erased that was typed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unnamed(pub ConsentId);

impl Unnamed {
    /// Erases the name under a consent because somebody was erased.
    pub fn because_of(erased: ClientId, consent: ConsentId) -> Change<Self> {
        Change::new(Self(consent), Event::new("consent.name_erased", consent).about(erased))
    }
}

/// A consent with what has just ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Which consent.
    pub consent: ConsentId,
    /// What ended it.
    pub end: End,
}

impl Consent {
    /// Presents the text of a version to a client.
    pub fn present(self) -> Change<Self> {
        let event = self.event("consent.presented");
        Change::new(self, event)
    }

    /// Where it stands on a day.
    #[must_use]
    pub fn state_on(&self, day: NaiveDate) -> ConsentState {
        match (&self.end, &self.signature) {
            (Some(End { kind: EndKind::Withdrawn, .. }), _) => ConsentState::Withdrawn,
            (Some(End { kind: EndKind::Superseded, .. }), _) => ConsentState::Superseded,
            (None, None) => ConsentState::Presented,
            (None, Some(signature)) if signature.valid_until.is_some_and(|last| last < day) => ConsentState::Expired,
            (None, Some(_)) => ConsentState::Active,
        }
    }

    /// Its version, for the entity tag: it begins with 1 and grows with the signature and with the end.
    #[must_use]
    pub fn version(&self) -> i32 {
        1 + i32::from(self.signature.is_some()) + i32::from(self.end.is_some())
    }

    /// Whether it waits for a signature, in the version that was read.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::InvalidTransition`].
    pub fn awaits_signature(&self, expected: i32, today: NaiveDate) -> Result<(), Refusal> {
        self.allows("sign", ConsentState::Presented, expected, today)
    }

    /// Signs it. `today` is the practice's day.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::InvalidTransition`] unless it waits for a signature.
    pub fn sign(
        &self,
        expected: i32,
        signing: Signing,
        (today, now): (NaiveDate, Timestamp),
    ) -> Result<Change<Signed>, Refusal> {
        self.awaits_signature(expected, today)?;
        let Signing { signer, name, meaning, text: (text_hash, language), proof, valid_until } = signing;
        let event = self.event("consent.signed").with("text_hash", &text_hash).with("authenticated_by", proof.kind());
        let name = Some(name);
        let signature = Signature { signer, name, meaning, text_hash, language, proof, valid_until, signed_at: now };
        Ok(Change::new(Signed { consent: self.id, signature }, event))
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::InvalidTransition`] unless it is in force.
    pub fn withdraw(&self, expected: i32, end: End, today: NaiveDate) -> Result<Change<Ending>, Refusal> {
        self.allows("withdraw", ConsentState::Active, expected, today)?;
        Ok(Change::new(Ending { consent: self.id, end }, self.event("consent.withdrawn")))
    }

    /// Lets a newer one take its place; nothing where it has ended already.
    #[must_use]
    pub fn supersede(&self, newer: ConsentId, now: Timestamp) -> Option<Change<Ending>> {
        if self.end.is_some() || self.id == newer {
            return None;
        }
        let end = End { kind: EndKind::Superseded, withdrawn_by: None, account: None, reason: None, ended_at: now };
        let event = self.event("consent.superseded").with("newer", newer);
        Some(Change::new(Ending { consent: self.id, end }, event))
    }

    fn allows(&self, step: &'static str, from: ConsentState, expected: i32, today: NaiveDate) -> Result<(), Refusal> {
        if self.version() != expected {
            return Err(Refusal::VersionMismatch);
        }
        let state = self.state_on(today);
        if state == from {
            return Ok(());
        }
        Err(Refusal::InvalidTransition { what: "consent", from: state.as_str(), step })
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client).with("template_version", self.template_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn presented() -> Consent {
        Consent {
            id: ConsentId::new(now()),
            client: ClientId::new(now()),
            template: ConsentTemplateId::new(now()),
            template_version: ConsentVersionId::new(now()),
            presented_by: None,
            due_at: None,
            presented_at: now(),
            signature: None,
            end: None,
        }
    }

    fn signed(valid_until: Option<&str>) -> Consent {
        let consent = presented();
        let signing = Signing {
            signer: consent.client,
            name: "Mia Long".to_owned(),
            meaning: Meaning::Consent,
            text: ("hash".to_owned(), "en".to_owned()),
            proof: Proof::Login(AccountId::new(now())),
            valid_until: valid_until.map(day),
        };
        let signed = consent.sign(1, signing, (day("2027-03-01"), now())).unwrap().into_parts().0;
        Consent { signature: Some(signed.signature), ..consent }
    }

    fn withdrawal() -> End {
        End { kind: EndKind::Withdrawn, withdrawn_by: None, account: None, reason: None, ended_at: now() }
    }

    #[test]
    fn it_is_signed_once_and_expires_after_its_last_day() {
        let consent = signed(Some("2028-02-29"));
        assert_eq!(consent.state_on(day("2028-02-29")), ConsentState::Active);
        assert_eq!(consent.state_on(day("2028-03-01")), ConsentState::Expired);
        assert_eq!(signed(None).state_on(day("2099-01-01")), ConsentState::Active);
        let again = Signing {
            signer: consent.client,
            name: "Mia Long".to_owned(),
            meaning: Meaning::Consent,
            text: ("hash".to_owned(), "en".to_owned()),
            proof: Proof::Login(AccountId::new(now())),
            valid_until: None,
        };
        let refused = consent.sign(2, again, (day("2027-03-02"), now())).unwrap_err();
        assert_eq!(refused, Refusal::InvalidTransition { what: "consent", from: "active", step: "sign" });
    }

    #[test]
    fn only_what_is_in_force_is_taken_back() {
        let today = day("2027-03-02");
        assert!(matches!(presented().withdraw(1, withdrawal(), today), Err(Refusal::InvalidTransition { .. })));
        let consent = signed(None);
        assert_eq!(consent.withdraw(1, withdrawal(), today), Err(Refusal::VersionMismatch));
        let ended = consent.withdraw(2, withdrawal(), today).unwrap().into_parts().0;
        let consent = Consent { end: Some(ended.end), ..consent };
        assert_eq!((consent.state_on(today), consent.version()), (ConsentState::Withdrawn, 3));
        assert_eq!(consent.supersede(ConsentId::new(now()), now()), None, "what has ended is not ended again");
    }

    #[test]
    fn a_newer_one_takes_the_place_of_all_that_stand() {
        for consent in [presented(), signed(None)] {
            let ending = consent.supersede(ConsentId::new(now()), now()).unwrap().into_parts().0;
            let consent = Consent { end: Some(ending.end), ..consent };
            assert_eq!(consent.state_on(day("2027-03-01")), ConsentState::Superseded);
        }
    }
}
