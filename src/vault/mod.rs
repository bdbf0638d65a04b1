//! Sealing of clinical content.
//!
//! Answers, findings, reasons for visit and notes never stand in the store as they are. Each is sealed with XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha) under a **data key** that belongs to one client and one retention class. The associated data of each seal names
//! its table, row, column, client and key, so a ciphertext moved to another place does not open.
//!
//! Opening asks for a [`Look`](crate::db::Look): the proof that a committed event says who looked. There is no other way to plaintext, and
//! nothing in here logs or formats it.
//!
//! # Three places
//!
//! ```text
//!   store            sealed rows, and the register: which keys there are, whose, which were destroyed
//!   key store        data keys, each wrapped by a master key that it names; the list of destroyed ones
//!   somewhere else   the master key: a file or a variable of the operator's
//! ```
//!
//! Rows may be kept, and copied, for as long as a law asks. A key may not: a copy of a wrapped key would undo its destruction. That is why keys
//! have a [store of their own](crate::db::KeyStore), whose copies live for days. A key is committed there *before* the register knows it and the
//! first row is sealed with it, on a connection of its own, so no row can be left behind sealed by a key that was rolled back; a key left over
//! so is found again and used. A store from before there was a key store gives up its keys when it is first opened.
//!
//! What a process has unwrapped it remembers for five seconds at most, by the clock. A key that was destroyed, here or by another process, opens
//! nothing after that.
//!
//! # A key's life
//!
//! ```text
//!   made -> rewrapped, at each change of the master key -> destroyed
//! ```
//!
//! **Rotation** gives every data key a new wrapping while the practice goes on. The file of the master key holds two lines meanwhile, the new key
//! and the one being left; a process that meets a name it does not know reads the file again. The key store lets no master key go that still
//! wraps something, so a rotation that was broken off is simply made again. One is made at a time; a second is refused.
//!
//! **Destruction** is told first to the register, with its event, then to the key store, which overwrites the key and lists its name. Either list
//! is enough: what the register says is destroyed is not opened, and whenever a store is opened, and each hour it is served, what one of them says was destroyed is destroyed in the other, so neither a crash between the two
//! nor yesterday's copy of one of them brings a key back. Rows and seals stay; opening them is refused as [erased](
//! crate::kernel::refusal::Refusal::Erased). The identity of a client is sealed only to be destroyed: see [`Class::Identity`].
//!
//! The program's own small secrets, such as the seeds of token keys, hang on one more key in the key store, so that they too survive a rotation.

mod aead;
mod chest;
mod class;
mod copies;
mod escrow;
mod held;
mod master;
mod ring;
mod rotate;
mod sealing;
mod settle;
mod shred;
mod store;

pub use class::{Class, Place, Reason};
pub use copies::KeysCopy;
pub use escrow::{from_escrow, to_escrow};
pub use master::MasterKey;
pub use ring::MasterKeys;
pub use rotate::Rotated;
pub use sealing::{Vault, unless_erased};
pub use shred::Condemned;
pub use store::was_destroyed;
