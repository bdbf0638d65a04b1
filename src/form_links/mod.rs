//! Form links: how somebody without a login answers and signs.
//!
//! Staff give out a link for one form of one client, a consent or a health history, to the client or to a guardian whom staff have accepted for
//! a minor. It is opened at home (*link*) or on the practice's tablet while the one who gave it out stands by (*tablet*). Staff say how they made
//! sure to whom; the signature names them, and on the tablet they are its witness.
//!
//! ```text
//! issued ──signed or handed in──> ended
//!   ├──a newer one for the same form──> ended
//!   └──72 hours, on the tablet 30 minutes──> too old
//! ```
//!
//! The secret of a link goes out once, in the answer to its making, and comes back in a header: `Authorization: Form <token>`. It stands in no
//! path, so in no log and no browser history; a page that is reached by a link carries it behind the `#`. The store knows its hash alone.
//!
//! Invariants:
//! - A link opens its form and no other door: its holder is an actor of their own, with neither account nor client record.
//! - It ends in the transaction that signs or hands in.
//! - Who acts for the client gives out no link for them: they have a login, and nobody is their own witness.
//! - Every event that a holder causes names the link and who gave it out.

mod acts;
mod http;
pub mod model;
mod store;

pub use http::routes;
