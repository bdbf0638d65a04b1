//! Consent: what a client agrees to before a session, in which words, and for how long.
//!
//! A practice keeps *texts*; each has *versions*, drafted and then published; what is published never changes and stands under its hash. A
//! version is *presented* to a client, who signs it, or a guardian whom staff have accepted signs for a minor: their name as they typed it, what
//! they say it means, how they were known, and the SHA-256 of the very text they were shown.
//!
//! ```text
//! version:  draft ──publish──> published                       (and perhaps a clinician's sign-off beside it)
//! consent:  presented ──sign──> active ──withdraw──> withdrawn
//!               │                 ├──its last day passes──> expired
//!               └──a newer one────┴──────> superseded
//! ```
//!
//! The first text ships with the program and says what is known of the method and what is not. It is shown as not clinically approved until a
//! clinician's sign-off is written down, and no session waits for it until an admin has said so ([`Requirement`](model::Requirement)): a
//! practice that comes to this version of the program with its calendar full is not brought to a halt.
//!
//! Invariants:
//! - Consents, signatures, ends and sign-offs are rows that are only ever added; triggers refuse everything else. Where a consent stands is
//!   derived from them and the day.
//! - A signature names the hash of the text. Another text than one of the version's, to the last letter, is refused.
//! - A minor signs nothing; nobody signs for one who is of age, and what was signed for a minor counts no longer from that day on. Staff sign
//!   for nobody.
//! - A session goes by what holds on *its* day, and one that has begun by what held in it ([`Consents::lacking_on`](model::Consents::lacking_on)). The booking decision asks; this room
//!   blocks nothing itself.
//! - At most one consent to a text waits for a client's signature, and at most one is in force: whatever takes its place ends the other.
//! - What is typed under a text identifies and stands as it is, as names in the client's record do; like those it is blanked when its signer, or
//!   the client, is erased, and never changed otherwise. Why a consent was withdrawn may say
//!   something of health, and is sealed.
//! - Events carry ids, hashes and codes, never names or reasons.

mod acts;
mod http;
pub mod model;
mod reactions;
mod sealing;
mod sight;
mod store;

pub use acts::{SignatureAsk, TEXTS, ToBeSigned, may_sign, present_lacking, sign, standing, to_be_signed};
pub use http::routes;
pub use reactions::{forget_names, publish_next_shipped, publish_shipped};
pub use sight::{Needs, consent};
pub use store::{consents_of, next_walk, sha256, to_sign, undecided};

/// What is consented to, version 1, as published to a new practice. No clinician has signed it yet.
pub const TREATMENT_CONSENT_V1: &str = include_str!("reference/treatment_consent_v1.json");
