//! Beginning a note, and saving it so that no text is lost.

use super::locking::{held, held_with_booking};
use crate::bookings;
use crate::bookings::model::Booking;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::ids::{BookingId, ClientId, NoteId, NoteSiblingId, NoteTemplateId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::notes::model::{
    Beginning, Carried, Filed, Note, NoteContent, NoteState, Sibling, Writing, Written, no_such_template,
};
use crate::notes::sealing;
use crate::notes::store::{self, OfBooking};
use crate::vault::Vault;

/// What a note may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notes) enum StartFrom {
    /// The last note of the client.
    Last,
    /// A template.
    Template(NoteTemplateId),
}

/// What a device sends to be kept.
#[derive(Clone, Debug)]
pub(in crate::notes) struct Saving {
    /// What the note is to say.
    pub(in crate::notes) content: NoteContent,
    /// When the session was, where that is known.
    pub(in crate::notes) actual: Option<Span>,
}

/// Begins the note of a booking, blank or with what may be carried over.
pub(in crate::notes) fn start(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: Option<NoteId>,
    booking: BookingId,
    from: Option<StartFrom>,
) -> Result<Filed, Stop> {
    let booking = booked(tx, booking)?;
    let id = id.unwrap_or_else(|| NoteId::new(tx.now()));
    let written = match from {
        None => None,
        Some(from) => {
            let content = carried_from(tx, vault, from, &booking)?;
            let carried = sealing::with_marks(vault, id, |mark| Carried::all_of(&content, mark));
            Some(written(tx, vault, (booking.client, id), Saving { content, actual: None }, carried)?)
        }
    };
    begin(tx, id, &booking, written)
}

/// Saves a note that the device believes nobody has begun; says whether it came to be by this.
pub(in crate::notes) fn first_save(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: NoteId,
    booking: BookingId,
    saving: Saving,
) -> Result<(Filed, bool), Stop> {
    let booking = booked(tx, booking)?;
    let mut begun = own(tx, id)?;
    if begun.as_ref().is_some_and(|filed| filed.note.booking != booking.id) {
        return Err(Refusal::AlreadyExists { pointer: "/id" }.into());
    }
    if let (None, OfBooking::Standing(other)) = (&begun, store::of_booking(tx, booking.id)?) {
        begun = own(tx, other)?;
    }
    match begun {
        Some(filed) => late(tx, vault, filed, 0, saving).map(|filed| (filed, false)),
        None => {
            let written = written(tx, vault, (booking.client, id), saving, Carried::default())?;
            begin(tx, id, &booking, Some(written)).map(|filed| (filed, true))
        }
    }
}

/// Saves a draft. What was written upon an older version is kept beside it.
pub(in crate::notes) fn save(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: NoteId,
    expected: i32,
    saving: Saving,
) -> Result<Filed, Stop> {
    let (filed, booking) = held_with_booking(tx, id)?;
    let (actor, now) = (tx.actor(), tx.now());
    filed.note.authored(&actor)?;
    // Also one that names a version yet to come: a device that knew the store before it was restored.
    if expected != filed.note.version {
        return late(tx, vault, filed, expected, saving);
    }
    let carried = sealing::with_marks(vault, id, |mark| filed.note.carried.clone().still_in(&saving.content, mark));
    let written = written(tx, vault, (filed.note.client, id), saving, carried)?;
    let note =
        tx.save(filed.note.save_draft(written, expected, Writing { booking: &booking, actor: &actor, now })?)?;
    Ok(Filed { note, ..filed })
}

/// Takes up what was kept beside a draft, and keeps what the draft said in its place.
pub(in crate::notes) fn adopt(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: NoteId,
    sibling: NoteSiblingId,
    expected: i32,
) -> Result<Filed, Stop> {
    let (filed, booking) = held_with_booking(tx, id)?;
    let (actor, now) = (tx.actor(), tx.now());
    let kept = store::siblings(tx, &actor, id)?;
    let sibling = kept.iter().find(|one| one.id == sibling).ok_or(Refusal::NotThere)?;
    let look = tx.look(sealing::VIEWED, id, filed.note.client)?;
    let said = sealing::open_note(vault, tx, &look, &filed.note)?.map(sealing::content).transpose()?;
    let content = sealing::content(sealing::open_sibling(vault, tx, &look, sibling)?)?;
    let displaced = match said {
        Some(said) => displaced(tx, vault, &filed.note, &said, &kept)?,
        None => None,
    };
    let saving = Saving { content, actual: sibling.actual };
    let written = written(tx, vault, (filed.note.client, id), saving, sibling.carried.clone())?;
    let at = Writing { booking: &booking, actor: &actor, now };
    tx.save(filed.note.adopt(sibling, (written, displaced), expected, at)?)?;
    store::note(tx, &actor, id)
}

/// Gives up what was kept beside a note.
pub(in crate::notes) fn discard(tx: &mut Tx<'_>, id: NoteId, sibling: NoteSiblingId) -> Result<(), Stop> {
    let filed = held(tx, id)?;
    let actor = tx.actor();
    let sibling = store::sibling(tx, &actor, id, sibling)?;
    tx.save(filed.note.discard(&sibling, &actor)?).map(drop)
}

/// A booking that the actor may see, with its therapist and its client locked.
fn booked(tx: &mut Tx<'_>, id: BookingId) -> Result<Booking, Stop> {
    let actor = tx.actor();
    let booking = bookings::store::booking(tx, &actor, id)?;
    tx.lock(&[Lock::Therapist(booking.placement.therapist), Lock::Client(booking.client)])?;
    bookings::store::booking(tx, &actor, id)
}

