//! Who may know how much of a client's intake.

use crate::clients::store::{acts_for, client, treats};
use crate::db::{Lock, Stop, Tx, View};
use crate::intake::model::response::IntakeResponse;
use crate::intake::store;
use crate::kernel::form_link::FormSubject;
use crate::kernel::ids::{ClientId, IntakeResponseId};
use crate::kernel::refusal::Refusal;

/// How much somebody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// Everything, and answer: the client, or the guardian who acts for them.
    Own,
    /// Everything, and review: a therapist who treats them.
    Treating,
    /// That there is a form and where it stands, never what it says: the desk.
    Status,
}

/// What an operation asks of the one who calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Any sight.
    Status,
    /// To read answers and findings.
    Content,
    /// To answer as the client.
    Own,
    /// To review as the therapist.
    Treating,
}

impl Sight {
    fn suffices(self, needs: Needs) -> bool {
        match needs {
            Needs::Status => true,
            Needs::Content => matches!(self, Self::Own | Self::Treating),
            Needs::Own => self == Self::Own,
            Needs::Treating => self == Self::Treating,
        }
    }
}

/// That the actor may know as much of a client's intake as is needed.
///
/// One who acts for a client reviews nothing of theirs, therapist or not: the four eyes would be two.
///
/// # Errors
/// `NotThere` when it is nothing, or not as much as is needed; the two are not told apart.
pub(super) fn sight(view: &mut View<'_>, id: ClientId, needs: Needs) -> Result<(), Stop> {
    let actor = view.actor();
    let sight = if acts_for(view, &actor, id)? {
        Sight::Own
    } else if treats(view, &actor, id)? {
        Sight::Treating
    } else {
        // Refuses whoever may not know that this client exists.
        client(view, &actor, id)?;
        Sight::Status
    };
    if sight.suffices(needs) { Ok(()) } else { Err(Refusal::NotThere.into()) }
}

/// A response, for one who may know as much as is needed.
///
/// # Errors
/// `NotThere`, as [`sight`].
pub(super) fn response(view: &mut View<'_>, id: IntakeResponseId, needs: Needs) -> Result<IntakeResponse, Stop> {
    let response = store::response(view, id)?;
    // Whoever holds the link to this very form answers it in the client's place.
    let opened = view.actor().form_link().is_some_and(|bearer| bearer.opens(FormSubject::IntakeResponse, id));
    if !(opened && Sight::Own.suffices(needs)) {
        sight(view, response.client, needs)?;
    }
    Ok(response)
}

/// A response that is about to change, read under its client's lock.
///
/// # Errors
/// `NotThere`, as [`sight`].
pub(super) fn response_to_change(tx: &mut Tx<'_>, id: IntakeResponseId, needs: Needs) -> Result<IntakeResponse, Stop> {
    let client = store::response(tx, id)?.client;
    tx.lock(&[Lock::Client(client)])?;
    response(tx, id, needs)
}
