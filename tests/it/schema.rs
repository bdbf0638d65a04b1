//! The tables as the migrations lay them, against what the code believes of them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::Text;
use stillpoint::db::Target;
use stillpoint::kernel::actor::Role;
use stillpoint::kernel::form_link;
use stillpoint::kernel::text_enum::TextEnum;
use stillpoint::{
    accounts, availability, bookings, clients, consents, credentials, intake, notes, therapists, vault, waitlist,
};

use crate::cluster::{self, Database};

/// What `schema.rs` says: each table's columns and their types.
fn declared() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = include_str!("../../src/db/schema.rs");
    let mut tables = BTreeMap::new();
    for block in text.split("diesel::table! {").skip(1) {
        let mut lines = block.lines().map(str::trim);
        let head = lines.find(|line| line.ends_with('{')).unwrap();
        let columns = lines.take_while(|line| *line != "}").filter_map(|line| line.split_once(" -> "));
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind.trim_end_matches(',').to_owned())).collect();
        tables.insert(head.split(' ').next().unwrap().to_owned(), columns);
    }
    assert!(tables.len() > 30, "the tables are not where they were");
    tables
}

/// How a store spells a type of `schema.rs`.
fn spelled(kind: &str, sqlite: bool) -> String {
    let (bare, optional) = match kind.strip_prefix("Nullable<") {
        Some(bare) => (bare.trim_end_matches('>'), "?"),
        None => (kind, ""),
    };
    let (on_sqlite, on_postgres) = match bare {
        "Id" => ("BLOB", "uuid"),
        "Instant" => ("INTEGER", "timestamp with time zone"),
        "Binary" => ("BLOB", "bytea"),
        "Integer" => ("INTEGER", "integer"),
        "BigInt" => ("INTEGER", "bigint"),
        "Bool" => ("INTEGER", "boolean"),
        "Text" => ("TEXT", "text"),
        "Date" => ("TEXT", "date"),
        "Time" => ("TEXT", "time without time zone"),
        other => panic!("what is {other} on either store?"),
    };
    format!("{}{optional}", if sqlite { on_sqlite } else { on_postgres })
}

/// The words of each column that is kept to a list, by the enum that is stored there.
fn worded() -> BTreeMap<&'static str, BTreeSet<String>> {
    fn all<T: TextEnum>() -> BTreeSet<String> {
        T::ALL.iter().map(|word| word.as_str().to_owned()).collect()
    }
    fn these(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }
    BTreeMap::from([
        ("account_roles.role", all::<Role>()),
        ("accounts.state", all::<accounts::model::AccountState>()),
        // An actor is no enum of words: a person and a job carry more than their kind.
        ("audit_events.actor_kind", these(&["anonymous", "account", "system"])),
        ("booking_blocks.code", all::<bookings::model::BlockCode>()),
        ("booking_blocks.remedy", all::<bookings::model::Remedy>()),
        ("booking_history.state", all::<bookings::model::BookingState>()),
        ("booking_series.cadence", all::<bookings::model::Cadence>()),
        ("bookings.cancel_reason", all::<bookings::model::CancelReason>()),
        ("bookings.fee_code", all::<bookings::model::FeeCode>()),
        ("bookings.source", all::<bookings::model::Source>()),
        ("bookings.state", all::<bookings::model::BookingState>()),
        ("care_relationships.kind", all::<clients::model::CareKind>()),
        ("consent_ends.kind", all::<consents::model::EndKind>()),
        ("consent_signatures.authenticated_by", all::<consents::model::Authenticated>()),
        ("consent_signatures.identity_check", all::<form_link::IdentityCheck>()),
        ("consent_signatures.meaning", all::<consents::model::Meaning>()),
        ("consent_templates.requirement", all::<consents::model::Requirement>()),
        ("credential_assertions.kind", all::<credentials::model::AssertionKind>()),
        ("credential_assertions.method", all::<credentials::model::Method>()),
        ("credential_types.kind", all::<credentials::model::CredentialKind>()),
        ("credentials.state", all::<credentials::model::CredentialState>()),
        ("data_keys.class", all::<vault::Class>()),
        ("form_links.identity_check", all::<form_link::IdentityCheck>()),
        ("form_links.medium", all::<form_link::Medium>()),
        ("form_links.subject", all::<form_link::FormSubject>()),
        ("guardianships.basis", all::<clients::model::Basis>()),
        ("guardianships.state", all::<clients::model::GuardianshipState>()),
        ("intake_responses.answered_as", all::<intake::model::response::AnsweredAs>()),
        ("intake_responses.outcome", all::<intake::model::ruleset::Level>()),
        ("intake_responses.state", all::<intake::model::response::ResponseState>()),
        ("intake_reviews.verdict", all::<intake::model::response::Verdict>()),
        ("invitations.role", all::<Role>()),
        ("occupancies.resource", all::<availability::model::occupancy::Resource>()),
        ("one_time_tokens.purpose", all::<accounts::model::LinkPurpose>()),
        ("screening_decisions.outcome", all::<intake::model::ruleset::Level>()),
        ("session_notes.state", all::<notes::model::NoteState>()),
        ("slot_holds.state", all::<bookings::model::HoldState>()),
        ("therapists.state", all::<therapists::model::TherapistState>()),
        ("time_off.reason", all::<availability::model::time_off::TimeOffReason>()),
        ("time_off.visible_to", all::<availability::model::time_off::Audience>()),
        ("waitlist_entries.accepted_by", all::<waitlist::model::AcceptedBy>()),
        ("waitlist_entries.state", all::<waitlist::model::WaitlistState>()),
        ("zone_changes.outcome", all::<bookings::model::ZoneOutcome>()),
    ])
}

