//! Who clients were, once they are erased: sealed, and never read.

use diesel::prelude::*;

use crate::db::schema::client_identities;
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::ids::ClientId;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
use crate::vault::{Class, was_destroyed};

/// A client's identity, sealed away.
pub(in crate::clients) struct Identity {
    pub(in crate::clients) client: ClientId,
    pub(in crate::clients) sealed: Sealed,
    pub(in crate::clients) sealed_at: Timestamp,
}

impl Persist for Identity {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = (
            client_identities::client_id.eq(self.client),
            client_identities::data_key_id.eq(self.sealed.key),
            client_identities::sealed.eq(&self.sealed.bytes),
            client_identities::sealed_at.eq(self.sealed_at),
        );
        writer.execute(diesel::insert_into(client_identities::table).values(row)).map(drop)
    }
}

/// Whether a client was erased, here or before a copy of the store was restored.
pub(in crate::clients) fn is_erased(view: &mut View<'_>, client: ClientId) -> Result<bool, Stop> {
    was_destroyed(view, client, Class::Identity)
}
