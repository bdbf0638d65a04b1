//! What sealing costs: a note of four kilobytes written and read back in a transaction that records the look, sealed and as it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stillpoint::db::{Stop, Tx};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::ClientId;
use stillpoint::vault::{Class, Place};

use crate::app::Practice;
use crate::load::Measured;

const NOTE: [u8; 4096] = [b'n'; 4096];

/// Runs the same transactions for so long each, sealed first, then unsealed.
pub fn measure(practice: &Practice, time: Duration) -> [Measured; 2] {
    let client = practice.client("Nora Note").get("/api/v1/auth/me").expect(200)["client_id"].clone();
    let client: ClientId = client.as_str().unwrap().parse().unwrap();
    [true, false].map(|sealed| run(practice, time, client, sealed))
}

fn run(practice: &Practice, time: Duration, client: ClientId, sealed: bool) -> Measured {
    let (db, vault) = (&practice.app.db, &practice.app.vault);
    actix_web::rt::System::new().block_on(async {
        let (started, mut took) = (Instant::now(), Vec::new());
        while started.elapsed() < time {
            let (sent, vault) = (Instant::now(), Arc::clone(vault));
            let work = move |tx: &mut Tx<'_>| -> Result<usize, Stop> {
                let (class, id) = (Class::SessionNote, client.0);
                let place = Place { client, class, record: id, table: "session_notes", row: id, column: "content" };
                let look = tx.look("session_note.viewed", client, client)?;
                if !sealed {
                    return Ok(std::hint::black_box(NOTE.to_vec()).len());
                }
                let note = vault.seal(tx, place, &NOTE)?;
                Ok(vault.open(tx, &look, place, &note)?.len())
            };
            assert_eq!(db.write(&Permit::system("bench.note"), work).await.unwrap(), NOTE.len());
            took.push(sent.elapsed());
        }
        took.sort_unstable();
        let rate = took.len() as f64 / started.elapsed().as_secs_f64();
        Measured { rate, p99: took[took.len() * 99 / 100] }
    })
}
