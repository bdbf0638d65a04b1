//! Slots, and bookings from the request to the session.

mod request;
mod see;
mod slots;
mod steps;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Asked, Booking, BookingRules, Side};
use super::store;
use crate::clients::store::acts_for;
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::refusal::Refusal;
use crate::places::model::Settings;
use crate::{clients, places};

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    slots::routes(config);
    request::routes(config);
    see::routes(config);
    steps::routes(config);
}

/// How long before a session the practice lets a client go, and when it lets them in.
impl From<&Settings> for BookingRules {
    fn from(settings: &Settings) -> Self {
        let cancellation_window = chrono::TimeDelta::hours(settings.cancellation_window_hours.into());
        Self { cancellation_window, ..Self::default() }
    }
}

/// Who asks for a step, on whose side and under which rules.
fn asked(view: &mut View<'_>, actor: &Actor, booking: &Booking) -> Result<Asked, Stop> {
    let acts = acts_for(view, actor, booking.client)?;
    let side = Side::of(actor, booking.placement.therapist, acts).ok_or(Refusal::NotThere)?;
    let rules = BookingRules::from(&places::store::settings(view)?);
    Ok(Asked { side, now: view.now(), rules })
}

/// A booking with what the decision finds of it now, `by` whatever made it be asked: for the steps that go by what stands, and their preview.
fn judged(view: &mut View<'_>, booking: Booking, by: &str) -> Result<Booking, Stop> {
    let found = store::decide(view, &booking)?.blocks(by, view.now());
    Ok(booking.with_found(found))
}

/// Whether somebody may be told what screening found: the client, who acts for them, and who treats them.
fn knows(view: &mut View<'_>, actor: &Actor, client: crate::kernel::ids::ClientId) -> Result<bool, Stop> {
    Ok(acts_for(view, actor, client)? || clients::store::treats(view, actor, client)?)
}
