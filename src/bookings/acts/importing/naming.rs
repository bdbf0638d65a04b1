//! Whom and what the rows of a file mean.

use crate::bookings::model::{ImportLine, second_fault};
use crate::bookings::sheet::Row;
use crate::db::{Stop, View};
use crate::kernel::ids::{ClientId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::places::model::Location;
use crate::session_types::model::SessionType;
use crate::{clients, places, session_types, therapists};

/// Who and what can be named.
pub(super) struct Names {
    /// By address, and those named by id.
    clients: Vec<(String, ClientId)>,
    therapists: Vec<(TherapistId, String, Option<String>)>,
    session_types: Vec<SessionType>,
    locations: Vec<Location>,
}

/// What a row is about.
pub(super) struct Named {
    pub client: ClientId,
    pub therapist: TherapistId,
    pub co_therapist: Option<TherapistId>,
    pub session_type: SessionType,
    pub location: Location,
}

impl Named {
    pub fn therapists(&self) -> impl Iterator<Item = TherapistId> + use<> {
        std::iter::once(self.therapist).chain(self.co_therapist)
    }
}

impl Names {
    /// Loads all that these rows may name.
    pub fn of(view: &mut View<'_>, rows: &[Row]) -> Result<Self, Stop> {
        let actor = view.actor();
        let named: Vec<String> =
            rows.iter().filter_map(|row| Some(row.line.as_ref().ok()?.client.to_lowercase())).collect();
        let mut known = clients::store::at_addresses(view, &actor, &named)?;
        for id in named.iter().filter_map(|name| name.parse().ok()) {
            match clients::store::client(view, &actor, id) {
                Ok(client) => known.push((client.id.to_string(), client.id)),
                Err(Stop::Refused(Refusal::NotThere)) => {}
                Err(stop) => return Err(stop),
            }
        }
        known.sort();
        known.dedup();
        Ok(Self {
            clients: known,
            therapists: therapists::store::known_as(view)?,
            session_types: session_types::store::active(view)?,
            locations: places::store::all_locations(view)?,
        })
    }

    /// What a row is about.
    pub fn named(&self, line: &ImportLine) -> Result<Named, Refusal> {
        let session_type = self.session_type(&line.session_type)?;
        let therapist = self.therapist("therapist", &line.therapist)?;
        let second = line.co_therapist.as_ref();
        let co_therapist = second.map(|name| self.therapist("co_therapist", name)).transpose()?;
        if let Some((code, message)) = second_fault(session_type.therapists_needed == 2, therapist, co_therapist) {
            return Err(fault("co_therapist", code, message));
        }
        let (client, location) = (self.client(&line.client)?, self.location(line.location.as_deref())?);
        Ok(Named { client, therapist, co_therapist, session_type, location })
    }

    fn client(&self, name: &str) -> Result<ClientId, Refusal> {
        let name = name.to_lowercase();
        let named = self.clients.iter().filter(|(known, _)| *known == name);
        only("client", named).map(|(_, id)| *id)
    }

    fn therapist(&self, column: &'static str, name: &str) -> Result<TherapistId, Refusal> {
        let address = name.to_lowercase();
        let is_named = |(id, own, email): &&(TherapistId, String, Option<String>)| {
            own == name || email.as_deref() == Some(&*address) || id.to_string() == address
        };
        only(column, self.therapists.iter().filter(is_named)).map(|(id, ..)| *id)
    }

    fn session_type(&self, name: &str) -> Result<SessionType, Refusal> {
        let is_named = |one: &&SessionType| one.name == name || one.id.to_string() == name.to_lowercase();
        only("session_type", self.session_types.iter().filter(is_named)).cloned()
    }

    /// May be left out where the practice has one open place.
    fn location(&self, name: Option<&str>) -> Result<Location, Refusal> {
        let Some(name) = name else {
            let one = Location::only_open(&self.locations).cloned();
            return one.ok_or_else(|| fault("location", "required", "say at which of the practice's places"));
        };
        let open = self.locations.iter().filter(|place| place.active);
        only("location", open.filter(|one| one.name == name || one.id.to_string() == name.to_lowercase())).cloned()
    }
}

/// What is wrong with a cell of that column.
pub(super) fn fault(column: &'static str, code: &'static str, message: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at(column, code, message)])
}

/// The one that is named.
fn only<T>(column: &'static str, mut named: impl Iterator<Item = T>) -> Result<T, Refusal> {
    let first = named.next().ok_or_else(|| fault(column, "unknown", "nobody and nothing here is called that"))?;
    if named.next().is_some() {
        return Err(fault(column, "ambiguous", "several are called that; say the id"));
    }
    Ok(first)
}
