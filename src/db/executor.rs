//! Threads that each own a connection, behind bounded queues.
//!
//! SQLite has a few readers and **one** writer, which drains its queue into a single transaction with a savepoint for each piece of work and
//! answers them all after the one commit. Several writing threads would meet SQLite's busy handler, which sleeps unfairly; one writer never
//! does. PostgreSQL has several threads that each run one transaction, again when it lost a race.
//!
//! Work may therefore run twice, and must be pure but for its transaction. Work that panics is answered with a fault; its connection is opened
//! anew, and the rest of its group runs again one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::backend::Any;
use super::stop::{Fault, Stop};

/// How much work may wait at a door before the next is turned away.
const QUEUE: usize = 512;
/// The most pieces of work in one SQLite commit.
const GROUP: usize = 64;
/// How often a transaction that lost a race is run in all.
const TRIES: usize = 8;

/// What becomes of the transaction a piece of work ran in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    Undo,
}

/// Opens a connection; called at start and again after one broke.
pub(super) type Connect = Box<dyn Fn() -> Result<Any, Fault> + Send>;

/// How a thread begins its transactions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// One snapshot, read only; always rolled back.
    Read,
    /// SQLite's single writer, in groups.
    Group,
    /// One PostgreSQL transaction for each piece of work.
    Single,
}

/// A piece of work with its answer, its type forgotten.
trait Work: Send {
    fn run(&mut self, conn: &mut Any) -> Verdict;
    fn fault(&self) -> Option<Fault>;
    fn answer(self: Box<Self>, failure: Option<Fault>);
}

struct Asked<T, F> {
    work: F,
    outcome: Option<Result<T, Stop>>,
    reply: oneshot::Sender<Result<T, Stop>>,
}

impl<T: Send, F: Fn(&mut Any) -> (Result<T, Stop>, Verdict) + Send> Work for Asked<T, F> {
    fn run(&mut self, conn: &mut Any) -> Verdict {
        let (outcome, verdict) = (self.work)(conn);
        self.outcome = Some(outcome);
        verdict
    }

    fn fault(&self) -> Option<Fault> {
        match &self.outcome {
            Some(Err(Stop::Fault(fault))) => Some(fault.clone()),
            _ => None,
        }
    }

    fn answer(self: Box<Self>, failure: Option<Fault>) {
        let Self { work, outcome, reply } = *self;
        // What the closure holds is let go before the asker can go on, so that nothing of it outlives the answer.
        drop(work);
        let outcome = match failure {
            Some(fault) => Err(fault.into()),
            None => outcome.unwrap_or(Err(Fault::Panicked.into())),
        };
        // The asker may have gone away; its work is done all the same.
        let _ = reply.send(outcome);
    }
}

type Queue = Sender<Box<dyn Work>>;