/// An empty store of its own, and a look into it past the program.
enum Bench {
    Sqlite(tempfile::TempDir),
    Postgres(Database),
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    one: String,
    #[diesel(sql_type = Text)]
    two: String,
    #[diesel(sql_type = Text)]
    three: String,
}

impl Bench {
    fn each(name: &str) -> impl Iterator<Item = Self> {
        let postgres = cluster::postgres().map(|cluster| Self::Postgres(cluster.create_database(name)));
        [Self::Sqlite(tempfile::tempdir().unwrap())].into_iter().chain(postgres)
    }

    fn migrated(name: &str) -> impl Iterator<Item = Self> {
        Self::each(name).inspect(|bench| {
            bench.target().migrate().unwrap();
        })
    }

    fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    fn target(&self) -> Target {
        match self {
            Self::Sqlite(folder) => Target::Sqlite(folder.path().join("store.db")),
            Self::Postgres(database) => Target::Postgres(database.url().into()),
        }
    }

    fn query(&self, on_sqlite: &str, on_postgres: &str) -> Vec<Line> {
        match self {
            Self::Sqlite(folder) => {
                let mut conn = SqliteConnection::establish(folder.path().join("store.db").to_str().unwrap()).unwrap();
                diesel::sql_query(on_sqlite).load(&mut conn).unwrap()
            }
            Self::Postgres(database) => {
                let mut conn = PgConnection::establish(&database.url()).unwrap();
                diesel::sql_query(on_postgres).load(&mut conn).unwrap()
            }
        }
    }

    fn execute(&self, on_sqlite: &str, on_postgres: &str) {
        match self {
            Self::Sqlite(folder) => {
                let mut conn = SqliteConnection::establish(folder.path().join("store.db").to_str().unwrap()).unwrap();
                conn.batch_execute(on_sqlite).unwrap();
            }
            Self::Postgres(database) => {
                let mut conn = PgConnection::establish(&database.url()).unwrap();
                conn.batch_execute(on_postgres).unwrap();
            }
        }
    }

    /// Each table's columns: their type, with `?` where they may be null.
    fn columns(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let lines = self.query(
            "SELECT t.name AS one, c.name AS two, c.type || iif(c.\"notnull\", '', '?') AS three \
             FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'",
            "SELECT table_name::text AS one, column_name::text AS two, \
                    data_type || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END AS three \
             FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
        );
        let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for line in lines {
            tables.entry(line.one).or_default().insert(line.two, line.three);
        }
        tables
    }

