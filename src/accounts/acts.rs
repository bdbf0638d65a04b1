//! What is done to accounts, each in one transaction: by the operator at the machine, and when a password is replaced.

use super::model::{Account, AccountDraft, OneTimeToken, SessionStep};
use super::store;
use crate::db::{Lock, Stop, Tx, View};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, SessionId};
use crate::kernel::refusal::Refusal;

/// A set-up token for a store that has no admin yet; `None` when it has one.
///
/// # Errors
/// A fault of the store.
pub fn issue_setup(tx: &mut Tx<'_>) -> Result<Option<String>, Stop> {
    tx.lock(&[Lock::Only("setup")])?;
    if store::admins_beside(tx, None)? > 0 {
        return Ok(None);
    }
    let (text, hash) = store::secret()?;
    tx.save(OneTimeToken::for_setup(hash, tx.now()))?;
    Ok(Some(text))
}

/// A recovery link's secret for the account behind an address.
///
/// # Errors
/// `NotThere` when there is no such account; a fault of the store.
pub fn issue_recovery(tx: &mut Tx<'_>, email: &str) -> Result<String, Stop> {
    let account = store::account_by_email(tx, email)?.ok_or(Refusal::NotThere)?;
    let (text, hash) = store::secret()?;
    tx.save(OneTimeToken::for_recovery(hash, account.id, tx.now()))?;
    Ok(text)
}

/// Makes an admin whom nobody can sign in as until a recovery link was used, and answers that link's secret.
///
/// # Errors
/// Fields at fault, an address that is taken, or a fault of the store.
pub fn make_admin(tx: &mut Tx<'_>, email: &str, name: &str) -> Result<String, Stop> {
    tx.lock(&[Lock::Only("setup")])?;
    let unguessable = store::secret()?.0;
    let (email, name) = AccountDraft::checked(email, name, &unguessable)?;
    // Not a PHC string, so no password verifies against it.
    let draft = AccountDraft { email: email.clone(), name, password_hash: "!".to_owned() };
    tx.save(Account::join(draft, Role::Admin, tx.now()))?;
    issue_recovery(tx, email.as_str())
}

/// Replaces a password, and with it everything that the old one opened: other sessions and links to recover it.
pub(super) fn replace_password(
    tx: &mut Tx<'_>,
    account: Account,
    hash: String,
    but: Option<SessionId>,
) -> Result<(), Stop> {
    let (id, now) = (account.id, tx.now());
    tx.save(account.set_password(hash))?;
    for link in store::open_recoveries(tx, id)? {
        tx.save(link.redeem(now)?)?;
    }
    end_sessions(tx, id, but, "password_changed")
}

/// Ends every open session of an account but one.
pub(super) fn end_sessions(
    tx: &mut Tx<'_>,
    account: AccountId,
    but: Option<SessionId>,
    why: &'static str,
) -> Result<(), Stop> {
    let now = tx.now();
    for session in store::open_sessions(tx, account)? {
        if Some(session.id) != but {
            let ended: Change<SessionStep> = session.end(why, now);
            tx.save(ended)?;
        }
    }
    Ok(())
}

/// That the actor has shown once more, in this very session and not long ago, that it is they. Whatever signs asks this first.
///
/// # Errors
/// [`Refusal::StepUpRequired`]; a fault of the store.
pub fn require_step_up(view: &mut View<'_>, actor: &Actor) -> Result<(), Stop> {
    let Actor::Person(person) = actor else { return Err(Refusal::Unauthenticated.into()) };
    let now = view.now();
    Ok(store::own_session(view, person.account, person.session)?.require_step_up(now)?)
}
