//! A link to one form of one client.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::kernel::change::{Change, Event};
use crate::kernel::form_link::{FormBearer, FormSubject, IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, FormLinkId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;

/// What a link is made for.
#[derive(Clone, Copy, Debug)]
pub struct LinkDraft {
    /// What kind of form it is to open, and which one.
    pub subject: (FormSubject, Uuid),
    /// Whose form it is.
    pub client: ClientId,
    /// Who is to answer and sign.
    pub signer: ClientId,
    /// Where it is to be opened.
    pub medium: Medium,
    /// How staff made sure of the signer.
    pub identity_check: IdentityCheck,
}

/// A link to one form of one client; the store knows the hash of its secret only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormLink {
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// What its holder is to the program.
    pub bearer: FormBearer,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used up.
    pub used_at: Option<Timestamp>,
    /// When it ended otherwise: a later one took its place, or its form was closed.
    pub replaced_at: Option<Timestamp>,
}

/// A link whose form was closed otherwise than by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which one.
    pub link: FormLinkId,
    /// When.
    pub at: Timestamp,
}

/// A link that was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which one.
    pub link: FormLinkId,
    /// When.
    pub at: Timestamp,
}

impl FormLink {
    /// A link for a form; the earlier ones for the same form stop working.
    ///
    /// # Errors
    /// [`Refusal::Fields`] where the tablet is to be handed to somebody whom nobody has seen.
    pub fn issue(
        draft: LinkDraft,
        hash: Vec<u8>,
        (issued_by, now): (AccountId, Timestamp),
    ) -> Result<Change<Self>, Refusal> {
        let LinkDraft { subject: (subject, subject_id), client, signer, medium, identity_check } = draft;
        if medium == Medium::Tablet && identity_check == IdentityCheck::ContactOnRecord {
            let unseen = "whoever is handed the tablet is there to be seen";
            return Err(Refusal::Fields(vec![Violation::at("/identity_check", "not_on_tablet", unseen)]));
        }
        let link = FormLinkId::new(now);
        let event = Event::new("form_link.issued", link)
            .about(client)
            .with("form", subject)
            .with("form_id", subject_id)
            .with("signer", signer)
            .with("medium", medium)
            .with("identity_check", identity_check);
        let bearer = FormBearer { link, subject, subject_id, client, signer, medium, issued_by, identity_check };
        let (expires_at, used_at, replaced_at) = (now.plus(life(medium)), None, None);
        Ok(Change::new(Self { hash, bearer, created_at: now, expires_at, used_at, replaced_at }, event))
    }

    /// Ends it because its form waits for nobody any more.
    pub fn close(&self, now: Timestamp) -> Change<Closed> {
        let FormBearer { link, client, subject_id, .. } = self.bearer;
        Change::new(
            Closed { link, at: now },
            Event::new("form_link.closed", link).about(client).with("form_id", subject_id),
        )
    }

    /// Uses up the link that somebody holds.
    pub fn use_up(bearer: &FormBearer, now: Timestamp) -> Change<Ended> {
        let event = Event::new("form_link.used", bearer.link).about(bearer.client).with("form_id", bearer.subject_id);
        Change::new(Ended { link: bearer.link, at: now }, event)
    }
}

/// How long a link is good for.
fn life(medium: Medium) -> TimeDelta {
    match medium {
        Medium::Link => TimeDelta::hours(72),
        Medium::Tablet => TimeDelta::minutes(30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(medium: Medium, identity_check: IdentityCheck) -> Result<FormLink, Refusal> {
        let now = Timestamp::from_unix_micros(0).unwrap();
        let client = ClientId::new(now);
        let subject = (FormSubject::Consent, Uuid::from_u128(7));
        let draft = LinkDraft { subject, client, signer: client, medium, identity_check };
        FormLink::issue(draft, vec![1], (AccountId::new(now), now)).map(|change| change.into_parts().0)
    }

    #[test]
    fn the_tablet_is_handed_to_somebody_who_is_there() {
        let tablet = issue(Medium::Tablet, IdentityCheck::PhotoId).unwrap();
        assert_eq!(tablet.expires_at.since(tablet.created_at), TimeDelta::minutes(30));
        let link = issue(Medium::Link, IdentityCheck::ContactOnRecord).unwrap();
        assert_eq!(link.expires_at.since(link.created_at), TimeDelta::hours(72));
        let Err(Refusal::Fields(faults)) = issue(Medium::Tablet, IdentityCheck::ContactOnRecord) else {
            panic!("handed to nobody")
        };
        assert_eq!(faults[0].pointer, "/identity_check");
    }

    #[test]
    fn a_link_opens_the_form_it_was_made_for() {
        let bearer = issue(Medium::Link, IdentityCheck::PhotoId).unwrap().bearer;
        assert!(bearer.opens(FormSubject::Consent, Uuid::from_u128(7)));
        assert!(!bearer.opens(FormSubject::IntakeResponse, Uuid::from_u128(7)));
        assert!(!bearer.opens(FormSubject::Consent, Uuid::from_u128(8)));
    }
}
