//! Refusals at the door leave a trace without slowing the door down.
//!
//! A denied account is noted as an event of its own. Anonymous callers are counted by address and minute, so that a scan fills a row and not the
//! log. The channel is bounded; what does not fit is counted in the process's log.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::db::{Db, Stop, Tx};
use crate::kernel::actor::{Claim, Permit};
use crate::kernel::change::Event;

const WAITING: usize = 1_024;
const MINUTE: Duration = Duration::from_secs(60);

struct Denial {
    claim: Claim,
    operation: &'static str,
    address: Option<IpAddr>,
    request: Uuid,
}

/// Where denials are noted. Cheap to clone.
#[derive(Clone)]
pub struct Denials(mpsc::Sender<Denial>);

impl Denials {
    /// The notebook and the task that writes it into the store; the task ends when the last notebook is dropped.
    pub fn new(db: Db) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), record(db, receiver))
    }

    pub(super) fn note(&self, claim: Claim, operation: &'static str, peer: Option<SocketAddr>, request: Uuid) {
        let denial = Denial { claim, operation, address: peer.map(|peer| peer.ip()), request };
        if self.0.try_send(denial).is_err() {
            tracing::warn!(operation, "a denial could not be recorded: too many at once");
        }
    }
}

async fn record(db: Db, mut denials: mpsc::Receiver<Denial>) {
    let mut anonymous: HashMap<IpAddr, u64> = HashMap::new();
    let mut minute = tokio::time::interval(MINUTE);
    loop {
        let events = tokio::select! {
            denial = denials.recv() => match denial {
                None => break,
                Some(Denial { claim: Claim::Account { account, .. }, operation, request, .. }) => {
                    vec![Event::new("access.denied", account).with("operation", operation).with("request", request)]
                }
                Some(Denial { address, .. }) => {
                    if let Some(address) = address {
                        *anonymous.entry(address).or_default() += 1;
                    }
                    continue;
                }
            },
            _ = minute.tick() => counted(&mut anonymous),
        };
        save(&db, events).await;
    }
    save(&db, counted(&mut anonymous)).await;
}

fn counted(anonymous: &mut HashMap<IpAddr, u64>) -> Vec<Event> {
    anonymous
        .drain()
        .map(|(address, count)| {
            Event::new("access.denied_anonymous", Uuid::nil()).with("address", address).with("count", count)
        })
        .collect()
}

async fn save(db: &Db, events: Vec<Event>) {
    if events.is_empty() {
        return;
    }
    let work = move |tx: &mut Tx<'_>| -> Result<(), Stop> { events.iter().try_for_each(|event| tx.record(event)) };
    if db.write(&Permit::system("access.denied"), work).await.is_err() {
        tracing::error!("denials could not be recorded");
    }
}
