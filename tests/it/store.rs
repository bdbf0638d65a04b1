//! The two doors of the store, tried without HTTP: what is kept, what is undone, who suffers when one piece of work breaks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use chrono::TimeDelta;
use diesel::prelude::*;
use futures_util::future::join_all;
use stillpoint::db::schema::audit_events;
use stillpoint::db::{Db, Fault, Lock, Persist, Stop, Tx, Writer};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::change::{Change, Event};
use stillpoint::kernel::ids::ClientId;
use stillpoint::kernel::refusal::Refusal;
use stillpoint::vault::{Class, Place};
use uuid::Uuid;

use crate::app::Practice;
use crate::{log, on_each_store};

on_each_store!(
    what_is_refused_leaves_nothing,
    one_that_panics_takes_nobody_with_it,
    many_at_once_are_all_kept,
    a_lost_race_is_run_again_and_told,
    a_swallowed_error_is_not_committed,
    a_lost_connection_is_opened_again,
    a_look_opens_one_record_in_one_transaction,
    what_could_not_be_kept_is_not_said_to_be,
    who_waited_for_a_lock_goes_by_the_time_they_got_it,
);

fn run<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

fn note(tx: &mut Tx<'_>, mark: u128) -> Result<(), Stop> {
    tx.record(&Event::new("test.noted", Uuid::from_u128(mark)))
}

async fn marks(db: &Db) -> Vec<u128> {
    let rows: Vec<stillpoint::db::types::AnyId> = db
        .read(&Permit::system("test"), |view| {
            view.load(
                audit_events::table
                    .filter(audit_events::action.eq("test.noted"))
                    .select(audit_events::subject_id)
                    .order(audit_events::subject_id),
            )
        })
        .await
        .unwrap();
    rows.into_iter().map(|id| id.0.as_u128()).collect()
}

fn what_is_refused_leaves_nothing(practice: Practice) {
    let db = &practice.app.db;
    run(async {
        let refused: Result<(), Stop> = db
            .write(&Permit::system("test"), |tx| {
                note(tx, 1)?;
                Err(Refusal::NotThere.into())
            })
            .await;
        assert!(matches!(refused, Err(Stop::Refused(Refusal::NotThere))));
        assert_eq!(marks(db).await, Vec::<u128>::new());
    });
}

fn one_that_panics_takes_nobody_with_it(practice: Practice) {
    let db = &practice.app.db;
    run(async {
        let work = (1..=40_u128).map(|mark| async move {
            db.write(&Permit::system("test"), move |tx| {
                note(tx, mark)?;
                assert!(mark % 10 != 0, "as planned");
                Ok(())
            })
            .await
        });
        let answers = join_all(work).await;
        for (mark, answer) in (1..=40_u128).zip(answers) {
            match mark % 10 {
                0 => assert!(matches!(answer, Err(Stop::Fault(Fault::Panicked))), "{mark}: {answer:?}"),
                _ => assert!(answer.is_ok(), "{mark}: {answer:?}"),
            }
        }
        assert_eq!(marks(db).await, (1..=40).filter(|mark| mark % 10 != 0).collect::<Vec<u128>>());
    });
}

fn many_at_once_are_all_kept(practice: Practice) {
    let db = &practice.app.db;
    let runs = Arc::new(AtomicU32::new(0));
    run(async {
        let answers = join_all((1..=300_u128).map(|mark| {
            let runs = Arc::clone(&runs);
            async move {
                db.write(&Permit::system("test"), move |tx| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    tx.lock(&[Lock::Only("test")])?;
                    note(tx, mark)?;
                    if mark % 3 == 0 { Err(Refusal::NotThere.into()) } else { Ok(mark) }
                })
                .await
            }
        }))
        .await;
        let kept: Vec<u128> = answers.into_iter().filter_map(Result::ok).collect();
        assert_eq!(marks(db).await, kept);
        assert_eq!(kept.len(), 200);
    });
}

fn a_lost_race_is_run_again_and_told(practice: Practice) {
    log::listen();
    let db = &practice.app.db;
    let runs = Arc::new(AtomicU32::new(0));
    run(async {
        let counted = Arc::clone(&runs);
        let work = move |tx: &mut Tx<'_>| {
            note(tx, 1)?;
            if counted.fetch_add(1, Ordering::Relaxed) < 2 { Err(Fault::Retry.into()) } else { Ok(()) }
        };
        db.write(&Permit::system("test"), work).await.unwrap();
        assert_eq!((runs.load(Ordering::Relaxed), marks(db).await), (3, vec![1]));
    });
    assert!(log::heard().contains("a lost race is run again attempt=2"));
}

