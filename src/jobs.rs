//! What happens by itself.
//!
//! Each job is a short write with a permit of its own, run in turn for as long as the program serves; in its turn, again until it finds nothing
//! left to do, so that much work is many small transactions. Several processes on one store elect who does it by a lock of the database:
//! whoever comes second finds the lock taken, or nothing left to do. So a job must be one that may run again.
//!
//! One thing needs no lock, for it is no write to the store: destroying keys in the key store that the register says were destroyed.
//!
//! A job that is cut off by the end of the program is finished or undone by the store, which closes after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::db::{Db, Stop, Tx, forget_receipts};
use crate::kernel::actor::Permit;
use crate::vault::Vault;
use crate::{bookings, consents, waitlist};

/// One thing that is done by itself.
struct Job {
    /// Its name: the audit's actor, and what processes elect by.
    name: &'static str,
    /// How often.
    every: Duration,
    /// What; answers how many things it did, and none once there is nothing left.
    work: fn(&mut Tx<'_>) -> Result<usize, Stop>,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

const JOBS: [Job; 8] = [
    Job { name: "bookings.expire", every: MINUTE, work: bookings::expire_next },
    Job { name: "holds.expire", every: MINUTE, work: bookings::expire_next_hold },
    Job { name: "zones.follow", every: HOUR, work: bookings::follow_next_zone },
    Job { name: "waitlist.expire", every: MINUTE, work: waitlist::expire_next_entry },
    Job { name: "waitlist.offer", every: MINUTE, work: waitlist::offer_next },
    Job { name: "consents.publish", every: HOUR, work: consents::publish_next_shipped },
    Job { name: "consents.follow", every: MINUTE, work: bookings::follow_next_consent },
    Job { name: "receipts.forget", every: HOUR, work: forget_receipts },
];

/// The jobs of a running program. They stop when this is dropped.
#[must_use = "jobs stop when they are dropped"]
pub struct Jobs {
    _tasks: JoinSet<()>,
}

impl Jobs {
    /// Begins all jobs, the first time at once.
    pub fn start(db: &Db, vault: &Arc<Vault>) -> Self {
        let mut tasks = JoinSet::new();
        for job in &JOBS {
            tasks.spawn(repeat(db.clone(), job));
        }
        tasks.spawn(finish_destroying(db.clone(), Arc::clone(vault)));
        Self { _tasks: tasks }
    }
}

/// A destruction that a process left half done is finished by whoever serves next, or still.
async fn finish_destroying(db: Db, vault: Arc<Vault>) {
    let mut turn = interval(HOUR);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        match vault.finish_destroying(&db).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "keys that the register says were destroyed are"),
            Err(stop) => tracing::error!(?stop, "keys could not be destroyed; it is tried again in an hour"),
        }
    }
}

async fn repeat(db: Db, job: &'static Job) {
    let mut turn = interval(job.every);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        while run(&db, job).await {}
    }
}

/// Whether it did something, so that there may be more to do.
async fn run(db: &Db, job: &'static Job) -> bool {
    let work = |tx: &mut Tx<'_>| if tx.elected(job.name)? { (job.work)(tx).map(Some) } else { Ok(None) };
    match db.write(&Permit::system(job.name), work).await {
        Ok(Some(count)) => {
            tracing::debug!(job = job.name, count, "done");
            return count > 0;
        }
        Ok(None) => tracing::debug!(job = job.name, "another process is at it"),
        Err(stop) => tracing::error!(job = job.name, ?stop, "could not be done; it is tried again at its next turn"),
    }
    false
}
