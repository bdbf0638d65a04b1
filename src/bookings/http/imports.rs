//! Bringing over bookings from another calendar.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::bookings::acts::{self, RowAnswer};
use crate::bookings::model::{Import, ImportKind, RowOutcome};
use crate::bookings::{sheet, store};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, PageQuery, Query};
use crate::kernel::ids::{AccountId, BookingId, ImportId};
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(ImportKind, RowOutcome);

policies! {
    /// Bringing over bookings from another calendar.
    ImportBookings = "imports.make": [FrontDesk, Admin];
    /// Seeing what was brought over.
    SeeImport = "imports.see": [FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_bookings).service(list_imports).service(see_import);
}

/// A file, and whether to take it or only to try.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "bookings",
    "csv": "client,therapist,session_type,local_start,reference\nolga@example.org,Tom,Craniosacral session,2027-04-01T10:00,A-1\n",
    "dry_run": false
}))]
struct ImportAsk {
    /// What it holds.
    #[allow(dead_code, reason = "there is one kind, and whoever asks says that they know")]
    kind: ImportKind,
    /// Comma-separated values with a header, up to 500 rows.
    csv: String,
    /// Whether only to say what would become of it.
    #[serde(default)]
    dry_run: bool,
}

/// What became, or would become, of one row.
#[derive(Serialize, ToSchema)]
struct ImportRowView {
    /// Its number, counted with the header as the first.
    row: usize,
    outcome: RowOutcome,
    /// The booking that was made of it; absent where it would be.
    booking_id: Option<BookingId>,
}

impl From<&RowAnswer> for ImportRowView {
    fn from(answer: &RowAnswer) -> Self {
        Self { row: answer.row, outcome: answer.outcome, booking_id: answer.booking }
    }
}

/// What became, or would become, of a file.
#[derive(Serialize, ToSchema)]
struct ImportAnswerView {
    /// Absent where it was only tried.
    id: Option<ImportId>,
    dry_run: bool,
    rows: Vec<ImportRowView>,
}

impl ImportAnswerView {
    fn of(id: Option<ImportId>, rows: &[RowAnswer]) -> Self {
        Self { id, dry_run: id.is_none(), rows: rows.iter().map(ImportRowView::from).collect() }
    }
}

/// Bring over bookings that were agreed in another calendar
///
/// The file has a header and these columns, in any order: `client` (e-mail address or id), `therapist` (e-mail address, id or exact name),
/// `session_type` (name or id), `reference` (what the other calendar calls the booking), and either `local_start` (such as `2027-03-02T10:00`,
/// by the clock of `zone` or, without one, of the place) or `starts_at` (an instant with its offset); if need be `location`, `co_therapist` and
/// `price_minor`. All rows are taken or none: every fault of every row is answered as a violation with the pointer `/csv/{row}/{column}`.
/// No rule of notice, advance, hours, grid or limits refuses a row, since it was agreed; something else at the same time does, and a finding that
/// forbids the session. A missing credential, form, clearance or guardian is kept as the booking's block. A reference that was brought over before
/// makes nothing. A slot that is held for a client is let go with their first row. Nobody brings over what is their own or their ward's. With `dry_run`
/// the answer is the same but for the ids, with status 200, and nothing is written.
#[utoipa::path(tag = "bookings", request_body = ImportAsk, params(IdempotencyHeader), responses(
    (status = 200, body = ImportAnswerView, description = "what would become of it"),
    (status = 201, body = ImportAnswerView),
    (status = 422, description = "invalid_fields: every fault of every row"),
    (status = 409, description = "idempotency_in_progress")))]
#[post("/imports")]
async fn import_bookings(guard: Guard<ImportBookings, Json<ImportAsk>>) -> Answer {
    let Json(ask) = &guard.input;
    let rows = sheet::read(&ask.csv)?;
    if ask.dry_run {
        let answers = guard.read(move |view| acts::try_import(view, &rows)).await?;
        return shown(&ImportAnswerView::of(None, &answers));
    }
    let fingerprint = guard.vault().mac("imports", ask.csv.as_bytes());
    let receipt = guard
        .create(move |tx| {
            let (import, answers) = acts::import(tx, &rows, &fingerprint)?;
            created(format!("/api/v1/imports/{}", import.id), 1, &ImportAnswerView::of(Some(import.id), &answers))
        })
        .await?;
    made(&receipt)
}

/// A booking that a file brought.
#[derive(Serialize, ToSchema)]
struct ImportedBookingView {
    /// What the other calendar calls it.
    reference: String,
    booking_id: BookingId,
}

/// A file that was brought in.
#[derive(Serialize, ToSchema)]
struct ImportSummary {
    id: ImportId,
    imported_by: AccountId,
    imported_at: Timestamp,
    /// How many rows it had.
    row_count: i32,
    /// Of how many of them a booking was made.
    created_count: i32,
    /// The same for the same file, in hexadecimal digits.
    fingerprint: String,
}

impl From<&Import> for ImportSummary {
    fn from(import: &Import) -> Self {
        Self {
            id: import.id,
            imported_by: import.by,
            imported_at: import.at,
            row_count: import.rows,
            created_count: import.created,
            fingerprint: import.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// A file that was brought in, and what was made of it.
#[derive(Serialize, ToSchema)]
struct ImportView {
    #[serde(flatten)]
    import: ImportSummary,
    bookings: Vec<ImportedBookingView>,
}

/// A page of files that were brought in.
#[derive(Serialize, ToSchema)]
struct ImportsView {
    items: Vec<ImportSummary>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the files of bookings that were brought in
#[utoipa::path(tag = "bookings", params(PageQuery), responses((status = 200, body = ImportsView)))]
#[get("/imports")]
async fn list_imports(guard: Guard<SeeImport, Query<PageQuery>>) -> Answer {
    let Query(page) = guard.input.clone();
    let ask = page.ask()?;
    let page = guard.read(move |view| store::imports(view, ask)).await?.map(|import| ImportSummary::from(&import));
    shown(&ImportsView { items: page.items, next_cursor: page.next_cursor })
}

/// See a file of bookings that was brought in
#[utoipa::path(tag = "bookings", responses((status = 200, body = ImportView)))]
#[get("/imports/{id}")]
async fn see_import(guard: Guard<SeeImport, At<ImportId>>) -> Answer {
    let At(id) = guard.input;
    let (import, made) = guard.read(move |view| store::one_import(view, id)).await?;
    let view = |(reference, booking_id)| ImportedBookingView { reference, booking_id };
    versioned(1, &ImportView { import: (&import).into(), bookings: made.into_iter().map(view).collect() })
}
