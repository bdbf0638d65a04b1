//! The two doors.

use std::sync::Arc;

use super::backend::Any;
use super::executor::{Executor, Verdict};
use super::idempotency::{self, Created, IdempotencyKey, Receipt};
use super::session;
use super::stop::{Fault, Stop};
use super::transaction::{Reaction, Tx, View};
use crate::kernel::actor::Permit;
use crate::kernel::time::Clock;

/// The store, behind its two doors. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    executor: Arc<Executor>,
    rules: Arc<Rules>,
}

/// What every transaction goes by. Closures hold this and never the executor, which a thread of its own must not be the last to drop.
struct Rules {
    clock: Clock,
    reactions: Vec<Reaction>,
}

impl Db {
    pub(super) fn new(executor: Executor, clock: Clock, reactions: Vec<Reaction>) -> Self {
        Self { executor: Arc::new(executor), rules: Arc::new(Rules { clock, reactions }) }
    }

    /// Reads, in one snapshot that cannot write.
    ///
    /// # Errors
    /// A refusal by the session check or the closure; a fault of the store.
    pub async fn read<T, F>(&self, permit: &Permit, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let (permit, clock) = (permit.clone(), self.rules.clock.clone());
        let run = move |conn: &mut Any| {
            let now = clock.now();
            let actor = session::confirm(conn, &permit, now)?;
            let mut view = View::new(conn, actor, now);
            let answer = work(&mut view);
            // What an operation costs, for whoever looks into one that has become slow.
            let (request, operation, statements) = (permit.request(), permit.operation(), view.statements());
            tracing::debug!(%request, operation, statements, "read");
            answer
        };
        self.executor.read(move |conn| (run(conn), Verdict::Undo)).await
    }

    /// Writes, in one transaction that is whole or not at all. The closure may run twice.
    ///
    /// # Errors
    /// A refusal by the session check or the closure, with nothing written unless it was [`Stop::RefusedWith`]; a fault of the store.
    pub async fn write<T, F>(&self, permit: &Permit, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let (permit, rules) = (permit.clone(), Arc::clone(&self.rules));
        self.executor.write(move |conn| transact(conn, &permit, &rules, |tx| work(tx))).await
    }

    /// Writes a new thing, once for each idempotency key: the same key and body are answered by the first time's receipt.
    ///
    /// # Errors
    /// As [`Db::write`]; and `IdempotencyKeyReused` or `IdempotencyInProgress`.
    pub async fn create<F>(&self, permit: &Permit, key: Option<IdempotencyKey>, work: F) -> Result<Receipt, Stop>
    where
        F: Fn(&mut Tx<'_>) -> Result<Created, Stop> + Send + 'static,
    {
        let (permit, rules) = (permit.clone(), Arc::clone(&self.rules));
        let run = move |conn: &mut Any| {
            transact(conn, &permit, &rules, |tx| {
                let Some(key) = &key else {
                    return work(tx).map(Receipt::first);
                };
                if let Some(earlier) = idempotency::claim(tx, key)? {
                    return Ok(earlier);
                }
                let receipt = Receipt::first(work(tx)?);
                idempotency::store(tx, key, &receipt)?;
                Ok(receipt)
            })
        };
        self.executor.write(run).await
    }

    /// The clock the doors go by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.rules.clock
    }

    /// Finishes what was accepted and closes the connections; later calls are refused as overloaded.
    pub fn close(&self) {
        self.executor.close();
    }
}

fn transact<T>(
    conn: &mut Any,
    permit: &Permit,
    rules: &Rules,
    work: impl Fn(&mut Tx<'_>) -> Result<T, Stop>,
) -> (Result<T, Stop>, Verdict) {
    let now = rules.clock.now();
    let actor = match session::confirm(conn, permit, now) {
        Ok(actor) => actor,
        Err(stop) => return (Err(stop), Verdict::Undo),
    };
    let mut tx = Tx::new(View::new(conn, actor, now), permit, &rules.reactions, &rules.clock);
    let answer = work(&mut tx);
    let verdict = match &answer {
        _ if tx.is_broken() => Verdict::Undo,
        Ok(_) | Err(Stop::RefusedWith(..)) => Verdict::Keep,
        Err(_) => Verdict::Undo,
    };
    match (answer, verdict) {
        // A closure that swallowed a store's error would commit on one database and silently roll back on the other.
        (Ok(_) | Err(Stop::RefusedWith(..)), Verdict::Undo) => {
            (Err(Fault::Store("an earlier statement of the transaction failed".into()).into()), verdict)
        }
        (answer, verdict) => (answer, verdict),
    }
}
