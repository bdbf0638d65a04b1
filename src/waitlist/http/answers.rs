//! Answering an offer.

use actix_web::post;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::WaitlistEntryView;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch};
use crate::kernel::ids::WaitlistEntryId;
use crate::policies;
use crate::waitlist::acts;

policies! {
    /// Taking what is offered.
    AcceptOffer = "waitlist.accept": [Client, FrontDesk, Admin];
    /// Declining what is offered.
    DeclineOffer = "waitlist.decline": [Client, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(accept_waitlist_offer).service(decline_waitlist_offer);
}

/// Accept what is offered
///
/// Books it, as `POST /bookings` would, and names the booking. The desk accepts for a client who says so by phone; that it did is kept in
/// `accepted_by`. The version is that of the offer that was seen, so that nobody accepts another.
#[utoipa::path(tag = "bookings", params(IfMatchHeader), responses((status = 200, body = WaitlistEntryView),
    (status = 410, description = "offer_gone: it ran out, was declined, or was never made")))]
#[post("/waitlist-entries/{id}/accept")]
async fn accept_waitlist_offer(guard: Guard<AcceptOffer, (At<WaitlistEntryId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let vault = guard.vault();
    let view = guard
        .write(move |tx| {
            let entry = acts::accept(tx, &vault, id, version)?;
            WaitlistEntryView::of(tx, entry)
        })
        .await?;
    versioned(view.version, &view)
}

/// Decline what is offered
///
/// The next in turn is asked. They go on waiting, and are not asked for that time again.
#[utoipa::path(tag = "bookings", params(IfMatchHeader), responses((status = 200, body = WaitlistEntryView),
    (status = 410, description = "offer_gone: it ran out, was declined, or was never made")))]
#[post("/waitlist-entries/{id}/decline")]
async fn decline_waitlist_offer(guard: Guard<DeclineOffer, (At<WaitlistEntryId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let view = guard
        .write(move |tx| {
            let entry = acts::decline(tx, id, version)?;
            WaitlistEntryView::of(tx, entry)
        })
        .await?;
    versioned(view.version, &view)
}