/// The threads and their queues.
pub(super) struct Executor {
    readers: Mutex<Option<Queue>>,
    writers: Mutex<Option<Queue>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Executor {
    /// Starts one thread for each connection opener.
    pub(super) fn start(readers: Vec<Connect>, writers: Vec<Connect>, write: Mode) -> Result<Self, Fault> {
        let mut threads = Vec::new();
        let read_queue = spawn(readers, Mode::Read, &mut threads)?;
        let write_queue = spawn(writers, write, &mut threads)?;
        Ok(Self {
            readers: Mutex::new(Some(read_queue)),
            writers: Mutex::new(Some(write_queue)),
            threads: Mutex::new(threads),
        })
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Any) -> (Result<T, Stop>, Verdict) + Send + 'static,
    {
        submit(&self.readers, work).await
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: Fn(&mut Any) -> (Result<T, Stop>, Verdict) + Send + 'static,
    {
        submit(&self.writers, work).await
    }

    /// Lets the threads finish what is queued, then waits for them.
    pub(super) fn close(&self) {
        for queue in [&self.readers, &self.writers] {
            if let Ok(mut queue) = queue.lock() {
                queue.take();
            }
        }
        let threads = self.threads.lock().map(|mut threads| std::mem::take(&mut *threads)).unwrap_or_default();
        for thread in threads {
            // A thread cannot wait for itself; it ends when its queue does.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.close();
    }
}

async fn submit<T, F>(queue: &Mutex<Option<Queue>>, work: F) -> Result<T, Stop>
where
    T: Send + 'static,
    F: Fn(&mut Any) -> (Result<T, Stop>, Verdict) + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let sender = queue.lock().ok().and_then(|queue| queue.clone()).ok_or(Fault::Overloaded)?;
    sender.try_send(Box::new(Asked { work, outcome: None, reply })).map_err(|error| match error {
        TrySendError::Full(_) | TrySendError::Disconnected(_) => Fault::Overloaded,
    })?;
    drop(sender);
    answer.await.unwrap_or(Err(Fault::Panicked.into()))
}

fn spawn(connects: Vec<Connect>, mode: Mode, threads: &mut Vec<JoinHandle<()>>) -> Result<Queue, Fault> {
    let (sender, receiver) = bounded::<Box<dyn Work>>(QUEUE);
    for connect in connects {
        let conn = connect()?;
        let receiver = receiver.clone();
        let worker = Worker { conn: Some(conn), connect, mode };
        let thread = std::thread::Builder::new()
            .name(format!("store-{mode:?}").to_lowercase())
            .spawn(move || worker.serve(&receiver))
            .map_err(|error| Fault::Store(error.to_string()))?;
        threads.push(thread);
    }
    Ok(sender)
}

struct Worker {
    conn: Option<Any>,
    connect: Connect,
    mode: Mode,
}

impl Worker {
    fn serve(mut self, queue: &Receiver<Box<dyn Work>>) {
        while let Ok(first) = queue.recv() {
            match self.mode {
                Mode::Group => {
                    let mut group = vec![first];
                    group.extend(queue.try_iter().take(GROUP - 1));
                    self.run_group(group);
                }
                Mode::Read | Mode::Single => self.run_single(first),
            }
        }
    }

    /// Runs a piece of work in a transaction of its own, again if it lost a race that another try can win.
    fn run_single(&mut self, mut work: Box<dyn Work>) {
        for attempt in 1..=TRIES {
            match self.attempt(&mut *work) {
                Ok(()) => return work.answer(None),
                // Often means that facts are read before their lock is taken.
                Err(Fault::Retry) if attempt < TRIES => tracing::warn!(attempt, "a lost race is run again"),
                Err(fault) => return work.answer(Some(fault)),
            }
        }
    }

    fn attempt(&mut self, work: &mut dyn Work) -> Result<(), Fault> {
        let begin = match self.mode {
            Mode::Group => "BEGIN IMMEDIATE",
            Mode::Read => "BEGIN /* read */",
            Mode::Single => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        self.begin(begin)?;
        let conn = self.open()?;
        let Ok(verdict) = catch_unwind(AssertUnwindSafe(|| work.run(conn))) else {
            self.conn = None;
            return Err(Fault::Panicked);
        };
        let end = match verdict {
            Verdict::Keep => "COMMIT",
            Verdict::Undo => "ROLLBACK",
        };
        let ended = self.open()?.batch_execute(end);
        if ended.is_err() {
            self.conn = None;
        }
        match (work.fault(), ended) {
            (Some(Fault::Retry), _) => Err(Fault::Retry),
            (_, Ok(())) => Ok(()),
            (Some(fault), Err(_)) => Err(fault),
            (None, Err(error)) => Err(error.into()),
        }
    }

    /// Begins a transaction, on a fresh connection if the old one does not answer.
    fn begin(&mut self, sql: &str) -> Result<(), Fault> {
        let sql = match (self.mode, self.open()?) {
            (Mode::Read, Any::Postgres(_)) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            _ => sql,
        };
        match self.open()?.batch_execute(sql).map_err(Fault::from) {
            Ok(()) => Ok(()),
            // Somebody else is writing and did not finish within the busy timeout; the connection itself is sound.
            Err(Fault::Overloaded) => Err(Fault::Overloaded),
            Err(_) => {
                self.conn = None;
                Ok(self.open()?.batch_execute(sql)?)
            }
        }
    }

    fn open(&mut self) -> Result<&mut Any, Fault> {
        if self.conn.is_none() {
            self.conn = Some((self.connect)()?);
        }
        self.conn.as_mut().ok_or(Fault::Overloaded)
    }

    /// Runs a group in one transaction with a savepoint each; where that fails, each alone.
    fn run_group(&mut self, mut group: Vec<Box<dyn Work>>) {
        if group.len() > 1 {
            match self.attempt_group(&mut group) {
                Ok(()) => return group.into_iter().for_each(|work| work.answer(None)),
                Err(Broken::Begin(fault)) => {
                    return group.into_iter().for_each(|work| work.answer(Some(fault.clone())));
                }
                Err(Broken::By(culprit)) => {
                    self.conn = None;
                    group.remove(culprit).answer(Some(Fault::Panicked));
                }
                Err(Broken::Whole) => self.conn = None,
            }
        }
        for work in group {
            self.run_single(work);
        }
    }

    fn attempt_group(&mut self, group: &mut [Box<dyn Work>]) -> Result<(), Broken> {
        self.begin("BEGIN IMMEDIATE").map_err(Broken::Begin)?;
        let conn = self.open().map_err(Broken::Begin)?;
        for (index, work) in group.iter_mut().enumerate() {
            conn.batch_execute("SAVEPOINT work").map_err(|_| Broken::Whole)?;
            let verdict = catch_unwind(AssertUnwindSafe(|| work.run(conn))).map_err(|_| Broken::By(index))?;
            let end = match verdict {
                Verdict::Keep => "RELEASE work",
                Verdict::Undo => "ROLLBACK TO work; RELEASE work",
            };
            conn.batch_execute(end).map_err(|_| Broken::Whole)?;
        }
        conn.batch_execute("COMMIT").map_err(|_| Broken::Whole)
    }
}

/// Why a group could not be committed as one.
enum Broken {
    /// It could not begin, and neither could each alone.
    Begin(Fault),
    /// This one panicked; the others are innocent.
    By(usize),
    /// A savepoint or the commit failed; each is tried alone.
    Whole,
}
