//! A place on the waiting list as it is shown.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bookings::model::SlotHold;
use crate::db::{Stop, View};
use crate::kernel::ids::{BookingId, ClientId, LocationId, SessionTypeId, SlotHoldId, TherapistId, WaitlistEntryId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_schema;
use crate::waitlist::model::{AcceptedBy, WaitlistEntry, WaitlistState};
use crate::waitlist::store;

text_schema!(AcceptedBy, WaitlistState);

/// A slot that is held for the client's answer.
#[derive(Serialize, ToSchema)]
pub(super) struct WaitlistOfferView {
    slot_hold_id: SlotHoldId,
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    location_id: Option<LocationId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the clock on the wall of the place shows at the start.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    /// From when on it is gone.
    expires_at: Timestamp,
}

impl From<SlotHold> for WaitlistOfferView {
    fn from(hold: SlotHold) -> Self {
        let at = hold.placement;
        Self {
            slot_hold_id: hold.id,
            therapist_id: at.therapist,
            co_therapist_id: at.co_therapist,
            location_id: at.location,
            starts_at: at.session.start(),
            ends_at: at.session.end(),
            local_start: at.local_start,
            zone: at.zone.name().to_owned(),
            expires_at: hold.expires_at,
        }
    }
}

/// A place on the waiting list.
#[derive(Serialize, ToSchema)]
pub(super) struct WaitlistEntryView {
    pub(super) id: WaitlistEntryId,
    client_id: ClientId,
    session_type_id: SessionTypeId,
    /// With whom; with whomever if absent.
    therapist_id: Option<TherapistId>,
    /// Where; anywhere if absent.
    location_id: Option<LocationId>,
    earliest_date: NaiveDate,
    latest_date: NaiveDate,
    /// ISO 8601 numbers, Monday being 1.
    weekdays: Vec<i32>,
    /// Not to begin before this, by the clock on the wall of the place.
    hours_from: Option<String>,
    /// To be over by this.
    hours_until: Option<String>,
    state: WaitlistState,
    /// What is offered and can still be accepted.
    offer: Option<WaitlistOfferView>,
    accepted_by: Option<AcceptedBy>,
    /// The booking that was waited for.
    booking_id: Option<BookingId>,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
    pub(super) version: i32,
}

impl WaitlistEntryView {
    /// Shows a place that the actor may see, with its offer.
    pub(super) fn of(view: &mut View<'_>, entry: WaitlistEntry) -> Result<Self, Stop> {
        Ok(Self::all(view, vec![entry])?.pop().ok_or(Refusal::NotThere)?)
    }

    /// Shows places that the actor may see, each with its offer.
    pub(super) fn all(view: &mut View<'_>, entries: Vec<WaitlistEntry>) -> Result<Vec<Self>, Stop> {
        let actor = view.actor();
        Ok(store::with_offers(view, &actor, entries)?.into_iter().map(Self::from).collect())
    }
}

impl From<(WaitlistEntry, Option<SlotHold>)> for WaitlistEntryView {
    fn from((entry, offer): (WaitlistEntry, Option<SlotHold>)) -> Self {
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        Self {
            id: entry.id,
            client_id: entry.client,
            session_type_id: entry.session_type,
            therapist_id: entry.therapist,
            location_id: entry.wishes.location,
            earliest_date: entry.wishes.earliest,
            latest_date: entry.wishes.latest,
            weekdays: entry.wishes.weekdays.numbers().collect(),
            hours_from: entry.wishes.from.map(time),
            hours_until: entry.wishes.until.map(time),
            state: entry.state,
            offer: offer.map(WaitlistOfferView::from),
            accepted_by: entry.accepted_by,
            booking_id: entry.booking,
            created_at: entry.created_at,
            ended_at: entry.ended_at,
            version: entry.version,
        }
    }
}
