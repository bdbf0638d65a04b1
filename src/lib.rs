//! Stillpoint: booking and session notes for craniosacral-therapy and bodywork practices.
//!
//! One binary over one of two stores, SQLite embedded or PostgreSQL served, chosen when it starts. Clients book through its API, therapists
//! keep session notes, admins answer for credentials. It holds people's health histories; this page says what must never happen, and what
//! makes it impossible.
//!
//! # Invariants, and who keeps them
//!
//! 1. **No two claims on one therapist, client or room overlap.** The database keeps it: an exclusion constraint in PostgreSQL, a trigger of
//!    the same name in SQLite. Bookings lock whom they are about before they read, so the constraint is the second line and not the first.
//! 2. **No write without its event.** A transition answers a [`Change`](kernel::change::Change), a state and its event in one; the write door
//!    ([`Tx::save`](db::Tx::save)) takes nothing else, and there is no other way to execute a statement.
//! 3. **No clinical plaintext without a look.** Answers, findings, reasons for a visit and notes are sealed; the [`Vault`](vault::Vault) opens
//!    them against a [`Look`](db::Look), which only a recorded event gives out.
//! 4. **No door without a question.** A handler's argument is a [`Guard`](http::Guard) for a policy; its permit is what opens the store. The
//!    door then asks again, in its own transaction: does the session stand, is the account active, which roles does it hold *now*.
//! 5. **The role is not the object.** Loading a row about a person takes the [`Actor`](kernel::actor::Actor) and answers "not there" for what
//!    that one may not see.
//! 6. **What is signed stays.** Signed notes and what follows them, assertions about credentials, published forms, screening decisions, the
//!    history of bookings and the audit log are refused every UPDATE, DELETE, TRUNCATE and replacement by triggers. Whoever owns the schema
//!    can drop a trigger; that is the limit of this line, and a note whose signature no longer covers it shows it.
//! 7. **Reading cannot write.** The read door takes SELECTs only, by type, on a connection that the database itself holds read-only, as one
//!    snapshot.
//! 8. **Listing and booking share one evaluator.** A slot that is listed for a client can be booked; one that is refused is refused by a
//!    named rule.
//! 9. **A refusal is a decision, a fault is not.** Every "no" of the domain is a [`Refusal`](kernel::refusal::Refusal) and gets its own
//!    answer; everything else is an opaque 500, logged without personal data.
//!
//! # The house
//!
//! ```text
//! main -> cli -> app -> slices -> http, vault -> db -> kernel
//! ```
//!
//! [`kernel`] holds the words all rooms share and is pure. [`db`] is the only room that knows which database it is. [`vault`] seals, [`http`]
//! turns requests into questions and refusals into problems. Each slice is a room with the same few files: `mod.rs` tells its story, `model`
//! decides and is pure, `store.rs` loads and persists and decides nothing, `http` speaks and holds no SQL. [`app`] wires them.
//!
//! Slices look one way: accounts, clients, therapists and places come first; then credentials, session types, availability, intake, bookings,
//! waitlist, notes, agenda. When an earlier room's event must move a later room's rows, the later room offers a
//! [reaction](db::Reaction), [`app`] wires it, and it runs in the event's own transaction: a revoked credential blocks the bookings that
//! rested on it before anybody can see the one without the other.
//!
//! rustc cannot hold these lines inside one crate; `tests/it/house.rs` reads the source and does.
//!
//! # A booking, end to end
//!
//! `POST /api/v1/bookings` meets the guard, which asks the policy before it reads the body. The handler hands a closure to the write door; the
//! door confirms the session and claims the idempotency key. [`bookings::acts::book`], by which a hold, a course and a waiting list's offer become
//! bookings too, locks the therapists, the client and the rooms and loads the facts; the model decides by them; `save`
//! writes the booking, its claims, its row of history and its event; reactions follow; the transaction commits and the answer is 201. Down
//! once, up once.
//!
//! # What is not here
//!
//! No clock but [`Clock`](kernel::time::Clock). No default password. No query that one store has and the other has not. No unsafe code.

pub mod accounts;
pub mod agenda;
pub mod app;
pub mod audit;
pub mod availability;
pub mod bookings;
pub mod cli;
pub mod clients;
pub mod config;
pub mod credentials;
pub mod db;
pub mod http;
pub mod intake;
pub mod jobs;
pub mod kernel;
pub mod notes;
pub mod places;
pub mod session_types;
pub mod therapists;
pub mod vault;
pub mod waitlist;
