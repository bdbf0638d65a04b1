//! Clients, guardianships and care relationships as values.

mod care;
mod claim;
mod client;
mod contact;
mod guardianship;

pub use care::{CARE_AFTER_SESSION, CareKind, CareRelationship, Grant, Treatment};
pub use claim::{ClaimCode, Claimed};
pub use client::{AGE_OF_MAJORITY, Client, ClientDetails};
pub use contact::{PersonName, Phone};
pub use guardianship::{Basis, Guardians, Guardianship, GuardianshipAsk, GuardianshipState};
