//! The decisions of intake, without a store or a clock.
//!
//! [`answer`] says what an answer is, [`form`] what is asked, [`well_formed`] what a form must satisfy to be published, [`answers`] what was
//! answered, [`submission`] when that is enough, [`ruleset`] what each finding means, [`screening`] what the answers mean together,
//! [`draft`] how a form
//! comes to its next version, [`clearance`] what a clinician writes about findings,
//! [`response`] where a client stands on the way, and [`standing`] what that says about a session on one day. Each uses only what stands before it.

pub mod answer;
pub mod answers;
pub mod brief;
pub mod clearance;
pub mod draft;
pub mod form;
mod reading;
pub mod response;
pub mod ruleset;
pub mod screening;
pub mod standing;
pub mod submission;
pub mod well_formed;

#[cfg(test)]
mod samples;
