//! The two doors of the store, tried without HTTP: what is kept, what is undone, who suffers when one piece of work breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use futures_util::future::join_all;
use stillpoint::db::schema::audit_events;
use stillpoint::db::{Db, Fault, Lock, Stop, Tx};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::change::Event;
use stillpoint::kernel::refusal::Refusal;
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
