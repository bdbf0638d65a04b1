//! Records, guardians, relationships of care, and codes to take a record over.

mod care;
mod claim;
mod guardians;
mod record;

use utoipa_actix_web::service_config::ServiceConfig;

use super::store;
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;
use crate::kernel::ids::ClientId;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    record::routes(config);
    claim::routes(config);
    guardians::routes(config);
    care::routes(config);
}

/// Records a look at a client's record, unless it is the person's own or that of one who acts for them.
fn looked(tx: &mut Tx<'_>, action: &'static str, client: ClientId) -> Result<(), Stop> {
    let actor = tx.actor();
    if store::acts_for(tx, &actor, client)? {
        return Ok(());
    }
    tx.record(&Event::new(action, client).about(client))
}