    /// Every list of words that a CHECK keeps a column to, by `table.column`.
    fn lists(&self) -> BTreeMap<String, BTreeSet<String>> {
        let checks = self.query(
            "SELECT name AS one, sql AS two, '' AS three FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL",
            "SELECT conrelid::regclass::text AS one, pg_get_constraintdef(oid) AS two, '' AS three \
             FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0",
        );
        checks.iter().flat_map(|check| lists_in(&check.one, &check.two)).collect()
    }

    /// Everything that was made in the store, as the store says it.
    fn everything(&self) -> Vec<String> {
        let lines = self.query(
            "SELECT type AS one, name AS two, coalesce(sql, '') AS three FROM sqlite_schema \
             WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
            "SELECT 'column' AS one, table_name || '.' || column_name AS two, data_type || is_nullable AS three \
               FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' \
             UNION ALL SELECT 'index', indexname::text, indexdef FROM pg_indexes \
               WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
             UNION ALL SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) \
               FROM pg_constraint WHERE conrelid <> 0 AND connamespace = 'public'::regnamespace \
               AND conrelid::regclass::text NOT LIKE '\\_\\_%' \
             UNION ALL SELECT 'trigger', tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid) \
               FROM pg_trigger WHERE NOT tgisinternal \
             UNION ALL SELECT 'function', p.proname::text, '' FROM pg_proc p \
               WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS \
               (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
        );
        let mut all: Vec<String> =
            lines.into_iter().map(|line| format!("{} {}: {}", line.one, line.two, line.three)).collect();
        all.sort();
        all
    }
}

/// The lists of a table's own text or of one of its constraints: `state IN ('a', 'b')`, `state = ANY (ARRAY['a'::text, …])`.
fn lists_in(table: &str, text: &str) -> Vec<(String, BTreeSet<String>)> {
    let list = |check: &str| {
        let (before, list) = check.split_once(" IN (").or_else(|| check.split_once(" = ANY ("))?;
        let column = before.rsplit(['(', ' ']).next()?;
        let end = list.find([')', ']']).unwrap_or(list.len());
        let words: BTreeSet<String> = list[..end].split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        (!words.is_empty()).then(|| (format!("{table}.{column}"), words))
    };
    text.split("CHECK (").skip(1).filter_map(|check| list(check.split("CONSTRAINT").next()?)).collect()
}

#[test]
fn every_column_is_as_declared() {
    for bench in Bench::migrated("schema_columns") {
        let sqlite = bench.is_sqlite();
        let expected: BTreeMap<String, BTreeMap<String, String>> = declared()
            .into_iter()
            .map(|(table, columns)| {
                (table, columns.into_iter().map(|(name, kind)| (name, spelled(&kind, sqlite))).collect())
            })
            .collect();
        let found = bench.columns();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (table, columns) in &expected {
            assert_eq!(&found[table], columns, "{table}, {}", if sqlite { "SQLite" } else { "PostgreSQL" });
        }
    }
}

#[test]
fn every_list_of_words_is_an_enum() {
    let seen = lists_in(
        "t",
        "CREATE TABLE t (a TEXT CONSTRAINT x CHECK (a IN ('p', 'q')), b INTEGER CHECK (b BETWEEN 1 AND 2))",
    );
    assert_eq!(seen, [("t.a".to_owned(), BTreeSet::from(["p".to_owned(), "q".to_owned()]))]);
    assert_eq!(lists_in("t", "CHECK ((a = ANY (ARRAY['p'::text, 'q'::text])))"), seen);
    let expected: BTreeMap<String, BTreeSet<String>> =
        worded().into_iter().map(|(column, words)| (column.to_owned(), words)).collect();
    for bench in Bench::migrated("schema_lists") {
        let found = bench.lists();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (column, words) in &expected {
            assert_eq!(&found[column], words, "{column}, {}", if bench.is_sqlite() { "SQLite" } else { "PostgreSQL" });
        }
    }
}

#[test]
fn every_migration_goes_down_and_up_again() {
    let count = stillpoint::db::MIGRATION_NAMES().0.len();
    for bench in Bench::migrated("schema_down") {
        let target = bench.target();
        let before = bench.everything();
        for undone in 1..=count {
            target.revert(1).unwrap();
            assert_eq!(target.migrate().unwrap().applied.len(), 1, "one back and one forth, {undone} from the end");
            assert_eq!(bench.everything(), before);
            target.revert(undone).unwrap();
            assert_eq!(target.migrate().unwrap().applied.len(), undone);
            assert_eq!(bench.everything(), before, "{undone} back and forth");
        }
        target.revert(count).unwrap();
        assert_eq!(bench.everything(), Vec::<String>::new(), "nothing stays behind");
    }
}

