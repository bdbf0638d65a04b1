//! Accounts, sessions and links, as rows.

mod account;
mod link;
mod session;
mod token_keys;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

pub(super) use account::{
    account, account_by_email, account_of_link, account_of_session, accounts, admins_beside, is_admin, sign_in_facts,
    wards,
};
pub(super) use link::{invitation, invitations, one_time_token, open_recoveries};
pub(super) use session::{open_sessions, own_session, own_sessions, session_of_token};
pub use token_keys::load_or_make as token_keys;

use crate::db::Fault;

/// A fresh secret for a link, a code or a refresh token: 256 random bits, and the hash the store keeps.
///
/// # Errors
/// When the machine has no randomness.
pub fn secret() -> Result<(String, Vec<u8>), Fault> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Vault("no randomness"))?;
    let text = URL_SAFE_NO_PAD.encode(bytes);
    let hash = secret_hash(&text);
    Ok((text, hash))
}

/// What the store keeps of a secret. It is random, so a fast hash does.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
