//! Clients, guardianships and care relationships, as rows; and the three questions other rooms ask of them: may this actor know of that
//! client, act for them, open their record.

mod care;
mod claim;
mod guardianship;
mod record;

pub use care::{begin_treatment, end_treatment, treats};
pub(super) use care::{relationships, therapist_stands};
pub(super) use claim::{claim_code, claimable};
pub use guardianship::{acts_for, is_guarded, wards};
pub(super) use guardianship::{guardianship, guardianships, tied};
pub use record::client;
pub(super) use record::{ListAsk, account_behind, clients, has_record, today};
