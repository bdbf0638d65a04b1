//! What form links do about earlier rooms' events.

use super::store::{self, Of};
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;

/// Ends the links to a form that was signed, handed in, or ended otherwise than by them, and all links of somebody who was erased. The link that
/// it was done by ends with the act itself.
///
/// # Errors
/// A fault of the store.
pub fn close_links(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let of = match (event.action, event.client) {
        ("consent.signed" | "consent.withdrawn" | "consent.superseded", _)
        | ("intake_response.submitted" | "intake_response.superseded" | "intake_response.expired", _) => {
            Of::Form(event.subject_id)
        }
        ("client.erased", Some(client)) => Of::Person(client),
        _ => return Ok(()),
    };
    let (own, now) = (tx.actor().form_link().map(|bearer| bearer.link), tx.now());
    for link in store::open_links(tx, of)? {
        if Some(link.bearer.link) != own {
            tx.save(link.close(now))?;
        }
    }
    Ok(())
}
