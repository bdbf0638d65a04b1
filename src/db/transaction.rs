//! What the doors hand out: a snapshot to read from, a transaction to write in, and the one way to write.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::RunQueryDsl;
use diesel::query_builder::{AsQuery, SelectQuery};
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::{ExecuteDsl, LimitDsl};
use diesel::result::OptionalExtension;

use super::backend::Any;
use super::lock::{self, Lock};
use super::look::Look;
use super::schema::audit_events;
use super::stop::{Fault, Kept, Stop};
use super::trace;
use crate::kernel::actor::{Actor, Permit};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::ClientId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// A consequence that a later room offers to earlier rooms' events; run by [`Tx::save`] in the same transaction.
pub type Reaction = Arc<dyn Fn(&mut Tx<'_>, &Event) -> Result<(), Stop> + Send + Sync>;

/// A snapshot to read from, and the confirmed actor who reads.
pub struct View<'c> {
    conn: &'c mut Any,
    actor: Actor,
    now: Timestamp,
    broken: bool,
    /// Tells this transaction from every other of the process.
    number: u64,
}

impl<'c> View<'c> {
    pub(super) fn new(conn: &'c mut Any, actor: Actor, now: Timestamp) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self { conn, actor, now, broken: false, number: NUMBER.fetch_add(1, Ordering::Relaxed) }
    }

    /// Uses a look in this transaction; `false` when it was used in another.
    #[must_use]
    pub fn spends(&self, look: &Look) -> bool {
        look.is_for(self.number)
    }

    /// The instant this transaction goes by; it does not move while the closure runs.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who acts, as confirmed in this transaction. A copy, so that it can be handed on beside the view.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// All rows of a SELECT.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn load<'q, Q, U>(&mut self, query: Q) -> Result<Vec<U>, Stop>
    where
        Q: AsQuery + LoadQuery<'q, Any, U>,
        Q::Query: SelectQuery,
    {
        let rows = query.load(self.conn);
        self.checked(rows)
    }

    /// The first row of a SELECT, if there is one.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn first<'q, Q, U>(&mut self, query: Q) -> Result<Option<U>, Stop>
    where
        Q: LimitDsl,
        diesel::dsl::Limit<Q>: AsQuery + LoadQuery<'q, Any, U>,
        <diesel::dsl::Limit<Q> as AsQuery>::Query: SelectQuery,
    {
        let row = LimitDsl::limit(query, 1).get_result(self.conn).optional();
        self.checked(row)
    }

    fn checked<T>(&mut self, result: diesel::QueryResult<T>) -> Result<T, Stop> {
        self.broken |= result.is_err();
        Ok(result?)
    }
}

/// A write transaction. Everything it can read it reads as a [`View`]; the one thing it can do besides is [`Tx::save`].
pub struct Tx<'c> {
    view: View<'c>,
    permit: &'c Permit,
    reactions: &'c [Reaction],
}

impl<'c> Deref for Tx<'c> {
    type Target = View<'c>;
    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

impl<'c> DerefMut for Tx<'c> {
    fn deref_mut(&mut self) -> &mut View<'c> {
        &mut self.view
    }
}

impl<'c> Tx<'c> {
    pub(super) fn new(view: View<'c>, permit: &'c Permit, reactions: &'c [Reaction]) -> Self {
        Self { view, permit, reactions }
    }

    /// Whether a statement of it failed, after which nothing of it may stand.
    pub(super) fn is_broken(&self) -> bool {
        self.view.broken
    }

    /// Takes locks before the facts they guard are read; see [`Lock`].
    ///
    /// # Errors
    /// A fault of the store.
    pub fn lock(&mut self, locks: &[Lock]) -> Result<(), Stop> {
        let taken = lock::take(self.view.conn, locks);
        self.view.broken |= taken.is_err();
        taken
    }

    /// Whether this transaction is the one that does a job now; another process on the store may be at it.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn elected(&mut self, job: &'static str) -> Result<bool, Stop> {
        self.try_lock(Lock::Only(job).key())
    }

    pub(super) fn try_lock(&mut self, key: i64) -> Result<bool, Stop> {
        lock::try_take(self.view.conn, key)
    }

    /// Stores a change: its state, its event, and what the other rooms do about it, all in this transaction.
    ///
    /// # Errors
    /// `VersionMismatch` when the row moved on, whatever a reaction refuses, or a fault of the store.
    pub fn save<T: Persist>(&mut self, change: Change<T>) -> Result<T, Stop> {
        let (state, event) = change.into_parts();
        state.persist(&mut Writer(&mut self.view))?;
        self.record(&event)?;
        let reactions = self.reactions;
        for reaction in reactions {
            reaction(self, &event)?;
        }
        Ok(state)
    }

    /// Records an event that changes nothing: a look, a list, an export, a sign-in.
    ///
    /// # Errors
    /// A fault of the store; what cannot be recorded must not happen.
    pub fn record(&mut self, event: &Event) -> Result<(), Stop> {
        let row = trace::row(event, &self.view.actor, self.permit, self.view.now)?;
        self.execute(diesel::insert_into(audit_events::table).values(row)).map(drop)
    }

    /// Records a look at one client's content and answers with the proof that opens it once.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn look(&mut self, action: &'static str, id: impl Into<uuid::Uuid>, client: ClientId) -> Result<Look, Stop> {
        let event = Event::new(action, id).about(client);
        self.record(&event)?;
        Ok(Look::new(client, event.subject, event.subject_id))
    }

    /// Saves a trace that outlives the refusal it explains: the reuse of a refresh token ends its family and still answers no.
    pub fn refuse_and_keep<T: Persist>(&mut self, change: Change<T>, refusal: Refusal) -> Stop {
        match self.save(change) {
            Ok(_) => Stop::RefusedWith(refusal, Kept(())),
            Err(stop) => stop,
        }
    }

    /// For the door's own bookkeeping, which is no change of the practice's state and leaves no event.
    pub(super) fn execute<Q: ExecuteDsl<Any>>(&mut self, query: Q) -> Result<usize, Stop> {
        Writer(&mut self.view).execute(query)
    }

    /// The operation this transaction serves.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.permit.operation()
    }
}

/// A state that knows how to become rows. Implemented in a slice's `store.rs` and called by [`Tx::save`] alone.
pub trait Persist {
    /// Writes the state. An update names the version before and goes through [`Writer::update_one`].
    ///
    /// # Errors
    /// A refusal named by a constraint, `VersionMismatch`, or a fault of the store.
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop>;
}

/// The only thing that can execute an INSERT, UPDATE or DELETE; it exists while [`Persist::persist`] runs.
pub struct Writer<'a, 'c>(&'a mut View<'c>);

impl Writer<'_, '_> {
    /// The instant the transaction goes by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Executes a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn execute<Q: ExecuteDsl<Any>>(&mut self, query: Q) -> Result<usize, Stop> {
        let rows = ExecuteDsl::execute(query, self.0.conn);
        self.0.checked(rows)
    }

    /// Executes an UPDATE that must touch exactly one row, the one whose version was read.
    ///
    /// # Errors
    /// `VersionMismatch` when it touched none; a fault of the store.
    pub fn update_one<Q: ExecuteDsl<Any>>(&mut self, query: Q) -> Result<(), Stop> {
        match self.execute(query)? {
            1 => Ok(()),
            0 => Err(Refusal::VersionMismatch.into()),
            _ => Err(Fault::Corrupt("an update that should touch one row touched several").into()),
        }
    }
}
