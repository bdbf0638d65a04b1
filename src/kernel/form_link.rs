//! Who answers and signs without a login.
//!
//! Staff give out a *form link* for one form of one client: to be opened at home, or on the practice's tablet while they stand by. Whoever holds
//! it is nobody the practice knows; what is known is the link, whom it was made for, who gave it out and how they made sure.

use uuid::Uuid;

use super::ids::{AccountId, ClientId, FormLinkId};
use crate::text_enum;

text_enum! {
    /// What a form link opens.
    pub enum FormSubject {
        /// A text to consent to.
        Consent = "consent",
        /// The questions of a form.
        IntakeResponse = "intake_response",
    }
}

text_enum! {
    /// Where a form link is opened.
    pub enum Medium {
        /// Wherever its holder is.
        Link = "link",
        /// On the practice's tablet, in the presence of whoever gave it out.
        Tablet = "tablet",
    }
}

text_enum! {
    /// How staff made sure whom they gave a form link to.
    pub enum IdentityCheck {
        /// They know them.
        KnownInPerson = "known_in_person",
        /// They saw a document with a photograph.
        PhotoId = "photo_id",
        /// Who they spoke to could say what only that person would: date of birth and address.
        SpokenDetails = "spoken_details",
        /// The link goes to the address or number that the record holds.
        ContactOnRecord = "contact_on_record",
    }
}

/// Who holds a form link that still opens its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormBearer {
    /// Which link.
    pub link: FormLinkId,
    /// What kind of form it opens.
    pub subject: FormSubject,
    /// Which one.
    pub subject_id: Uuid,
    /// Whose form it is.
    pub client: ClientId,
    /// Who is to answer and sign: the client, or their guardian.
    pub signer: ClientId,
    /// Where it is opened.
    pub medium: Medium,
    /// Who gave it out.
    pub issued_by: AccountId,
    /// How they made sure to whom.
    pub identity_check: IdentityCheck,
}

impl FormBearer {
    /// Whether the link opens this very form.
    #[must_use]
    pub fn opens(&self, subject: FormSubject, id: impl Into<Uuid>) -> bool {
        self.subject == subject && self.subject_id == id.into()
    }
}