#[test]
fn an_update_keeps_what_the_store_holds() {
    let count = stillpoint::db::MIGRATION_NAMES().0.len();
    for bench in Bench::migrated("schema_update") {
        let target = bench.target();
        target.revert(count - 1).unwrap();
        bench.execute(
            "INSERT INTO accounts VALUES (x'01020304050607080910111213141516', 'mia@example.org', 'Mia', 'hash', 'active', 1, 0); \
             INSERT INTO account_roles VALUES (x'01020304050607080910111213141516', 'client')",
            "INSERT INTO accounts VALUES ('01020304-0506-0708-0910-111213141516', 'mia@example.org', 'Mia', 'hash', 'active', 1, now()); \
             INSERT INTO account_roles VALUES ('01020304-0506-0708-0910-111213141516', 'client')",
        );
        let migrated = target.migrate().unwrap();
        assert_eq!(migrated.applied.len(), count - 1);
        let ask = "SELECT a.email AS one, a.name AS two, r.role AS three FROM accounts a JOIN account_roles r ON r.account_id = a.id";
        let kept = bench.query(ask, ask);
        assert_eq!(
            kept.iter().map(|line| (line.two.as_str(), line.three.as_str())).collect::<Vec<_>>(),
            [("Mia", "client")]
        );
        if bench.is_sqlite() {
            assert!(migrated.snapshot.is_some_and(|file| file.is_file()), "the store as it was is kept aside");
        }
        assert_eq!(target.migrate().unwrap().applied, Vec::<String>::new(), "a second time there is nothing to do");
    }
}

/// A booking with all that it refers to, as the first migrations have them, for a store that had them before later ones came.
fn booking_of_old([id, at, end, yes]: [&str; 4]) -> String {
    let standing = "INSERT INTO accounts VALUES ({id}, 'mia@example.org', 'Mia', 'hash', 'active', 1, {at}); \
         INSERT INTO practices (id, name, contact_email, zone, currency, cancellation_text, privacy_notice, settings, settings_version, version) \
           VALUES ({id}, 'P', 'p@example.org', 'UTC', 'EUR', '', '', '{\"cancellation_window_hours\":48,\"version\":3}', 3, 1); \
         INSERT INTO therapists (id, name, bio, languages, listed, state, version) VALUES ({id}, 'Mara', '', '[]', {yes}, 'active', 1); \
         INSERT INTO session_types (id, name, description, duration_minutes, price_minor, currency, preparation_text, schools, requirements, \
           buffer_before_minutes, buffer_after_minutes, increment_minutes, active, version) \
           VALUES ({id}, 'S', '', 60, 1, 'EUR', '', '[]', '[]', 0, 0, 15, {yes}, 1); \
         INSERT INTO clients (id, name, name_key, version, created_at) VALUES ({id}, 'Mia', 'mia', 1, {at}); \
         INSERT INTO bookings (id, client_id, therapist_id, session_type_id, starts_at, ends_at, claim_starts_at, claim_ends_at, local_start, \
           zone, tz_version, state, price_minor, currency, requested_by, version, created_at) \
           VALUES ({id}, {id}, {id}, {id}, {at}, {end}, {at}, {end}, '2027-01-01T00:00:00', 'UTC', '2027a', 'confirmed', 1, 'EUR', {id}, 7, {at})";
    standing.replace("{id}", id).replace("{at}", at).replace("{end}", end).replace("{yes}", yes)
}

