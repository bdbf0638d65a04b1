//! The booking as a value: its states and steps, its blocks, and the transitions that tie them together.
//!
//! What the evaluator of availability and the clinical decision find arrives here as plain facts: a [`Placement`] that is free, and the
//! [`Block`]s that stand. This model decides what follows from them.

mod block;
mod booking;
mod charges;
mod decision;
mod fee;
mod history;
mod hold;
mod imported;
mod policy;
mod reasons;
mod recorded;
mod series;
mod state;
#[cfg(test)]
mod tests;
mod transitions;
mod zones;

pub use block::{Block, BlockCode, Remedy};
pub use booking::{Approval, Booking, BookingAsk, OWN_THERAPIST, Placement, Reblocked, second_fault};
pub use decision::{Clinical, Decision, Entitled, Entitlement};
pub use fee::{Fee, FeeCode};
pub use history::PastVersion;
pub use hold::{HoldAsk, HoldState, SlotHold};
pub use imported::{COLUMNS, Import, ImportKind, ImportLine, Imported, ImportedStart, REQUIRED, RowOutcome};
pub use policy::{Asked, Booked, Override, OverrideReason, SetAside};
pub use reasons::{Reasons, VisitReason};
pub use recorded::{RecordReason, RecordSource, Told};
pub use series::{Cadence, Membership, Mode, Plan, Series, Shift, Wished, refuses_course};
pub use state::{BookingState, CancelReason, CorrectionReason, Side, Source, Step, entrusts};
pub use transitions::AllowedAction;
pub use zones::{Followed, Reading, ZoneChange, ZoneOutcome};
