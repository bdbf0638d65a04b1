//! What is sealed: content of a class, at a place.

use uuid::Uuid;

use crate::kernel::ids::ClientId;
use crate::text_enum;

text_enum! {
    /// Content that is kept equally long and destroyed together; also what a look must be for.
    pub enum Class {
        /// Reasons for a visit, with the booking they came with.
        Booking = "booking",
        /// Answers, findings and screening.
        Intake = "intake",
        /// Session notes and their addenda.
        SessionNote = "session_note",
        /// Who a client was, once they are erased; its key is destroyed as soon as it has sealed.
        Identity = "identity",
    }
}

text_enum! {
    /// Why keys are destroyed.
    pub enum Reason {
        /// What the law asks to keep was kept as long.
        RetentionEnded = "retention_ended",
        /// The person asked for it, and nothing speaks against it.
        ErasureRequest = "erasure_request",
        /// It should never have been recorded.
        RecordedInError = "recorded_in_error",
        /// A copy from before the destruction was restored, and the list says so.
        Replayed = "replayed",
    }
}

/// Where a piece of sealed content stands; what its seal is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Whose content it is.
    pub client: ClientId,
    /// Its retention class.
    pub class: Class,
    /// The record it belongs to, which a look must name: the note of an addendum, the response of an answer.
    pub record: Uuid,
    /// The table.
    pub table: &'static str,
    /// The row.
    pub row: Uuid,
    /// The column, or the question of an answer.
    pub column: &'a str,
}
