//! Slots, and bookings from the request to the session.

mod request;
mod see;
mod slots;
mod steps;
mod views;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::BookingRules;
use crate::clients;
use crate::clients::store::acts_for;
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::places::model::Settings;

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

/// Whether somebody may be told what screening found: the client, who acts for them, and who treats them.
fn knows(view: &mut View<'_>, actor: &Actor, client: crate::kernel::ids::ClientId) -> Result<bool, Stop> {
    Ok(acts_for(view, actor, client)? || clients::store::treats(view, actor, client)?)
}
