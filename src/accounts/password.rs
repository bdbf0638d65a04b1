//! Passwords: argon2id on threads of its own.
//!
//! 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). Two threads and a short queue, so that a hundred people signing in at
//! once take 38 MiB and wait their turn, and no booking waits for them. Where nobody is to be compared with, a dummy hash is, so that an unknown
//! address takes as long as a wrong password.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use crossbeam_channel::{Sender, bounded};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use crate::db::Fault;

const THREADS: usize = 2;
const WAITING: usize = 64;
const LANES: u32 = 1;

/// What one guess costs: memory in KiB, and passes over it.
#[derive(Clone, Copy)]
struct Cost(u32, u32);

/// For passwords that people choose.
const CHOSEN: Cost = Cost(19 * 1024, 2);
/// For passwords of 120 random bits: nobody gets through those guesses, whatever one costs. The least that argon2 takes.
const RANDOM: Cost = Cost(8, 1);

enum Task {
    Hash(SecretString, oneshot::Sender<Result<String, Fault>>),
    Verify(SecretString, Option<String>, oneshot::Sender<Result<bool, Fault>>),
}

/// Hashes and verifies passwords, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Sender<Task>);

impl Passwords {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the machine has no threads or no randomness.
    pub fn start() -> Result<Self, Fault> {
        Self::at(CHOSEN)
    }

    /// The same for a store whose passwords are worth no guess, because it is gone when the program ends: that of the demo, or of a test.
    ///
    /// # Errors
    /// As [`Passwords::start`].
    pub fn start_for_random() -> Result<Self, Fault> {
        Self::at(RANDOM)
    }

    fn at(cost: Cost) -> Result<Self, Fault> {
        let (sender, receiver) = bounded::<Task>(WAITING);
        let dummy = hash("not anybody's password", cost)?;
        for number in 0..THREADS {
            let (receiver, dummy) = (receiver.clone(), dummy.clone());
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || {
                    while let Ok(task) = receiver.recv() {
                        run(task, &dummy, cost);
                    }
                })
                .map_err(|error| Fault::Store(error.to_string()))?;
        }
        Ok(Self(sender))
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// `Overloaded` when too many wait.
    pub async fn hash(&self, password: SecretString) -> Result<String, Fault> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Task::Hash(password, reply)).map_err(|_| Fault::Overloaded)?;
        answer.await.unwrap_or(Err(Fault::Panicked))
    }

    /// Whether a password is the one of a hash; with no hash it takes as long and is false.
    ///
    /// # Errors
    /// `Overloaded` when too many wait.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Fault> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Task::Verify(password, hash, reply)).map_err(|_| Fault::Overloaded)?;
        answer.await.unwrap_or(Err(Fault::Panicked))
    }
}

fn run(task: Task, dummy: &str, cost: Cost) {
    // The asker may have gone away.
    match task {
        Task::Hash(password, reply) => {
            let _ = reply.send(hash(password.expose_secret(), cost));
        }
        Task::Verify(password, stored, reply) => {
            // What is no hash at all, like that of an account nobody has a password for yet, must take as long as any other.
            let stored = stored.filter(|hash| PasswordHash::new(hash).is_ok());
            let against = stored.as_deref().unwrap_or(dummy);
            let same =
                argon2(cost).map(|argon2| argon2.verify_password(password.expose_secret().as_bytes(), against).is_ok());
            let _ = reply.send(same.map(|same| same && stored.is_some()));
        }
    }
}

fn hash(password: &str, cost: Cost) -> Result<String, Fault> {
    let hash =
        argon2(cost)?.hash_password(password.as_bytes()).map_err(|_| Fault::Vault("a password cannot be hashed"))?;
    Ok(hash.to_string())
}

fn argon2(Cost(memory_kib, passes): Cost) -> Result<Argon2<'static>, Fault> {
    let params = Params::new(memory_kib, passes, LANES, None).map_err(|_| Fault::Vault("argon2 parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_nobody_else() {
        let passwords = Passwords::start().unwrap();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse batterx".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("not anybody's password".into(), None).await.unwrap());
    }
}
