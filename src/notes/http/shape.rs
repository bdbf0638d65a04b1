//! What the vault seals and what a signature freezes, for the document: models know no HTTP. A test holds these to the models.

use chrono::NaiveDate;
use utoipa::ToSchema;

use crate::bookings::model::BlockCode;
use crate::kernel::ids::CredentialId;
use crate::kernel::time::Timestamp;
use crate::notes::model::{BodyView, PressureClass, Side};
use crate::text_schema;

text_schema!(PressureClass, Side, BodyView);

/// What a note says.
#[derive(ToSchema)]
#[schema(as = NoteContent)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct NoteContentShape {
    /// What the client says.
    #[schema(required = false, max_length = 20000)]
    subjective: String,
    /// What the therapist observes.
    #[schema(required = false, max_length = 20000)]
    objective: String,
    /// What the therapist makes of it.
    #[schema(required = false, max_length = 20000)]
    assessment: String,
    /// What comes next.
    #[schema(required = false, max_length = 20000)]
    plan: String,
    #[schema(required = false, max_items = 100)]
    schools: Vec<String>,
    #[schema(required = false, max_items = 100)]
    techniques: Vec<String>,
    /// The regions held, in their order.
    #[schema(required = false, max_items = 100)]
    regions: Vec<RegionHeldShape>,
    #[schema(required = false)]
    pressure: PressureClass,
    /// What the client reported during the session.
    #[schema(required = false, max_items = 100)]
    client_reports: Vec<String>,
    /// How the client was afterwards.
    #[schema(required = false, max_length = 20000)]
    response: String,
    #[schema(required = false, max_length = 20000)]
    homework: String,
    /// Ratings before and after, 0 to 10.
    #[schema(required = false, max_items = 100)]
    scores: Vec<ScoreShape>,
    /// What was done otherwise for each caution.
    #[schema(required = false, max_items = 100)]
    modifications: Vec<ModificationShape>,
}

/// A region that was held.
#[derive(ToSchema)]
#[schema(as = RegionHeld)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct RegionHeldShape {
    #[schema(min_length = 1, max_length = 200)]
    region: String,
    side: Option<Side>,
    point: Option<BodyPointShape>,
}

/// A point of the body, marked on one of its pictures.
#[derive(ToSchema)]
#[schema(as = BodyPoint)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct BodyPointShape {
    view: BodyView,
    /// From the picture's left edge, in thousandths of its width.
    #[schema(maximum = 1000)]
    x: u16,
    /// From its upper edge, in thousandths of its height.
    #[schema(maximum = 1000)]
    y: u16,
}

/// How the client rated something.
#[derive(ToSchema)]
#[schema(as = Score)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct ScoreShape {
    #[schema(min_length = 1, max_length = 200)]
    measure: String,
    #[schema(maximum = 10)]
    before: Option<u8>,
    #[schema(maximum = 10)]
    after: Option<u8>,
}

/// How the session was modified for a caution.
#[derive(ToSchema)]
#[schema(as = Modification)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct ModificationShape {
    /// The finding's code.
    #[schema(min_length = 1, max_length = 200)]
    finding: String,
    #[schema(min_length = 1, max_length = 20000)]
    how: String,
}

/// What an addendum says.
#[derive(ToSchema)]
#[schema(as = AddendumContent)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct AddendumShape {
    text: String,
}

/// Credentials as they stood.
#[derive(ToSchema)]
#[schema(as = CredentialsSnapshot)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct SnapshotShape {
    /// The day of the session.
    valid_on: NaiveDate,
    /// When the note was signed; or when the last word about the credentials was recorded, if that seems later.
    known_at: Timestamp,
    credentials: Vec<CredentialThenShape>,
}

/// One credential as it stood.
#[derive(ToSchema)]
#[schema(as = CredentialThen)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct CredentialThenShape {
    id: CredentialId,
    type_code: String,
    type_name: String,
    number: String,
    issuer: String,
    /// `valid`, `reverify_due`, or `self_attested`: on its holder's word alone, not verified.
    validity: String,
}

/// What the booking decision found, asked once more at the signature.
#[derive(ToSchema)]
#[schema(as = DecisionSnapshot)]
#[allow(dead_code, reason = "read by utoipa")]
pub(in crate::notes) struct DecisionShape {
    /// The day of the session.
    valid_on: NaiveDate,
    decided_at: Timestamp,
    /// What would have kept the session from going ahead; nothing where all was in order.
    #[schema(value_type = Vec<String>)]
    blocks: Vec<BlockCode>,
}
