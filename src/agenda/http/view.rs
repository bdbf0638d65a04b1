//! How a day is shown.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::agenda::model::{ClientSheet, DaySheet, Sitting};
use crate::bookings::model::{Block, BlockCode, BookingState, Reasons, Remedy, Step, VisitReason};
use crate::clients::model::Client;
use crate::intake::model::answer::{Answer, FindingStatus};
use crate::intake::model::brief::{Brief, Covering, Reported};
use crate::intake::model::response::{ResponseState, Verdict};
use crate::intake::model::ruleset::Level;
use crate::intake::model::screening::Reason;
use crate::kernel::ids::{BookingId, ClientId, IntakeResponseId, LocationId, NoteId, SessionTypeId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::notes::model::LastNote;
use crate::text_schema;

text_schema!(FindingStatus);

/// A therapist's day.
#[derive(Serialize, ToSchema)]
pub(super) struct DayView {
    /// The date; where none was asked for, today's in the practice's zone.
    date: NaiveDate,
    /// In the order of their start.
    sessions: Vec<DaySessionView>,
    /// Notes of earlier days that are still to be signed.
    unsigned_drafts: UnsignedDraftsView,
}

/// Notes that are still to be signed, the oldest session first.
#[derive(Serialize, ToSchema)]
struct UnsignedDraftsView {
    count: usize,
    ids: Vec<NoteId>,
}

impl From<DaySheet> for DayView {
    fn from(sheet: DaySheet) -> Self {
        let unsigned_drafts = UnsignedDraftsView { count: sheet.unsigned.len(), ids: sheet.unsigned };
        Self {
            date: sheet.date,
            sessions: sheet.sittings.into_iter().map(DaySessionView::from).collect(),
            unsigned_drafts,
        }
    }
}

/// One session of the day.
#[derive(Serialize, ToSchema)]
struct DaySessionView {
    booking_id: BookingId,
    version: i32,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the clock on the wall was to show when the time was agreed.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    location: Option<DayLocationView>,
    session_type: DaySessionTypeView,
    state: BookingState,
    /// What keeps it from going ahead.
    blocks: Vec<DayBlockView>,
    /// The steps open to the therapist now.
    allowed_actions: Vec<Step>,
    client_id: ClientId,
    /// Whether the therapist treats the client now. If not, nothing of the client is shown.
    opened: bool,
    client: Option<DayClientView>,
}

impl From<Sitting> for DaySessionView {
    fn from(sitting: Sitting) -> Self {
        let booking = sitting.booking;
        let at = booking.placement;
        Self {
            booking_id: booking.id,
            version: booking.version,
            starts_at: at.session.start(),
            ends_at: at.session.end(),
            local_start: at.local_start,
            zone: at.zone.name().to_owned(),
            location: sitting.location.map(|location| DayLocationView { id: location.id, name: location.name }),
            session_type: DaySessionTypeView {
                id: sitting.session_type.id,
                name: sitting.session_type.name,
                preparation_text: sitting.session_type.preparation_text,
            },
            state: booking.state,
            blocks: booking.blocks.iter().map(DayBlockView::from).collect(),
            allowed_actions: sitting.steps,
            client_id: booking.client,
            opened: sitting.client.is_some(),
            client: sitting.client.map(DayClientView::from),
        }
    }
}

/// Where it is held.
#[derive(Serialize, ToSchema)]
struct DayLocationView {
    id: LocationId,
    name: String,
}

/// What kind of session it is.
#[derive(Serialize, ToSchema)]
struct DaySessionTypeView {
    id: SessionTypeId,
    name: String,
    /// How the client was told to come prepared.
    preparation_text: String,
}

/// What keeps a session from going ahead.
#[derive(Serialize, ToSchema)]
struct DayBlockView {
    code: BlockCode,
    since: Timestamp,
    remedy: Remedy,
}

impl From<&Block> for DayBlockView {
    fn from(block: &Block) -> Self {
        Self { code: block.code, since: block.since, remedy: block.remedy }
    }
}

/// What is opened of a client before a session.
#[derive(Serialize, ToSchema)]
struct DayClientView {
    name: String,
    phone: Option<String>,
    /// In full years on the day; absent where the date of birth is unknown.
    age: Option<u32>,
    /// Who acts for them on the day; for a minor.
    guardians: Vec<DayGuardianView>,
    /// How many sessions they have had before this one.
    sessions: usize,
    /// How many of those with this therapist.
    sessions_together: usize,
    reasons: Vec<VisitReason>,
    reasons_text: Option<String>,
    intake: DayIntakeView,
    /// What the last signed note says, whoever signed it.
    last_note: Option<LastNoteView>,
}

impl From<ClientSheet> for DayClientView {
    fn from(sheet: ClientSheet) -> Self {
        let Reasons { codes, text } = sheet.reasons.unwrap_or(Reasons { codes: Vec::new(), text: None });
        Self {
            name: sheet.client.details.name.as_str().to_owned(),
            phone: phone(&sheet.client),
            age: sheet.age,
            guardians: sheet.guardians.iter().map(DayGuardianView::from).collect(),
            sessions: sheet.sessions,
            sessions_together: sheet.sessions_together,
            reasons: codes,
            reasons_text: text,
            intake: sheet.intake.into(),
            last_note: sheet.last_note.map(LastNoteView::from),
        }
    }
}

fn phone(client: &Client) -> Option<String> {
    client.details.phone.as_ref().map(|phone| phone.as_str().to_owned())
}

/// Who acts for a minor.
#[derive(Serialize, ToSchema)]
struct DayGuardianView {
    name: String,
    phone: Option<String>,
}

impl From<&Client> for DayGuardianView {
    fn from(guardian: &Client) -> Self {
        Self { name: guardian.details.name.as_str().to_owned(), phone: phone(guardian) }
    }
}

/// A client's health history, as it counts on the day.
#[derive(Serialize, ToSchema)]
struct DayIntakeView {
    /// The response that counts on the day, if one does.
    response_id: Option<IntakeResponseId>,
    state: Option<ResponseState>,
    /// What the therapist concluded.
    verdict: Option<Verdict>,
    /// The strictest of all that is known for the day.
    level: Option<Level>,
    /// Whether something was asked and is not answered: no form that counts on the day, one that is out, or a finding left open.
    unanswered: bool,
    /// Everything reported, the strictest first; the cautions are those of that level.
    findings: Vec<DayFindingView>,
    /// How the session is to be modified, in the words of the review.
    modification: Option<String>,
    /// The written clearances that are valid on the day.
    clearances: Vec<DayClearanceView>,
    goals: Option<String>,
    preferences: Vec<DayPreferenceView>,
}

impl From<Brief> for DayIntakeView {
    fn from(brief: Brief) -> Self {
        let answered = brief.standing.answered;
        let preference = |(question, answer)| DayPreferenceView { question, answer };
        Self {
            response_id: answered.map(|answered| answered.response),
            state: answered.map(|answered| answered.state),
            verdict: answered.and_then(|answered| answered.verdict),
            level: brief.standing.level(),
            unanswered: brief.is_unanswered(),
            findings: brief.told.findings.into_iter().map(DayFindingView::from).collect(),
            modification: brief.modification,
            clearances: brief.clearances.into_iter().map(DayClearanceView::from).collect(),
            goals: brief.told.goals,
            preferences: brief.told.preferences.into_iter().map(preference).collect(),
        }
    }
}

/// A finding as it was reported and weighed.
#[derive(Serialize, ToSchema)]
struct DayFindingView {
    finding: String,
    name: String,
    /// Absent where the client was not asked, as of their age.
    status: Option<FindingStatus>,
    /// Since when; absent where nobody knows.
    onset: Option<NaiveDate>,
    level: Level,
    reason: Reason,
}

impl From<Reported> for DayFindingView {
    fn from(told: Reported) -> Self {
        let Reported { finding, name, status, onset, level, reason } = told;
        Self { finding, name, status, onset, level, reason }
    }
}

/// A written clearance that is valid on the day.
#[derive(Serialize, ToSchema)]
struct DayClearanceView {
    /// The findings it names; it clears those and no others.
    findings: Vec<String>,
    clinician_name: String,
    profession: String,
    valid_from: NaiveDate,
    /// The last day it is valid.
    valid_until: NaiveDate,
}

impl From<Covering> for DayClearanceView {
    fn from(covering: Covering) -> Self {
        let Covering { content, valid_from, valid_until } = covering;
        let (findings, clinician_name, profession) = (content.findings, content.clinician_name, content.profession);
        Self { findings, clinician_name, profession, valid_from, valid_until }
    }
}

/// Something that makes the client comfortable.
#[derive(Serialize, ToSchema)]
struct DayPreferenceView {
    /// The form's question.
    question: String,
    /// The answer, as it was given.
    #[schema(value_type = serde_json::Value)]
    answer: Answer,
}

/// What of the last signed note the next session begins from.
#[derive(Serialize, ToSchema)]
struct LastNoteView {
    id: NoteId,
    therapist_id: TherapistId,
    date_of_service: NaiveDate,
    /// Whether addenda follow, which say what is to be read otherwise.
    amended: bool,
    plan: String,
    homework: String,
    response: String,
}

impl From<LastNote> for LastNoteView {
    fn from(note: LastNote) -> Self {
        Self {
            id: note.id,
            therapist_id: note.therapist,
            date_of_service: note.date_of_service,
            amended: note.amended,
            plan: note.plan,
            homework: note.homework,
            response: note.response,
        }
    }
}
