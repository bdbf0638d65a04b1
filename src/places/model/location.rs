//! Where sessions are held.

use chrono_tz::Tz;

use super::zone;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::LocationId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// A place with an address and a clock on its wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Which one.
    pub id: LocationId,
    /// What it is called.
    pub name: String,
    /// Its address, a line at a time, as an envelope would have it.
    pub address_lines: Vec<String>,
    /// The zone its dates and hours are counted in.
    pub zone: Tz,
    /// Whether sessions can be booked there.
    pub active: bool,
    /// Grows with every change.
    pub version: i32,
}

/// A location as somebody wrote it down, unchecked.
#[derive(Clone, Debug, Default)]
pub struct LocationDraft {
    /// See [`Location::name`].
    pub name: String,
    /// See [`Location::address_lines`].
    pub address_lines: Vec<String>,
    /// An IANA zone's name.
    pub zone: String,
}

impl Location {
    /// The one that is open, of a practice that has no other; `None` where it has none or several.
    #[must_use]
    pub fn only_open(all: &[Self]) -> Option<&Self> {
        let mut open = all.iter().filter(|place| place.active);
        open.next().filter(|_| open.next().is_none())
    }

    /// Adds a location, open for sessions.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn add(draft: &LocationDraft, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let blank = Self {
            id: LocationId::new(now),
            name: String::new(),
            address_lines: Vec::new(),
            zone: Tz::UTC,
            active: true,
            version: 1,
        };
        Ok(blank.written(draft)?.told("location.added"))
    }

    /// Writes name, address and zone anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn change(self, draft: &LocationDraft) -> Result<Change<Self>, Refusal> {
        let version = self.version + 1;
        Ok(Self { version, ..self }.written(draft)?.told("location.changed"))
    }

    /// Closes it to new sessions. It is kept: past sessions were held there.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it is closed already.
    pub fn close(self) -> Result<Change<Self>, Refusal> {
        if !self.active {
            return Err(Refusal::InvalidTransition { what: "location", from: "closed", step: "close" });
        }
        Ok(Self { active: false, version: self.version + 1, ..self }.told("location.closed"))
    }

    /// Opens it again.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it is not closed.
    pub fn reopen(self) -> Result<Change<Self>, Refusal> {
        if self.active {
            return Err(Refusal::InvalidTransition { what: "location", from: "active", step: "reopen" });
        }
        Ok(Self { active: true, version: self.version + 1, ..self }.told("location.reopened"))
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id);
        Change::new(self, event)
    }

    fn written(self, draft: &LocationDraft) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &draft.name, 1..=200);
        let lines = draft.address_lines.iter().enumerate();
        let address_lines: Option<Vec<_>> =
            lines.map(|(at, line)| fields.text(&format!("/address_lines/{at}"), line, 1..=200)).collect();
        fields.within("/address_lines", draft.address_lines.len(), 1..=6);
        let zone = zone(&mut fields, &draft.zone);
        fields.finish(|| Some(Self { name: name?, address_lines: address_lines?, zone: zone?, ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added() -> Location {
        let draft = LocationDraft {
            name: "Harbour rooms".into(),
            address_lines: vec!["Kai 3".into(), "20457 Hamburg".into()],
            zone: "Europe/Berlin".into(),
        };
        Location::add(&draft, Timestamp::from_unix_micros(0).unwrap()).unwrap().into_parts().0
    }

    #[test]
    fn a_location_is_closed_once_and_opened_again() {
        let (closed, event) = added().close().unwrap().into_parts();
        assert_eq!((event.action, closed.active, closed.version), ("location.closed", false, 2));
        assert!(matches!(closed.clone().close(), Err(Refusal::InvalidTransition { from: "closed", .. })));
        let (open, event) = closed.reopen().unwrap().into_parts();
        assert_eq!((event.action, open.active), ("location.reopened", true));
        assert!(open.reopen().is_err());
    }

    #[test]
    fn a_line_at_fault_is_named_by_its_place() {
        let draft = LocationDraft {
            name: "Harbour rooms".into(),
            address_lines: vec!["Kai 3".into(), " ".into()],
            zone: "Mars/Base".into(),
        };
        let Err(Refusal::Fields(faults)) = added().change(&draft) else { panic!("changed") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/address_lines/1", "/zone"]);
    }
}
