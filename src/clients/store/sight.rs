//! Who may know of whom. Every row of this room that leaves it has passed one of these.

use super::care::{self, treats};
use super::guardianship::{self, acts_for, of_ward};
use super::record::{self, ListAsk, all_kept, kept};
use crate::clients::model::{CareRelationship, Client, Guardianship};
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{ClientId, GuardianshipId};
use crate::kernel::page::Page;
use crate::kernel::refusal::Refusal;

/// A client, for those who may know of them: oneself, an accepted guardian of a minor, a therapist with a relationship in force, the desk, the
/// program.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn client(view: &mut View<'_>, actor: &Actor, id: ClientId) -> Result<Client, Stop> {
    let known = actor.is_desk() || actor.is_system() || acts_for(view, actor, id)? || treats(view, actor, id)?;
    if !known {
        return Err(Refusal::NotThere.into());
    }
    kept(view, id)?.ok_or_else(|| Refusal::NotThere.into())
}

/// Whose e-mail addresses these are, for the desk: of one address, those who share it.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn at_addresses(view: &mut View<'_>, actor: &Actor, emails: &[String]) -> Result<Vec<(String, ClientId)>, Stop> {
    if actor.is_desk() { record::at_addresses(view, emails) } else { Err(Refusal::NotThere.into()) }
}

/// The clients an actor may know of: all for the desk; for others themself, their wards and those they treat.
pub(in crate::clients) fn clients(view: &mut View<'_>, actor: &Actor, ask: &ListAsk) -> Result<Page<Client>, Stop> {
    let mut known = Vec::new();
    if !actor.is_desk() {
        known.extend(actor.client());
        known.extend(guardianship::wards(view, actor)?);
        known.extend(care::treated(view, actor)?);
    }
    record::page(view, actor, known, ask)
}

/// The guardianships of a ward, for those who may know of the ward; a guardian whom staff have not accepted sees their own alone.
pub(in crate::clients) fn guardianships(
    view: &mut View<'_>,
    actor: &Actor,
    ward: ClientId,
) -> Result<Vec<Guardianship>, Stop> {
    let mut ties = of_ward(view, ward)?;
    match client(view, actor, ward) {
        Ok(_) => {}
        Err(Stop::Refused(Refusal::NotThere)) => {
            ties.retain(|tie| Some(tie.guardian) == actor.client());
            if ties.is_empty() {
                return Err(Refusal::NotThere.into());
            }
        }
        Err(stop) => return Err(stop),
    }
    Ok(ties)
}

/// One guardianship of a ward, for the desk.
pub(in crate::clients) fn guardianship(
    view: &mut View<'_>,
    actor: &Actor,
    ward: ClientId,
    id: GuardianshipId,
) -> Result<Guardianship, Stop> {
    client(view, actor, ward)?;
    of_ward(view, ward)?.into_iter().find(|tie| tie.id == id).ok_or_else(|| Refusal::NotThere.into())
}

/// All relationships on a client's record, those that are over too; for those who may know of the client.
pub(in crate::clients) fn relationships(
    view: &mut View<'_>,
    actor: &Actor,
    id: ClientId,
) -> Result<Vec<CareRelationship>, Stop> {
    client(view, actor, id)?;
    care::of_client(view, id)
}

/// Those of these clients whose records the actor may open as a therapist, now.
///
/// # Errors
/// A fault of the store.
pub fn treated_among(view: &mut View<'_>, actor: &Actor, ids: &[ClientId]) -> Result<Vec<Client>, Stop> {
    let mut treated = care::treated(view, actor)?;
    treated.retain(|id| ids.contains(id));
    all_kept(view, &treated)
}

/// Who was accepted to act for these wards, each with the tie, whose word on the day counts; for a therapist, of those they treat.
///
/// # Errors
/// A fault of the store.
pub fn guardians_of(
    view: &mut View<'_>,
    actor: &Actor,
    wards: &[ClientId],
) -> Result<Vec<(Guardianship, Client)>, Stop> {
    let mut treated = care::treated(view, actor)?;
    treated.retain(|id| wards.contains(id));
    let ties = guardianship::accepted_of(view, &treated)?;
    let guardians = all_kept(view, &ties.iter().map(|tie| tie.guardian).collect::<Vec<_>>())?;
    let known = |tie: &Guardianship| guardians.iter().find(|one| one.id == tie.guardian).cloned();
    Ok(ties.into_iter().filter_map(|tie| known(&tie).map(|guardian| (tie, guardian))).collect())
}

/// The guardianships the actor has asked for, and that staff have still to look at.
///
/// # Errors
/// A fault of the store.
pub fn guardianships_asked(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Guardianship>, Stop> {
    actor.client().map_or(Ok(Vec::new()), |own| guardianship::pending(view, Some(own)))
}

/// The guardianships that wait for the desk; none for anybody else, and not the decider's own.
///
/// # Errors
/// A fault of the store.
pub fn guardianships_to_decide(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Guardianship>, Stop> {
    if !actor.is_desk() {
        return Ok(Vec::new());
    }
    let mut pending = guardianship::pending(view, None)?;
    pending.retain(|tie| actor.client() != Some(tie.guardian));
    Ok(pending)
}
