//! Everything that slots are found by, loaded in a fixed number of queries, however many therapists and days there are.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::query::{Asked, Whom};
use crate::availability::model::listing::Search;
use crate::availability::model::occupancy::Holder;
use crate::availability::model::offer::{Calendar, Offer, Opening};
use crate::availability::store as availability;
use crate::bookings::store::{self, Chart, Diary};
use crate::clients::model::Client;
use crate::clients::store::{acts_for, treats};
use crate::db::{Stop, View};
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::therapists::model::NOT_BOOKABLE;
use crate::{clients, therapists};

/// What there is to choose from.
pub struct Choice {
    /// The session type under the practice's rules.
    pub offer: Offer,
    /// The therapists it is asked of.
    pub calendars: BTreeMap<TherapistId, Calendar>,
    /// Whether the client may receive a session, by the date; nothing while no client is named.
    dates: Option<BTreeMap<NaiveDate, Result<(), Refusal>>>,
}

impl Choice {
    /// Loads it.
    pub fn load(view: &mut View<'_>, asked: &Asked) -> Result<Self, Stop> {
        let Asked { whom, window, .. } = asked;
        let actor = view.actor();
        if whom.client.is_some() && actor.account().is_none() {
            return Err(Refusal::Unauthenticated.into());
        }
        // What is held for the client does not stand in their own way.
        let own = match whom.client {
            Some(client) => store::held_for(view, client)?.map(Holder::Hold),
            None => None,
        };
        let own = own.as_slice();
        let mut offer = availability::offer(view, whom.session_type, *window, own)?;
        if whom.with.len() > 1 && offer.session_type.therapists_needed < 2 {
            let alone = Violation::at("co_therapist_id", "not_needed", "the session takes one therapist");
            return Err(Refusal::Fields(vec![alone]).into());
        }
        let (mut themself, mut dates) = (None, None);
        if let Some(client) = whom.client {
            let record = clients::store::client(view, &actor, client)?;
            themself = store::themself(view, &record)?;
            availability::for_client(view, &record, &mut offer, own)?;
            dates = Some(admitted(view, &record, &offer)?);
        }
        let mut therapists = candidates(view, whom, offer.session_type.therapists_needed)?;
        therapists.retain(|id| themself != Some(*id));
        let calendars = availability::calendars(view, &offer, &therapists, own)?;
        Ok(Self { offer, calendars, dates })
    }

    /// What can be booked.
    pub fn openings(&self, whom: &Whom, window: Span, limit: usize) -> Vec<Opening> {
        let admits = |date| self.admits(date);
        self.offer.openings(&self.calendars, &Search { window, limit, with: &whom.with, admits: &admits })
    }

    /// Whether a session that takes two finds nobody who could hold it with a therapist then.
    pub fn lacks_partner(&self, therapist: TherapistId, start: Timestamp) -> bool {
        let Some(own) = self.calendars.get(&therapist) else { return true };
        let joins = |(other, calendar): (&TherapistId, &Calendar)| {
            *other != therapist && self.offer.decide_together(&[(therapist, own), (*other, calendar)], start).is_ok()
        };
        self.offer.session_type.therapists_needed == 2 && !self.calendars.iter().any(joins)
    }

    /// Whether the client, if one is named, may receive a session on a date.
    pub fn admits(&self, date: NaiveDate) -> Result<(), Refusal> {
        match &self.dates {
            Some(dates) => dates.get(&date).cloned().unwrap_or(Err(Refusal::OutsideAvailability)),
            None => Ok(()),
        }
    }
}

/// Of each date on which a session may begin anywhere, whether the client may receive it.
fn admitted(
    view: &mut View<'_>,
    client: &Client,
    offer: &Offer,
) -> Result<BTreeMap<NaiveDate, Result<(), Refusal>>, Stop> {
    let actor = view.actor();
    let knows = acts_for(view, &actor, client.id)? || treats(view, &actor, client.id)?;
    let chart = Chart::of(view, (client.id, offer.session_type.id), &offer.settings)?;
    let own_side = acts_for(view, &actor, client.id)?;
    let diary = Diary::of(view, client.id)?;
    // What staff book for a client, the practice's limits do not keep them from.
    let leaves_room =
        |date| if own_side { diary.booked(date, None).leaves_room(&offer.settings.limits) } else { Ok(()) };
    // Somewhere it is a day earlier, or later, than in the zone of instants.
    let (first, last) = (offer.known.start().utc().date_naive(), offer.known.end().utc().date_naive());
    let dates =
        first.pred_opt().unwrap_or(first).iter_days().take_while(|date| last.succ_opt().is_none_or(|end| *date <= end));
    dates.map(|date| Ok((date, chart.on(date)?.admits(knows).and_then(|()| leaves_room(date))))).collect()
}

/// Those who could treat: whoever is asked for, and, where that is not enough, everybody who is listed.
fn candidates(view: &mut View<'_>, whom: &Whom, needed: i32) -> Result<Vec<TherapistId>, Stop> {
    let mut therapists = whom.with.clone();
    for id in &whom.with {
        may_be_asked_for(view, *id)?;
    }
    let is_enough = !therapists.is_empty() && i32::try_from(therapists.len()).is_ok_and(|count| count >= needed);
    if !is_enough {
        therapists.extend(therapists::store::bookable(view)?);
        therapists.sort_unstable();
        therapists.dedup();
    }
    Ok(therapists)
}

fn may_be_asked_for(view: &mut View<'_>, id: TherapistId) -> Result<(), Stop> {
    let actor = view.actor();
    let therapist = therapists::store::therapist_seen_by(view, &actor, id)?;
    if therapists::store::is_bookable(view, &therapist)? {
        return Ok(());
    }
    Err(if actor.is_staff() { NOT_BOOKABLE } else { Refusal::NotThere }.into())
}
