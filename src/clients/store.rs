//! Clients, guardianships and care relationships, as rows; and the three questions other rooms ask of them: may this actor know of that
//! client, act for them, open their record.

mod care;
mod claim;
mod guardianship;
mod record;
mod sight;

pub use care::{begin_treatment, end_treatment, end_treatment_by, prolong_treatment, treated, treats};
pub(super) use claim::{claim_code, claimable};
pub(super) use guardianship::tied;
pub use guardianship::{acted_for, acts_for, guarded, guardians, wards};
pub(super) use record::{ListAsk, account_behind, has_record, today};
pub use sight::{at_addresses, client, guardians_of, guardianships_asked, guardianships_to_decide, treated_among};
pub(super) use sight::{clients, guardianship, guardianships, relationships};
