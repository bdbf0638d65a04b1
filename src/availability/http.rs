//! When therapists work, and on which terms. Slots are listed by the bookings room, which alone knows whether a client may take them.
//!
//! Rules are set for what is booked from now on: no rule moves a booking that stands. Whoever writes a week or its limits, takes time off, closes
//! a date or declares a holiday is told in `bookings_affected` which bookings stand there, and moves or cancels each as a booking.

mod holidays;
mod hours;
mod limits;
mod offerings;
mod overrides;
mod time_off;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::policies;

policies! {
    /// Seeing a therapist's week, overrides, time off and limits.
    SeeHours = "working_hours.see": [FrontDesk, Admin, Therapist];
}

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    hours::routes(config);
    overrides::routes(config);
    time_off::routes(config);
    limits::routes(config);
    offerings::routes(config);
    holidays::routes(config);
}
