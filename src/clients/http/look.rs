//! Looks at clients' records, which are events of the audit log.

use crate::clients::store;
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;
use crate::kernel::ids::ClientId;

/// Records a look at a client's record, unless it is the person's own or that of one who acts for them.
pub(super) fn looked(tx: &mut Tx<'_>, action: &'static str, client: ClientId) -> Result<(), Stop> {
    let actor = tx.actor();
    if store::acts_for(tx, &actor, client)? {
        return Ok(());
    }
    tx.record(&Event::new(action, client).about(client))
}