fn begin(tx: &mut Tx<'_>, id: NoteId, booking: &Booking, written: Option<Written>) -> Result<Filed, Stop> {
    let (actor, now) = (tx.actor(), tx.now());
    let corrects = match store::of_booking(tx, booking.id)? {
        OfBooking::InError(earlier) => Some(earlier),
        // Of one that stands the store refuses another.
        OfBooking::None | OfBooking::Standing(_) => None,
    };
    let beginning = Beginning { corrects, written };
    let note = tx.save(Note::start(id, beginning, Writing { booking, actor: &actor, now })?)?;
    Ok(Filed::new(note))
}

/// What a note begins with, from somewhere else.
fn carried_from(tx: &mut Tx<'_>, vault: &Vault, from: StartFrom, booking: &Booking) -> Result<NoteContent, Stop> {
    let (actor, before) = (tx.actor(), booking.placement.session.start());
    match from {
        StartFrom::Template(id) => match store::template(tx, &actor, id) {
            Ok(template) if template.retired_at.is_none() => Ok(template.content),
            Ok(_) | Err(Stop::Refused(Refusal::NotThere)) => Err(no_such_template().into()),
            Err(stop) => Err(stop),
        },
        StartFrom::Last => {
            let nothing =
                || Violation::at("/start_from", "no_last_note", "there is no signed note before this session");
            let last = store::last_signed(tx, &actor, booking.client, before)?;
            let last = last.ok_or_else(|| Refusal::Fields(vec![nothing()]))?;
            let said = sealing::reread(vault, tx, &last.note)?.unwrap_or_default();
            Ok(sealing::content(said)?.to_carry())
        }
    }
}

fn written(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (client, id): (ClientId, NoteId),
    Saving { content, actual }: Saving,
    carried: Carried,
) -> Result<Written, Stop> {
    let mac = sealing::mac(vault, id, &content)?;
    let content = sealing::seal(vault, tx, sealing::place_of(client, id), &content)?;
    Ok(Written { content, mac, carried, actual })
}

/// A note that the actor has begun themself.
fn own(tx: &mut Tx<'_>, id: NoteId) -> Result<Option<Filed>, Stop> {
    let actor = tx.actor();
    match store::note(tx, &actor, id) {
        Ok(filed) => Ok(Some(filed).filter(|filed| filed.note.authored(&actor).is_ok())),
        Err(Stop::Refused(Refusal::NotThere)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// What came too late is kept beside the note, once; the last save over again has succeeded already.
fn late(tx: &mut Tx<'_>, vault: &Vault, filed: Filed, expected: i32, saving: Saving) -> Result<Filed, Stop> {
    let Saving { content, actual } = saving;
    let (actor, now, id) = (tx.actor(), tx.now(), filed.note.id);
    let mac = sealing::mac(vault, id, &content)?;
    let saved = filed.note.was_saved_so(&mac, actual, expected);
    if saved || was_signed_so(tx, vault, &filed.note, (&mac, actual))? {
        return Ok(filed);
    }
    let known = store::siblings(tx, &actor, id)?.into_iter().find(|sibling| sibling.mac == mac);
    if let Some(known) = known {
        return Err(Refusal::DraftKeptBeside { note: id, sibling: known.id }.into());
    }
    let sibling = NoteSiblingId::new(now);
    // By what was carried, not by what is left of it: the other side may have changed a part that stands here as it came.
    let carried = filed.note.carried.clone().renewed();
    let carried = sealing::with_marks(vault, id, |mark| carried.still_in(&content, mark));
    let content = sealing::seal(vault, tx, sealing::of_sibling(filed.note.client, id, sibling), &content)?;
    let written = Written { content, mac, carried, actual };
    let change = filed.note.keep_beside(sibling, written, expected, (&actor, now))?;
    Err(tx.refuse_and_keep(change, Refusal::DraftKeptBeside { note: id, sibling }))
}

/// Whether a save is what the note was signed with: its answer did not arrive.
fn was_signed_so(
    tx: &mut Tx<'_>,
    vault: &Vault,
    note: &Note,
    (mac, actual): (&[u8], Option<Span>),
) -> Result<bool, Stop> {
    if note.state != NoteState::Signed || (actual.is_some() && actual != note.actual) {
        return Ok(false);
    }
    let Some(said) = sealing::reread(vault, tx, note)? else { return Ok(false) };
    Ok(sealing::mac(vault, note.id, &sealing::content(said)?)? == mac)
}

/// What a draft said, to be kept beside it, unless that stands there already.
fn displaced(
    tx: &mut Tx<'_>,
    vault: &Vault,
    note: &Note,
    said: &NoteContent,
    kept: &[Sibling],
) -> Result<Option<Sibling>, Stop> {
    let mac = sealing::mac(vault, note.id, said)?;
    if kept.iter().any(|sibling| sibling.mac == mac) {
        return Ok(None);
    }
    let id = NoteSiblingId::new(tx.now());
    let content = sealing::seal(vault, tx, sealing::of_sibling(note.client, note.id, id), said)?;
    let (base_version, actual, kept_at) = (note.version, note.actual, tx.now());
    let carried = note.carried.clone();
    Ok(Some(Sibling { id, note: note.id, base_version, content, mac, carried, actual, kept_at }))
}
