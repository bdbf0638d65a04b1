//! Bookings that were agreed in another calendar and are brought over in a file.
//!
//! They were agreed, so no rule of notice, advance, hours, grid or limits refuses them; what the decision finds is kept as their blocks. What
//! stands at the same time still refuses one, and so does a finding that forbids the session.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::block::{self, Block, BlockCode};
use super::booking::{Booking, BookingAsk};
use super::state::BookingState;
use crate::availability::model::local::resolve;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, BookingId, ImportId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What a file holds.
    pub enum ImportKind {
        /// Bookings to come.
        Bookings = "bookings",
    }
}

text_enum! {
    /// What becomes of a row.
    pub enum RowOutcome {
        /// A booking is made of it.
        New = "new",
        /// A booking was made of it before; nothing is done.
        AlreadyImported = "already_imported",
    }
}

/// The columns a file may have.
pub const COLUMNS: [&str; 10] = [
    "client",
    "therapist",
    "co_therapist",
    "session_type",
    "location",
    "local_start",
    "zone",
    "starts_at",
    "price_minor",
    "reference",
];

/// Those it must have.
pub const REQUIRED: [&str; 4] = ["client", "therapist", "session_type", "reference"];

/// How a local start may be written.
const LOCAL: [&str; 4] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];

/// The most that a session may cost, in minor units.
const DEAREST: i64 = 1_000_000_000;

/// When a session of a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportedStart {
    /// At an instant.
    At(Timestamp),
    /// By a clock: of the zone that is named, else of the session's place.
    Local(NaiveDateTime, Option<Tz>),
}

impl ImportedStart {
    /// The column it was told in.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::At(_) => "starts_at",
            Self::Local(..) => "local_start",
        }
    }

    /// The instant, for a session at a place in `zone`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a local time that the clocks show never, or twice.
    pub fn instant(self, zone: Tz) -> Result<Timestamp, Refusal> {
        let fault = |code, message| Refusal::Fields(vec![Violation::at(self.column(), code, message)]);
        match self {
            Self::At(at) => Ok(at),
            Self::Local(local, named) => {
                resolve(local.date(), local.time(), None, named.unwrap_or(zone)).map_err(|refusal| match refusal {
                    Refusal::AmbiguousLocalTime => {
                        fault("ambiguous_local_time", "the clocks show that time twice; say starts_at")
                    }
                    _ => fault("nonexistent_local_time", "the clocks skip that time"),
                })
            }
        }
    }
}

/// A row whose cells make sense by themselves. People and things are named as the practice knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    /// E-mail address or id.
    pub client: String,
    /// E-mail address, id or exact name.
    pub therapist: String,
    /// The same of who treats beside them.
    pub co_therapist: Option<String>,
    /// Name or id.
    pub session_type: String,
    /// Name or id.
    pub location: Option<String>,
    /// When.
    pub start: ImportedStart,
    /// What was agreed as its price.
    pub price_minor: Option<i64>,
    /// What the other calendar calls it.
    pub reference: String,
}

impl ImportLine {
    /// Reads the cells of a row, by their columns.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with each cell at fault, its column as the pointer.
    pub fn parse(cells: &BTreeMap<&str, &str>) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let cell = |column: &str| cells.get(column).copied().unwrap_or_default();
        let client = fields.text("client", cell("client"), 1..=254);
        let therapist = fields.text("therapist", cell("therapist"), 1..=254);
        let co_therapist = fields.optional_text("co_therapist", Some(cell("co_therapist")), 254);
        let session_type = fields.text("session_type", cell("session_type"), 1..=254);
        let location = fields.optional_text("location", Some(cell("location")), 254);
        let start = start(&mut fields, cell("starts_at"), (cell("local_start"), cell("zone")));
        let price_minor = match cell("price_minor") {
            "" => Some(None),
            text => {
                let price = text.parse().ok().filter(|price| (0..=DEAREST).contains(price));
                fields.parsed("price_minor", price, "invalid", "must be a whole number of minor units").map(Some)
            }
        };
        let reference = reference(&mut fields, cell("reference"));
        fields.finish(|| {
            Some(Self {
                client: client?,
                therapist: therapist?,
                co_therapist: co_therapist?,
                session_type: session_type?,
                location: location?,
                start: start?,
                price_minor: price_minor?,
                reference: reference?,
            })
        })
    }
}

fn start(fields: &mut Fields, at: &str, (local, zone): (&str, &str)) -> Option<ImportedStart> {
    let zone = match zone {
        "" => Some(None),
        name => fields.parsed("zone", name.parse().ok(), "unknown_zone", "must be an IANA zone").map(Some),
    };
    match (at, local) {
        ("", "") => {
            fields.fault("local_start", "required", "say local_start or starts_at");
            None
        }
        ("", local) => {
            let read = LOCAL.iter().find_map(|way| NaiveDateTime::parse_from_str(local, way).ok());
            let read = fields.parsed("local_start", read, "invalid", "expected a time such as 2027-03-02T10:00");
            Some(ImportedStart::Local(read?, zone?))
        }
        (at, "") => {
            let read = DateTime::parse_from_rfc3339(at).ok().map(|at| Timestamp::from(at.with_timezone(&Utc)));
            let message = "expected an instant with its offset, such as 2027-03-02T10:00:00+01:00";
            fields.parsed("starts_at", read, "invalid", message).map(ImportedStart::At)
        }
        _ => {
            fields.fault("local_start", "not_both", "say local_start or starts_at, not both");
            None
        }
    }
}

