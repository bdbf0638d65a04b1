//! Intake: what a client reports before a session, and what it means for the session.
//!
//! A practice publishes a *form*, version by version; each booking issues a *response* to one of them; the client answers and submits, or attests
//! that nothing has changed since the last; a *ruleset* reads the answers and says clear, caution, needs clearance or refuse; the therapist
//! reviews. Form and ruleset are data, shipped as versioned reference documents with their sources, and nothing clinical is a constant in the
//! code. Until a clinician has signed a rule it counts, and is shown as not clinically reviewed.
//!
//! ```text
//! issued ──answer──> in_progress ──submit──> (submitted) ──> screened ──review──> reviewed_clear
//!                     │      ^                                  ├──────review──> clearance_pending ──accept clearance──> cleared
//!                     └answer┘                                  └──────review──> declined <──review──┘
//! cleared ──accept a clearance for further days──> cleared
//! any of these but declined ──> superseded (a newer response stands) | expired (its time has passed)
//! ```
//!
//! Submitting and screening are one step: what was submitted and not yet screened would be an answer nobody has weighed. `submitted` is
//! therefore passed through, never left behind; the word is kept because the contract has it.
//!
//! Invariants:
//! - A version of a form is drafted, checked and published once, hashed over its canonical JSON; a response keeps the version it was issued for.
//! - An answer is read only through the version of the form it answers; a value that does not fit never becomes an [`Answers`].
//! - Every finding the ruleset names is asked of everybody, unconditionally. One that was not asked reads as needing a clearance at the
//!   most, never as clear.
//! - What other answers hide counts for nothing, and is dropped when the form is handed in.
//! - An attestation is a response of its own: the same answers, sealed anew, screened on its own day, by who says so.
//! - Screening is a function of its arguments: the same form, answers, ruleset and facts give the same result on any later day.
//! - "Unsure" reads as current, an unknown date as recent, and whatever is doubtful as the stricter level.
//! - A clearance lowers the findings it names from `needs_clearance` and nothing else; nothing lowers `refuse`. It counts from the day it was
//!   weighed for, never before, and clears a response only with all that the response waits for.
//! - A newer, milder form alone lowers nothing: what an earlier one refused, needed a clearance for or was declined on holds until a therapist
//!   has reviewed the newer one.
//! - A reason for visit never lowers an outcome. Some raise a question, and a response that leaves it open cannot be submitted.
//! - Events carry ids and states, never answers, findings or levels.
//! - Answers are sealed one by one, and findings, reviews and clearances as a whole; every opening leaves the event of its look. What the
//!   booking decision needs stands outside the seal: the outcome, the days it holds on, the client's age, and whether a clearance names it.
//! - A stored outcome counts days from the day of the answers, so a later session can find it stricter than a fresh answer would be, and
//!   never milder.
//!
//! The model reads its definitions and the answers with `serde_json`: they are documents by nature, kept and signed as such.
//!
//! [`Answers`]: model::answers::Answers

mod acts;
mod brief;
mod http;
mod linked;
pub mod model;
mod reactions;
mod sight;
mod store;

pub use acts::{answer, submit};
pub use brief::brief;
pub use http::routes;
pub use linked::{Questions, may_read, questions, to_link};
pub use model::standing::Standing;
pub use reactions::publish_shipped;
pub use store::awaited::{awaiting_clearance, to_answer, to_review};
pub use store::decisions::screening;
pub use store::{History, history, is_answering, issue_for_booking};

/// The health-history form, version 1, as published to a new practice.
pub const HEALTH_HISTORY_V1: &str = include_str!("reference/health_history_v1.json");

/// The screening ruleset, version 1, as published to a new practice. No clinician has signed it yet.
pub const SCREENING_RULESET_V1: &str = include_str!("reference/screening_ruleset_v1.json");
