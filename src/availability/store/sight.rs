//! Who may see a therapist's calendar, and who may write it.

use crate::db::{Stop, View};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;
use crate::therapists;

/// Refuses whoever may not see a therapist's hours.
pub(super) fn known_to(view: &mut View<'_>, actor: &Actor, id: TherapistId) -> Result<(), Stop> {
    let known = actor.is_desk() || actor.is_system() || actor.therapist() == Some(id);
    if known { therapists::store::therapist(view, id).map(drop) } else { Err(Refusal::NotThere.into()) }
}

/// Refuses whoever may not change a therapist's hours: all but the therapist and an admin.
pub(in crate::availability) fn kept_by(actor: &Actor, id: TherapistId) -> Result<(), Refusal> {
    let may = actor.has(Role::Admin) || actor.therapist() == Some(id);
    if may { Ok(()) } else { Err(Refusal::NotThere) }
}