/// A reference is shown to people again, in whatever program they read lists with: none may be taken for a formula there.
fn reference(fields: &mut Fields, text: &str) -> Option<String> {
    let reference = fields.text("reference", text, 1..=100)?;
    let plain = !reference.starts_with(['=', '+', '-', '@']) && !reference.chars().any(char::is_control);
    fields.parsed("reference", plain.then_some(reference), "formula", "must not begin like a formula")
}

/// A file that was brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Which one.
    pub id: ImportId,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// How many rows it had.
    pub rows: i32,
    /// Of how many of them a booking was made.
    pub created: i32,
    /// By which the same file is known again, and nothing in it.
    pub fingerprint: Vec<u8>,
}

impl Import {
    /// Writes it down.
    pub fn made(self) -> Change<Self> {
        let event = Event::new("import.made", self.id).with("rows", self.rows).with("created", self.created);
        Change::new(self, event)
    }
}

/// A booking that a file brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The booking.
    pub booking: Booking,
    /// Which file.
    pub import: ImportId,
    /// What the other calendar calls it.
    pub reference: String,
}

impl Booking {
    /// A booking that was agreed in another calendar, with what the decision says of it.
    ///
    /// # Errors
    /// [`Refusal::Blocked`] when a finding forbids the session.
    pub fn import(id: BookingId, ask: BookingAsk, found: Vec<Block>, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if found.iter().any(|block| block.code == BlockCode::Screening) {
            return Err(Refusal::Blocked { blocks: vec![BlockCode::Screening.as_str()] });
        }
        let blocks = block::settle(&[], found);
        let booking = Self { blocks, ..Self::asked_for(id, ask, BookingState::Confirmed, now) };
        let event = booking
            .event("booking.imported")
            .with("therapist", booking.placement.therapist)
            .with_some("co_therapist", booking.placement.co_therapist)
            .with("session_type", booking.session_type);
        let event = booking.blocks.iter().fold(event, |event, block| event.with("block", block.code));
        Ok(Change::new(booking, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(changes: &[(&'static str, &'static str)]) -> Result<ImportLine, Vec<(String, &'static str)>> {
        let mut cells = BTreeMap::from([
            ("client", "mia@example.org"),
            ("therapist", "Mara"),
            ("session_type", "60 minutes"),
            ("local_start", "2027-03-02 10:00"),
            ("reference", "A-1"),
        ]);
        cells.extend(changes.iter().copied());
        ImportLine::parse(&cells).map_err(|refusal| match refusal {
            Refusal::Fields(faults) => faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect(),
            other => panic!("{other:?}"),
        })
    }

    fn fault(changes: &[(&'static str, &'static str)]) -> (String, &'static str) {
        let faults = parse(changes).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap()
    }

    #[test]
    fn a_row_is_read_or_each_of_its_faults_is_named() {
        let line = parse(&[("price_minor", "0"), ("zone", "Europe/Berlin")]).unwrap();
        let local = "2027-03-02T10:00:00".parse().unwrap();
        assert_eq!(line.start, ImportedStart::Local(local, Some(Tz::Europe__Berlin)));
        assert_eq!((line.price_minor, line.co_therapist), (Some(0), None));
        let named = |column: &str, code| (column.to_owned(), code);
        assert_eq!(fault(&[("client", "")]), named("client", "blank"));
        assert_eq!(fault(&[("zone", "Moon/Sea")]), named("zone", "unknown_zone"));
        assert_eq!(fault(&[("local_start", "")]), named("local_start", "required"));
        assert_eq!(fault(&[("local_start", "10:00")]), named("local_start", "invalid"));
        assert_eq!(fault(&[("starts_at", "2027-03-02T10:00:00Z")]), named("local_start", "not_both"));
        assert_eq!(fault(&[("local_start", ""), ("starts_at", "soon")]), named("starts_at", "invalid"));
        assert_eq!(fault(&[("price_minor", "-1")]), named("price_minor", "invalid"));
        assert_eq!(fault(&[("price_minor", "90.00")]), named("price_minor", "invalid"));
        assert_eq!(fault(&[("reference", "=1+1")]), named("reference", "formula"));
        assert_eq!(fault(&[("reference", "a\nb")]), named("reference", "formula"));
        assert_eq!(parse(&[("client", ""), ("zone", "x")]).unwrap_err().len(), 2);
    }

    #[test]
    fn a_clock_is_read_in_its_zone_and_asked_again_where_it_does_not_say() {
        let start = |local: &str, zone| ImportedStart::Local(local.parse().unwrap(), zone);
        let berlin = start("2027-03-02T10:00:00", None).instant(Tz::Europe__Berlin).unwrap();
        assert_eq!(berlin.to_string(), "2027-03-02T09:00:00Z");
        assert_eq!(start("2027-03-02T09:00:00", Some(Tz::UTC)).instant(Tz::Europe__Berlin).unwrap(), berlin);
        let code = |local: &str| match start(local, None).instant(Tz::Europe__Berlin) {
            Err(Refusal::Fields(faults)) => (faults[0].pointer.clone(), faults[0].code),
            other => panic!("{other:?}"),
        };
        let named = |code| ("local_start".to_owned(), code);
        assert_eq!(code("2027-03-28T02:30:00"), named("nonexistent_local_time"));
        assert_eq!(code("2027-10-31T02:30:00"), named("ambiguous_local_time"));
        assert_eq!(ImportedStart::At(berlin).column(), "starts_at");
    }
}
