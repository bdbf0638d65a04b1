//! The rooms of a place.

use super::Location;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{LocationId, RoomId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// A room, or whatever else of a place holds one session at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Which one.
    pub id: RoomId,
    /// The place it is in, for good.
    pub location: LocationId,
    /// What it is called.
    pub name: String,
    /// What it is good for, in the practice's own word, such as `treatment`: a session type asks for a kind, not for a room.
    pub kind: String,
    /// Whether sessions can be booked into it.
    pub active: bool,
    /// Grows with every change.
    pub version: i32,
}

/// A room as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct RoomDraft {
    /// See [`Room::name`].
    pub name: String,
    /// See [`Room::kind`].
    pub kind: String,
}

/// A kind of room: a short word that is the same however it is capitalised.
pub fn room_kind(fields: &mut Fields, pointer: &str, word: &str) -> Option<String> {
    fields.text(pointer, word, 1..=50).map(|kind| kind.to_lowercase())
}

impl Room {
    /// Adds a room to a place.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn add(
        location: LocationId,
        draft: &RoomDraft,
        places: &[Location],
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        let known = places.iter().any(|place| place.id == location && place.active);
        fields.require(known, "/location_id", "unknown_location", "must be a location of the practice that is open");
        let (name, kind) = draft.parse(&mut fields);
        let id = RoomId::new(now);
        let room = fields.finish(|| Some(Self { id, location, name: name?, kind: kind?, active: true, version: 1 }))?;
        Ok(room.told("room.added"))
    }

    /// Writes its name and kind anew. Bookings keep the room they have.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault; [`Refusal::InvalidTransition`] once retired.
    pub fn change(self, draft: &RoomDraft) -> Result<Change<Self>, Refusal> {
        self.still_active("change")?;
        let mut fields = Fields::default();
        let (name, kind) = draft.parse(&mut fields);
        let version = self.version + 1;
        let room = fields.finish(|| Some(Self { name: name?, kind: kind?, version, ..self }))?;
        Ok(room.told("room.changed"))
    }

    /// Takes it out of booking. It is kept, because sessions were held in it, and bookings that have it keep it.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it is retired already.
    pub fn retire(self) -> Result<Change<Self>, Refusal> {
        self.still_active("retire")?;
        Ok(Self { active: false, version: self.version + 1, ..self }.told("room.retired"))
    }

    fn still_active(&self, step: &'static str) -> Result<(), Refusal> {
        if self.active { Ok(()) } else { Err(Refusal::InvalidTransition { what: "room", from: "retired", step }) }
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id).with("location", self.location).with("version", self.version);
        Change::new(self, event)
    }
}

impl RoomDraft {
    fn parse(&self, fields: &mut Fields) -> (Option<String>, Option<String>) {
        (fields.text("/name", &self.name, 1..=200), room_kind(fields, "/kind", &self.kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Location {
        Location {
            id: LocationId(uuid::Uuid::nil()),
            name: "Harbour rooms".into(),
            address_lines: vec!["Kai 3".into()],
            zone: chrono_tz::Tz::UTC,
            active: true,
            version: 1,
        }
    }

    fn add(name: &str, kind: &str, places: &[Location]) -> Result<Change<Room>, Refusal> {
        let draft = RoomDraft { name: name.into(), kind: kind.into() };
        Room::add(place().id, &draft, places, Timestamp::from_unix_micros(0).unwrap())
    }

    #[test]
    fn a_room_is_added_changed_and_retired() {
        let (room, event) = add("Blue", "Treatment", &[place()]).unwrap().into_parts();
        assert_eq!((event.action, room.kind.as_str(), room.active), ("room.added", "treatment", true));
        let draft = RoomDraft { name: "Green".into(), kind: "table".into() };
        let (room, event) = room.change(&draft).unwrap().into_parts();
        assert_eq!((event.action, room.name.as_str(), room.version), ("room.changed", "Green", 2));
        let (room, event) = room.retire().unwrap().into_parts();
        assert_eq!((event.action, room.active), ("room.retired", false));
        assert!(matches!(room.clone().change(&draft), Err(Refusal::InvalidTransition { step: "change", .. })));
        assert!(matches!(room.retire(), Err(Refusal::InvalidTransition { step: "retire", .. })));
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let closed = Location { active: false, ..place() };
        let Err(Refusal::Fields(faults)) = add(" ", "", &[closed]) else { panic!("added") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/location_id", "/name", "/kind"]);
    }
}
