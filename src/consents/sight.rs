//! Who may know how much of a client's consents.

use super::model::Consent;
use super::store;
use crate::clients::store::{acts_for, client, treats};
use crate::db::{Lock, Stop, Tx, View};
use crate::kernel::form_link::FormSubject;
use crate::kernel::ids::{ClientId, ConsentId};
use crate::kernel::refusal::Refusal;

/// How much somebody may know of a consent, or is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// That there is one and where it stands: the desk.
    Status,
    /// Who signed, how they were known, why it was withdrawn: a therapist who treats the client.
    Content,
    /// To sign it: the client, the guardian who acts for them, whoever holds the link that was given out for it.
    Own,
}

/// How much the actor may know of a client's consents.
///
/// # Errors
/// `NotThere` when it is nothing; a fault of the store.
pub(super) fn sight(view: &mut View<'_>, id: ClientId) -> Result<Needs, Stop> {
    let actor = view.actor();
    if acts_for(view, &actor, id)? {
        return Ok(Needs::Own);
    }
    if treats(view, &actor, id)? {
        return Ok(Needs::Content);
    }
    // Refuses whoever may not know that this client exists.
    client(view, &actor, id)?;
    Ok(Needs::Status)
}

/// A consent and how much of it the actor may know.
///
/// # Errors
/// `NotThere` when it is nothing; a fault of the store.
pub(super) fn seen(view: &mut View<'_>, id: ConsentId) -> Result<(Consent, Needs), Stop> {
    let consent = store::consent(view, id)?;
    let opened = view.actor().form_link().is_some_and(|bearer| bearer.opens(FormSubject::Consent, id));
    let sight = if opened { Needs::Own } else { sight(view, consent.client)? };
    Ok((consent, sight))
}

/// A consent, for one who may know as much as is needed.
///
/// # Errors
/// `NotThere` when that is less; the two are not told apart. A fault of the store.
pub fn consent(view: &mut View<'_>, id: ConsentId, needs: Needs) -> Result<Consent, Stop> {
    let (consent, sight) = seen(view, id)?;
    if sight >= needs { Ok(consent) } else { Err(Refusal::NotThere.into()) }
}

/// A consent that is about to be signed or ended, read under its client's lock.
///
/// # Errors
/// `NotThere`, as [`consent`].
pub(super) fn consent_to_change(tx: &mut Tx<'_>, id: ConsentId, needs: Needs) -> Result<Consent, Stop> {
    let client = store::consent(tx, id)?.client;
    tx.lock(&[Lock::Client(client)])?;
    consent(tx, id, needs)
}