/// Claims are laid anew to be held by more than bookings: what they claimed stays claimed, up and down.
#[test]
fn claims_stand_through_the_update() {
    let names = stillpoint::db::MIGRATION_NAMES().0;
    let since = names.len() - names.iter().position(|name| name == "0008_claims").unwrap();
    let id = |number: u32| format!("01020304-0506-0708-0910-{number:012}");
    let blob = |number: u32| format!("x'{}'", id(number).replace('-', ""));
    let claim = |id: &str, from: &str, until: &str, holder: &str, column: &str| {
        format!(
            "INSERT INTO occupancies (id, resource, resource_id, starts_at, ends_at, {column}, session_type_id, session_starts_at, \
             session_ends_at) VALUES ({id}, 'room', {id}, {from}, {until}, {holder}, {id}, {from}, {until});"
        )
    };
    for bench in Bench::migrated("schema_claims") {
        let (target, sqlite) = (bench.target(), bench.is_sqlite());
        let one = if sqlite { blob(1) } else { format!("'{}'", id(1)) };
        let (from, until) = if sqlite { ("0", "60") } else { ("to_timestamp(0)", "to_timestamp(60)") };
        let kept = || {
            let ask = "SELECT resource AS one, '' AS two, '' AS three FROM occupancies";
            bench.query(ask, ask).len()
        };
        target.revert(since).unwrap();
        let yes = if sqlite { "1" } else { "true" };
        let booked =
            format!("{}; {}", booking_of_old([&one, from, until, yes]), claim(&one, from, until, &one, "booking_id"));
        bench.execute(&booked, &booked);
        target.migrate().unwrap();
        assert_eq!(kept(), 1);
        let two = if sqlite { blob(2) } else { format!("'{}'", id(2)) };
        let held = claim(&two, from, until, &format!("{two}, {until}"), "hold_id, expires_at");
        bench.execute(
            &format!("PRAGMA foreign_keys = 0; {held}"),
            &format!("SET session_replication_role = replica; {held}"),
        );
        assert_eq!(kept(), 2);
        target.revert(since).unwrap();
        assert_eq!(kept(), 1, "a hold's claim goes with the holds, a booking's stays");
        target.migrate().unwrap();
        assert_eq!(kept(), 1);
    }
}

#[test]
fn bookings_made_before_there_were_terms_keep_the_window_they_were_made_under() {
    let names = stillpoint::db::MIGRATION_NAMES().0;
    let ours = names.iter().position(|name| name == "0009_policies").unwrap();
    let on_sqlite = booking_of_old(["x'01020304050607080910111213141516'", "1000", "2000", "1"]);
    let on_postgres = booking_of_old([
        "'01020304-0506-0708-0910-111213141516'",
        "'2027-01-01T00:00:00Z'",
        "'2027-01-01T01:00:00Z'",
        "true",
    ]);
    for bench in Bench::migrated("schema_terms") {
        bench.target().revert(names.len() - ours).unwrap();
        bench.execute(&on_sqlite, &on_postgres);
        bench.target().migrate().unwrap();
        let told = "SELECT b.policy AS one, h.change AS two, p.settings AS three FROM bookings b \
             JOIN booking_history h ON h.booking_id = b.id AND h.version = 7 AND h.changed_at = b.updated_at \
             JOIN practices p ON b.updated_at = b.created_at WHERE b.source = 'online'";
        let [line] = &bench.query(told, told)[..] else { panic!("one booking, with one row of history") };
        for (document, version) in [(&line.one, None), (&line.three, Some(3))] {
            let document: serde_json::Value = serde_json::from_str(document).unwrap();
            let windows = ["cancellation_window_hours", "reschedule_window_hours"].map(|name| document[name].as_i64());
            assert_eq!((windows, document["version"].as_i64()), ([Some(48), Some(48)], version));
        }
        assert_eq!(line.two, "booking.history_begun");
    }
}