fn a_swallowed_error_is_not_committed(practice: Practice) {
    let db = &practice.app.db;
    run(async {
        let answer: Result<(), Stop> = db
            .write(&Permit::system("test"), move |tx| {
                note(tx, 1)?;
                let broken: Result<Vec<i32>, Stop> =
                    tx.load(diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("no_such_function(1)")));
                assert!(broken.is_err());
                Ok(())
            })
            .await;
        assert!(matches!(answer, Err(Stop::Fault(Fault::Store(_)))), "{answer:?}");
        assert_eq!(marks(db).await, Vec::<u128>::new());
    });
}

fn a_lost_connection_is_opened_again(practice: Practice) {
    if practice.is_sqlite() {
        return;
    }
    let db = &practice.app.db;
    run(async {
        db.write(&Permit::system("test"), |tx| note(tx, 1)).await.unwrap();
        practice
            .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
            .unwrap();
        for mark in 2..=20 {
            db.write(&Permit::system("test"), move |tx| note(tx, mark)).await.unwrap();
        }
        assert_eq!(marks(db).await.len(), 20);
    });
}

fn a_look_opens_one_record_in_one_transaction(practice: Practice) {
    let client = practice.client("Mia").get("/api/v1/auth/me").expect(200)["client_id"].clone();
    let client: ClientId = client.as_str().unwrap().parse().unwrap();
    let (db, vault) = (&practice.app.db, Arc::clone(&practice.app.vault));
    let place = move |record: u128| {
        let (record, row) = (Uuid::from_u128(record), Uuid::from_u128(9));
        Place { client, class: Class::SessionNote, record, table: "session_notes", row, column: "content" }
    };
    let permit = Permit::system("test");
    run(async {
        let v = Arc::clone(&vault);
        let (sealed, look) = db
            .write(&permit, move |tx| {
                let sealed = (v.seal(tx, place(1), b"one")?, v.seal(tx, place(2), b"two")?);
                Ok((sealed, tx.look("session_note.viewed", Uuid::from_u128(1), client)?))
            })
            .await
            .unwrap();
        let sealed = Arc::new(sealed);
        let look = Arc::new(look);
        let opens = |record: u128, times: usize| {
            let (v, sealed, look) = (Arc::clone(&vault), Arc::clone(&sealed), Arc::clone(&look));
            db.read(&permit, move |view| {
                let one = if record == 1 { &sealed.0 } else { &sealed.1 };
                let mut plain = Vec::new();
                for _ in 0..times {
                    plain = v.open(view, &look, place(record), one)?.to_vec();
                }
                Ok(plain)
            })
        };
        assert!(matches!(opens(2, 1).await, Err(Stop::Fault(Fault::Vault("the look is for something else")))));
        assert_eq!(opens(1, 2).await.unwrap(), b"one", "as often as one transaction needs");
        assert!(matches!(opens(1, 1).await, Err(Stop::Fault(Fault::Vault("the look was used before")))));
    });
}

struct Nothing;

impl Persist for Nothing {
    fn persist(&self, _: &mut Writer<'_, '_>) -> Result<(), Stop> {
        Ok(())
    }
}

fn what_could_not_be_kept_is_not_said_to_be(practice: Practice) {
    let db = &practice.app.db;
    let trace = || Change::new(Nothing, Event::new("test.noted", Uuid::from_u128(3)));
    run(async {
        let kept: Result<(), Stop> =
            db.write(&Permit::system("test"), move |tx| Err(tx.refuse_and_keep(trace(), Refusal::NotThere))).await;
        assert!(matches!(kept, Err(Stop::RefusedWith(Refusal::NotThere, _))));
        assert_eq!(marks(db).await, [3]);
        let broken: Result<(), Stop> = db
            .write(&Permit::system("test"), move |tx| {
                let failed: Result<Vec<i32>, Stop> =
                    tx.load(diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("no_such_function(1)")));
                assert!(failed.is_err());
                Err(tx.refuse_and_keep(trace(), Refusal::NotThere))
            })
            .await;
        assert!(matches!(broken, Err(Stop::Fault(_))), "{broken:?}");
        assert_eq!(marks(db).await, [3]);
    });
}

fn who_waited_for_a_lock_goes_by_the_time_they_got_it(practice: Practice) {
    let db = &practice.app.db;
    let meeting = Arc::new(Barrier::new(2));
    let there = Arc::clone(&meeting);
    let permit = Permit::system("test");
    let waits = db.write(&permit, move |tx| {
        let before = tx.now();
        there.wait();
        there.wait();
        assert_eq!(tx.now(), before, "time stands still for who does not wait");
        tx.lock(&[Lock::Only("test")])?;
        Ok(tx.now().since(before))
    });
    let passes = async {
        meeting.wait();
        practice.pass(TimeDelta::hours(1));
        meeting.wait();
    };
    let (waited, ()) = run(futures_util::future::join(waits, passes));
    assert_eq!(waited.unwrap(), TimeDelta::hours(1));
}
