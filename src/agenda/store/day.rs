//! A therapist's day, gathered and opened in the transaction that records its looks.
//!
//! What can be asked for many at once is; only what is sealed, and what is decided session by session, is asked for one by one.

use std::collections::BTreeMap;

use crate::agenda::model::{ClientSheet, Day, DaySheet, Sitting};
use crate::bookings::model::Booking;
use crate::bookings::store::{self as bookings, Facts, Past};
use crate::bookings::{open_reasons, open_steps};
use crate::clients::model::{Client, Guardianship};
use crate::clients::store as clients;
use crate::db::{Fault, Look, Stop, Tx};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{ClientId, SessionTypeId};
use crate::places::model::Location;
use crate::session_types::model::SessionType;
use crate::vault::{Class, Vault, unless_erased};
use crate::{intake, notes, places, session_types};

/// The event of a day's look at one client.
const VIEWED: &str = "day.viewed";

/// All that a day may open of a client: why they come, their health history, and what the last note says.
const OPENED: [Class; 3] = [Class::Booking, Class::Intake, Class::SessionNote];

/// What the day's sessions have in common, asked for once.
struct Gathered {
    locations: Vec<Location>,
    session_types: BTreeMap<SessionTypeId, SessionType>,
    /// Those who are opened, each with the one look at them.
    opened: BTreeMap<ClientId, (Client, Look)>,
    guardians: Vec<(Guardianship, Client)>,
    past: Vec<Past>,
}

/// The actor's own day: whoever asks for it is the therapist.
pub(in crate::agenda) fn day(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, day: Day) -> Result<DaySheet, Stop> {
    let date = day.date_in(places::store::practice(tx)?.zone);
    let unsigned = DaySheet::unsigned_before(date, &notes::drafts(tx, actor)?);
    let mut booked = match day.reach() {
        Some(reach) => bookings::on_calendar(tx, actor, reach)?,
        None => Vec::new(),
    };
    // One that was called off asks for nothing, and nobody need be looked at for it.
    booked.retain(|booking| booking.state.claims_time() && day.holds(&booking.placement));
    let gathered = gather(tx, actor, &booked)?;
    let (mut facts, mut sittings) = (Facts::default(), Vec::new());
    for booking in booked {
        let steps = open_steps(tx, &mut facts, &booking)?.into_iter().map(|action| action.step).collect();
        let client = match gathered.opened.get(&booking.client) {
            Some((client, look)) => Some(opened(tx, vault, actor, (&gathered, client, look), &booking)?),
            None => None,
        };
        let location = gathered.locations.iter().find(|one| Some(one.id) == booking.placement.location).cloned();
        let session_type = gathered.session_types.get(&booking.session_type).cloned();
        let session_type = session_type.ok_or(Fault::Corrupt("a booking of no session type"))?;
        sittings.push(Sitting { booking, location, session_type, steps, client });
    }
    Ok(DaySheet { date, sittings, unsigned })
}

fn gather(tx: &mut Tx<'_>, actor: &Actor, booked: &[Booking]) -> Result<Gathered, Stop> {
    let ids: Vec<ClientId> = booked.iter().map(|booking| booking.client).collect();
    let treated = clients::treated_among(tx, actor, &ids)?;
    let ids: Vec<ClientId> = treated.iter().map(|client| client.id).collect();
    let types: Vec<SessionTypeId> = booked.iter().map(|booking| booking.session_type).collect();
    let types = session_types::store::these(tx, &types)?;
    let mut opened = BTreeMap::new();
    for client in treated {
        let look = tx.look_at_client(VIEWED, client.id, &OPENED)?;
        opened.insert(client.id, (client, look));
    }
    Ok(Gathered {
        locations: places::store::all_locations(tx)?,
        session_types: types.into_iter().map(|one| (one.id, one)).collect(),
        opened,
        guardians: clients::guardians_of(tx, actor, &ids)?,
        past: bookings::past_sessions(tx, &ids)?,
    })
}

/// Opens what a session needs of its client, under the one look at them.
fn opened(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    (gathered, client, look): (&Gathered, &Client, &Look),
    booking: &Booking,
) -> Result<ClientSheet, Stop> {
    let start = booking.placement.session.start();
    let date = start.date_in(booking.placement.zone);
    let before = |past: &&Past| past.client == client.id && past.start < start;
    let past = gathered.past.iter().filter(before);
    let guards = |(tie, guardian): &(Guardianship, Client)| tie.acts_for(client, date).then(|| guardian.clone());
    Ok(ClientSheet {
        client: client.clone(),
        age: client.age_on(date),
        guardians: gathered.guardians.iter().filter_map(guards).collect(),
        sessions: past.clone().count(),
        sessions_together: past
            .filter(|past| [Some(past.therapist), past.co_therapist].contains(&actor.therapist()))
            .count(),
        reasons: unless_erased(open_reasons(tx, vault, look, booking))?.flatten(),
        intake: intake::brief(tx, vault, look, date)?,
        last_note: unless_erased(notes::last_note(tx, vault, look, actor, start))?.flatten(),
    })
}
