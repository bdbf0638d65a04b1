//! Form links: how somebody without a login answers and signs.
//!
//! Staff give out a link for one form of one client, a consent or a health history, to the client or to a guardian whom staff have accepted for
//! a minor. It is opened at home (*link*) or on the practice's tablet while the one who gave it out stands by (*tablet*). Staff say how they made
//! sure to whom; the signature names them, and on the tablet they are its witness.
//!
//! ```text
//! issued ──signed or handed in──> ended
//!   ├──a newer one for the same form, or the form is closed otherwise──> ended
//!   └──72 hours, on the tablet 30 minutes──> too old
//! ```
//!
//! The secret of a link goes out once, in the answer to its making, and comes back in a header: `Authorization: Form <token>`. It stands in no
//! path, so in no log and no browser history; a page that is reached by a link carries it behind the `#`. The store knows its hash alone.
//!
//! Invariants:
//! - A link opens its form and no other door: its holder is an actor of their own, with neither account nor client record.
//! - It ends in the transaction that signs or hands in, and in that which closes its form in any other way.
//! - What was answered is shown over no link: whoever gives one out has held its secret.
//! - Who has a login is given no link, and who acts for the client gives out none for them: nobody is their own witness.
//! - Every event that a holder causes names the link and who gave it out.

mod acts;
mod http;
pub mod model;
mod reactions;
mod store;

pub use http::routes;
pub use reactions::close_links;