/// Notes are laid anew so that a session may be given another one: what was signed goes over whole, and back.
#[test]
fn notes_signed_long_ago_stand_through_the_update() {
    let names = stillpoint::db::MIGRATION_NAMES().0;
    let since = |name: &str| names.len() - names.iter().position(|one| one == name).unwrap();
    for bench in Bench::migrated("schema_notes") {
        let (target, sqlite) = (bench.target(), bench.is_sqlite());
        let (id, at, end, yes, bytes) = if sqlite {
            ("x'01020304050607080910111213141516'", "1000", "2000", "1", "x'07'")
        } else {
            let (at, end) = ("to_timestamp(1000)", "to_timestamp(2000)");
            ("'01020304-0506-0708-0910-111213141516'", at, end, "true", "'\\x07'::bytea")
        };
        target.revert(since("0009_policies")).unwrap();
        let notes = "INSERT INTO data_keys (id, client_id, class, wrapped, master_key, created_at) \
               VALUES ({id}, {id}, 'session_note', {bytes}, 'm', {at}); \
             INSERT INTO session_notes (id, booking_id, client_id, therapist_id, author_id, state, data_key_id, sealed, planned_starts_at, \
               planned_ends_at, date_of_service, version, created_at, signed_at, content_hash, credentials_snapshot) \
               VALUES ({id}, {id}, {id}, {id}, {id}, 'signed', {id}, {bytes}, {at}, {at}, '2027-01-01', 3, {at}, {at}, 'hash', '{}'); \
             INSERT INTO note_addenda VALUES ({id}, {id}, {id}, {id}, {bytes}, {at}); \
             INSERT INTO note_shares VALUES ({id}, {id}, {id}, {at})";
        let notes = notes.replace("{id}", id).replace("{at}", at).replace("{bytes}", bytes);
        let rows = format!("{}; {notes}", booking_of_old([id, at, end, yes]));
        bench.execute(&rows, &rows);
        let kept = || {
            let ask = "SELECT n.content_hash AS one, n.state AS two, n.credentials_snapshot AS three FROM session_notes n \
                       JOIN note_addenda a ON a.note_id = n.id JOIN note_shares s ON s.note_id = n.id \
                       WHERE n.sealed = a.sealed AND n.version = 3";
            let lines = bench.query(ask, ask);
            lines.into_iter().map(|line| [line.one, line.two, line.three]).collect::<Vec<_>>()
        };
        let whole = [["hash", "signed", "{}"].map(str::to_owned)];
        target.migrate().unwrap();
        assert_eq!(kept(), whole);
        target.revert(since("0013_notes")).unwrap();
        assert_eq!(kept(), whole);
        target.migrate().unwrap();
        assert_eq!(kept(), whole);
        // What the older store has no place for is not given up.
        let summary = "INSERT INTO note_summaries VALUES ({id}, {id}, {id}, {id}, {id}, {bytes}, {at})";
        let summary = summary.replace("{id}", id).replace("{at}", at).replace("{bytes}", bytes);
        bench.execute(&summary, &summary);
        assert!(target.revert(since("0013_notes")).is_err());
    }
}

/// SQLite's REPLACE fires no DELETE trigger, so what may never go must not be displaced by anything that would collide with it: not by its
/// hidden row number, and not by any of its unique keys.
#[test]
fn what_is_frozen_cannot_be_displaced() {
    for bench in Bench::migrated("schema_frozen").filter(Bench::is_sqlite) {
        let ask = "SELECT m.tbl_name AS one, m.sql AS two, t.sql AS three FROM sqlite_schema m \
                   JOIN sqlite_schema t ON t.type = 'table' AND t.name = m.tbl_name \
                   WHERE m.type = 'trigger' AND m.name LIKE '%_no_replace'";
        let guards = bench.query(ask, ask);
        let frozen = "SELECT DISTINCT tbl_name AS one, '' AS two, '' AS three FROM sqlite_schema \
                      WHERE type = 'trigger' AND sql LIKE '%_immutable%'";
        assert_eq!(guards.len(), bench.query(frozen, frozen).len(), "each frozen table guards against REPLACE");
        assert!(guards.len() >= 9);
        for guard in guards {
            assert!(guard.three.contains("WITHOUT ROWID"), "{} has a hidden row number", guard.one);
            let keys = format!(
                "SELECT i.name AS one, c.name AS two, '' AS three FROM pragma_index_list('{}') i \
                 JOIN pragma_index_info(i.name) c WHERE i.\"unique\" = 1",
                guard.one
            );
            let others = format!(
                "SELECT tbl_name AS one, group_concat(sql, ' ') AS two, '' AS three FROM sqlite_schema \
                 WHERE type = 'trigger' AND tbl_name = '{}' GROUP BY tbl_name",
                guard.one
            );
            let triggers = bench.query(&others, &others).remove(0).two;
            for key in bench.query(&keys, &keys) {
                assert!(triggers.contains(&format!("NEW.{}", key.two)), "{}: {} is not guarded", guard.one, key.two);
            }
        }
    }
}
