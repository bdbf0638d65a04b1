//! Slots, and bookings from the request to the session.

mod history;
mod list;
mod receipt;
mod record;
mod request;
mod see;
mod slots;
mod steps;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Booking, Side};
use super::store;
use crate::clients;
use crate::clients::store::acts_for;
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::ids::ClientId;
use crate::kernel::refusal::Refusal;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    slots::routes(config);
    request::routes(config);
    // Before what is at an id: a word of its own is none.
    record::routes(config);
    list::routes(config);
    see::routes(config);
    history::routes(config);
    receipt::routes(config);
    steps::routes(config);
}

/// On whose side somebody acts on a booking that they may see.
fn side(view: &mut View<'_>, actor: &Actor, booking: &Booking) -> Result<Side, Stop> {
    let acts = acts_for(view, actor, booking.client)?;
    Ok(Side::of(actor, booking.placement.therapist, acts).ok_or(Refusal::NotThere)?)
}

/// A booking with what the decision finds of it now, `by` whatever made it be asked: for the steps that go by what stands, and their preview.
fn judged(view: &mut View<'_>, booking: Booking, by: &str) -> Result<Booking, Stop> {
    let found = store::decide(view, &booking)?.blocks(by, view.now());
    Ok(booking.with_found(found))
}

/// Whether somebody may be told what screening found: the client, who acts for them, and who treats them.
fn knows(view: &mut View<'_>, actor: &Actor, client: ClientId) -> Result<bool, Stop> {
    Ok(acts_for(view, actor, client)? || clients::store::treats(view, actor, client)?)
}
