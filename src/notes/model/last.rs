//! What of a signed note matters before the next session.

use chrono::NaiveDate;
use serde_json::Value;

use super::note::Note;
use crate::kernel::ids::{NoteId, TherapistId};

/// The parts of a signed note that the next session begins from. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct LastNote {
    /// Which note.
    pub id: NoteId,
    /// Who treated.
    pub therapist: TherapistId,
    /// The session's day, in the zone it was booked in.
    pub date_of_service: NaiveDate,
    /// Whether addenda follow, which say what is to be read otherwise.
    pub amended: bool,
    /// What was to come next.
    pub plan: String,
    /// What the client was to do at home.
    pub homework: String,
    /// How the client was afterwards.
    pub response: String,
}

impl LastNote {
    /// Takes them from a note and its opened content.
    #[must_use]
    pub fn of(note: &Note, amended: bool, content: Option<&Value>) -> Self {
        let passage = |name: &str| {
            let text = content.and_then(|content| content.get(name)).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Self {
            id: note.id,
            therapist: note.therapist,
            date_of_service: note.date_of_service,
            amended,
            plan: passage("plan"),
            homework: passage("homework"),
            response: passage("response"),
        }
    }
}
