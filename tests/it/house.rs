//! Who may import whom, and what else the compiler cannot see inside one crate.
//!
//! Each rule takes a [`House`] and answers with what breaks it; each is tried on a small bad house first, so that a rule which has stopped
//! seeing anything fails too.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use reading::{File, House};

/// The rooms that are not slices, lowest first; slices stand between `http` and `config`.
const BELOW: [&str; 4] = ["kernel", "db", "vault", "http"];
const ABOVE: [&str; 5] = ["config", "jobs", "app", "cli", "main"];

/// The slices in tiers: each sees those before it, and in its own tier those that stand before it in the list.
const SLICES: [&[&str]; 13] = [
    &["accounts", "places", "therapists", "clients"],
    &["credentials"],
    &["session_types"],
    &["availability"],
    &["consents"],
    &["intake"],
    &["form_links"],
    &["bookings"],
    &["waitlist", "notes"],
    &["agenda"],
    &["care"],
    &["directory", "reports", "records"],
    // Reads the log of all; nobody needs it.
    &["audit"],
];

/// Crates that pure code may use.
const PURE: [&str; 5] = ["std", "serde", "chrono", "chrono_tz", "uuid"];

/// Store functions that answer with rows about a person without asking who looks: the one file that may call each has asked.
const ASKED_BEFORE: [(&str, &str); 8] = [
    // A reaction decides anew for whom it must, and shows nothing.
    ("bookings::to_come", "bookings/reactions.rs"),
    // The code that was given is what may see the record.
    ("clients::claimable", "clients/http/claim.rs"),
    ("consents::consent", "consents/sight.rs"),
    ("consents::of_template", "consents/acts.rs"),
    ("intake::response", "intake/sight.rs"),
    ("intake::responses", "intake/http/responses.rs"),
    ("intake::open_response", "intake/acts.rs"),
    ("intake::handed_in", "intake/acts.rs"),
];

/// The states that are about a person, by the slice whose store loads them.
const ABOUT_A_PERSON: [(&str, &[&str]); 7] = [
    ("clients", &["Client", "Guardianship", "CareRelationship", "Relationship"]),
    ("bookings", &["Booking", "Block", "Course", "SlotHold"]),
    ("waitlist", &["WaitlistEntry", "SlotHold"]),
    ("consents", &["Consent"]),
    ("intake", &["Response", "IntakeResponse", "Answers", "Screening"]),
    ("notes", &["Note", "Addendum"]),
    ("agenda", &["DaySheet", "Sitting", "ClientSheet", "Task"]),
];

type Rule = fn(&House) -> Vec<String>;

fn upholds(rule: Rule) {
    let broken = rule(House::standing());
    assert!(broken.is_empty(), "{} breaches:\n{}", broken.len(), broken.join("\n"));
}

/// The rule finds a breach in each of these files, and none in any of those.
fn sees(rule: Rule, bad: &[(&str, &str)], good: &[(&str, &str)]) {
    for (path, text) in bad {
        assert_eq!(rule(&House::of([(*path, *text)])).len(), 1, "not seen in {path}: {text}");
    }
    for (path, text) in good {
        assert_eq!(rule(&House::of([(*path, *text)])), Vec::<String>::new(), "{path}: {text}");
    }
}

fn is_slice(room: &str) -> bool {
    SLICES.iter().any(|tier| tier.contains(&room))
}

/// How high a room stands: what it may import stands lower, or is itself.
fn height(room: &str) -> Option<usize> {
    let slices = SLICES.iter().flat_map(|tier| tier.iter());
    BELOW.iter().chain(slices).chain(&ABOVE).position(|one| *one == room)
}

impl File {
    fn room(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// The name of the part of its slice it belongs to: `model`, `store`, `http`.
    fn part(&self) -> &str {
        self.module.get(1).map_or("", String::as_str)
    }

    fn is_model(&self) -> bool {
        is_slice(self.room()) && self.part() == "model"
    }

    fn is_store(&self) -> bool {
        self.part() == "store"
    }
}

/// Each mention that `why` objects to.
fn mentions(house: &House, why: impl Fn(&File, &[&str]) -> Option<&'static str>) -> Vec<String> {
    let each = house.files.iter().flat_map(|file| file.mentions.iter().map(move |path| (file, path)));
    each.filter_map(|(file, path)| {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        why(file, &names).map(|why| format!("{}: {} ({why})", file.path, path.join("::")))
    })
    .collect()
}

// --- the rules ---

/// Rooms look down only, and slices one way; macros count as what the room that exports them.
fn rooms_look_down(house: &House) -> Vec<String> {
    let mut broken = Vec::new();
    for file in house.files.iter().filter(|file| file.room() != "lib") {
        let Some(from) = height(file.room()) else {
            broken.push(format!("{}: a room that the rules do not know", file.path));
            continue;
        };
        for path in file.mentions.iter().filter(|path| path.len() > 1 && path[0] == "crate") {
            let to = height(&path[1]).or_else(|| house.home(path).and_then(|home| height(home.room())));
            if to.is_some_and(|to| to > from) {
                broken.push(format!("{}: {} (looks up)", file.path, path.join("::")));
            }
        }
    }
    broken
}

fn models_are_pure(house: &House) -> Vec<String> {
    let crates = dependencies();
    mentions(house, |file, path| {
        let pure = match path {
            _ if !file.is_model() => true,
            ["crate", room, "model", ..] => is_slice(room),
            ["crate", slice, constant] if *slice == file.room() => constant.chars().all(|c| !c.is_lowercase()),
            ["crate", ..] => {
                house.home(&owned(path)).is_some_and(|home| home.room() == "kernel") || path[1] == "kernel"
            }
            [other, ..] => PURE.contains(other) || *other == "serde_json" || !crates.contains(*other),
            [] => true,
        };
        (!pure).then_some("a model sees the kernel and other models")
    })
}

fn the_kernel_is_pure(house: &House) -> Vec<String> {
    let crates = dependencies();
    mentions(house, |file, path| {
        let pure = match path {
            _ if file.room() != "kernel" => true,
            ["crate", "kernel", ..] => true,
            ["crate", ..] => house.home(&owned(path)).is_some_and(|home| home.room() == "kernel"),
            [other, ..] => PURE.contains(other) || !crates.contains(*other),
            [] => true,
        };
        (!pure).then_some("the kernel stands on nothing")
    })
}

fn diesel_stays_in_stores(house: &House) -> Vec<String> {
    mentions(house, |file, path| {
        let foreign = path[0].starts_with("diesel") && file.room() != "db" && !file.is_store();
        foreign.then_some("diesel belongs in db/ and in store.rs")
    })
}

fn actix_stays_at_the_door(house: &House) -> Vec<String> {
    mentions(house, |file, path| {
        let actix = path[0].starts_with("actix") || path[0] == "utoipa_actix_web";
        let door = ["app", "http"].contains(&file.room()) || is_slice(file.room()) && file.part() == "http";
        let module = file.path.ends_with("/mod.rs") && is_slice(file.room()) && !file.is_model();
        let runtime = ["cli", "main"].contains(&file.room()) && path.starts_with(&["actix_web", "rt"]);
        (actix && !door && !module && !runtime).then_some("actix belongs in app.rs and http")
    })
}

fn nobody_uses_anothers_http(house: &House) -> Vec<String> {
    mentions(house, |file, path| match path {
        ["crate", slice, "http", ..] if is_slice(slice) && *slice != file.room() => Some("another slice's http"),
        _ => None,
    })
}

/// The files that choose a store by the variants of `Target`, and know nothing else of it: where its file lies, whether its key may.
const CHOOSES: [&str; 2] = ["config.rs", "cli/serve.rs"];

/// Which database it is, is known in `db/`.
fn the_stores_have_no_names(house: &House) -> Vec<String> {
    let names = ["Sqlite", "Postgres", "PgConnection"];
    let files = house.files.iter().filter(|file| file.room() != "db");
    files
        .flat_map(|file| {
            let chooses = CHOOSES.contains(&file.path.as_str());
            let named = file.words.iter().filter(move |word| names.iter().any(|name| word.starts_with(name)));
            let named = named.filter(move |word| !(chooses && ["Sqlite", "Postgres"].contains(&word.as_str())));
            named.map(|word| format!("{}: {word} (a database's name outside db/)", file.path))
        })
        .collect()
}

fn there_is_one_clock(house: &House) -> Vec<String> {
    mentions(house, |file, path| {
        let told = path.ends_with(&["Utc", "now"])
            || path.ends_with(&["Local", "now"])
            || path.ends_with(&["SystemTime", "now"]);
        (told && file.path != "kernel/time.rs").then_some("the clock is kernel::time::Clock")
    })
}

fn the_environment_is_read_once(house: &House) -> Vec<String> {
    mentions(house, |file, path| {
        let reads = path.len() > 1
            && ["var", "var_os", "vars", "vars_os"].contains(&path[path.len() - 1])
            && path.contains(&"env");
        (reads && file.room() != "config").then_some("the environment is read in config.rs")
    })
}

/// A store function that answers with a state about a person is told who looks.
fn person_rows_ask_who_looks(house: &House) -> Vec<String> {
    let mut broken = Vec::new();
    for file in house.files.iter().filter(|file| file.is_store()) {
        let Some((_, states)) = ABOUT_A_PERSON.iter().find(|(slice, _)| *slice == file.room()) else { continue };
        for function in &file.functions {
            let name = format!("{}::{}", file.room(), function.name);
            let given = |what: &str| function.parameters.iter().any(|words| words.contains(what));
            let loads = given("View") || given("Tx");
            let personal = function.answer.iter().any(|word| states.contains(&word.as_str()));
            // A look is proof that somebody was asked: the write door gives it for a named client's content.
            let asks = given("Actor") || given("Look");
            if loads && personal && !asks && !ASKED_BEFORE.iter().any(|(known, _)| *known == name) {
                broken.push(format!("{name}: loads a person's row without an Actor"));
            }
        }
    }
    broken
}

/// The contract knows a type by its name alone: of two that share one, the document would show one in place of both.
fn shown_types_have_names_of_their_own(house: &House) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let shown = house.files.iter().flat_map(|file| file.shows.iter().map(move |name| (file, name)));
    shown
        .filter(|(_, name)| !seen.insert(*name))
        .map(|(file, name)| format!("{}: another {name} is shown", file.path))
        .collect()
}

fn files_form_no_circles(house: &House) -> Vec<String> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = house
        .files
        .iter()
        .map(|file| {
            let seen = file.mentions.iter().filter_map(|path| house.home(path)).map(|home| home.path.as_str());
            (file.path.as_str(), seen.filter(|path| *path != file.path && *path != "lib.rs").collect())
        })
        .collect();
    let reach = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&str> = edges[from].iter().copied().collect();
        while let Some(path) = next.pop() {
            if seen.insert(path) {
                next.extend(edges[path].iter().copied());
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|path| (*path, reach(path))).collect();
    let mut circles = BTreeSet::new();
    for (path, below) in reached.iter().filter(|(path, below)| below.contains(*path)) {
        circles.insert(
            below.iter().filter(|other| reached[*other].contains(path)).copied().collect::<Vec<_>>().join(" <-> "),
        );
    }
    circles.into_iter().collect()
}

// --- what the rules stand on ---

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|one| (*one).to_owned()).collect()
}

/// The crates of the manifest, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest = include_str!("../../Cargo.toml");
    let sections = manifest.split("\n[").filter(|section| section.contains("dependencies]"));
    let lines = sections.flat_map(|section| section.lines().skip(1));
    lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// All files below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// What of the project people read and write: no build, no history, no data of a practice.
fn project_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match name {
            "target" | ".git" | "data" | "Cargo.lock" => {}
            _ if path.is_dir() => files.extend(files_below(&path)),
            _ => files.push(path),
        }
    }
    files
}

// --- the rules, tried and upheld ---

#[test]
fn rooms_look_down_only() {
    let bad = [
        ("kernel/time.rs", "use crate::db::Db;"),
        ("db/door.rs", "fn f() { crate::vault::Vault::new(); }"),
        ("vault/mod.rs", "use super::http::Guard;"),
        ("http/guard.rs", "use crate::{accounts::Passwords, db::Db};"),
        ("accounts/store.rs", "use crate::clients::store::client;"),
        ("intake/store.rs", "fn f() { super::super::bookings::store::booking(); }"),
        ("credentials/mod.rs", "declare! { crate::app::App }"),
        ("bookings/store.rs", "use crate::config::Config;"),
        ("kitchen/mod.rs", ""),
    ];
    let good = [
        ("bookings/store.rs", "use crate::{db::Db, clients::store::client, kernel::time::Clock};"),
        ("app.rs", "use crate::jobs; use crate::bookings::routes;"),
        ("main.rs", "fn main() { stillpoint::cli::run(); }"),
        ("kernel/time.rs", "#[cfg(test)] mod tests { use crate::db::Db; }"),
    ];
    sees(rooms_look_down, &bad, &good);
    let macros = [
        ("kernel/time.rs", "crate::text_column!(Word);"),
        ("db/types.rs", "#[macro_export] macro_rules! text_column { () => {} }"),
    ];
    assert_eq!(rooms_look_down(&House::of(macros)).len(), 1, "a macro belongs to the room that exports it");
    upholds(rooms_look_down);
}

#[test]
fn models_know_no_store_and_no_web() {
    let bad = [
        ("clients/model.rs", "use diesel::prelude::*;"),
        ("clients/model/client.rs", "use actix_web::web::Data;"),
        ("clients/model.rs", "use crate::db::Tx;"),
        ("clients/model.rs", "use super::store::client;"),
        ("clients/model/care.rs", "use crate::accounts::store;"),
        ("clients/model.rs", "fn f() { crate::http::Problem::internal(); }"),
        ("clients/model.rs", "fn f() { say!(crate::vault::Vault) }"),
        ("clients/model.rs", "#[derive(utoipa::ToSchema)] struct Client;"),
    ];
    let good = [(
        "clients/model.rs",
        "use std::fmt; use crate::kernel::time::Span; use crate::places::model::Settings; use serde::Serialize; use uuid::Uuid;",
    )];
    sees(models_are_pure, &bad, &good);
    upholds(models_are_pure);
}

#[test]
fn the_kernel_stands_on_nothing() {
    let bad = [
        ("kernel/ids.rs", "use utoipa::ToSchema;"),
        ("kernel/ids.rs", "fn f() { diesel::insert_into(()); }"),
        ("kernel/ids.rs", "use crate::db::Db;"),
        ("kernel/ids.rs", "use serde_json::Value;"),
    ];
    let good =
        [("kernel/ids.rs", "use std::fmt; use serde::Serialize; use chrono_tz::Tz; use crate::kernel::time::Span;")];
    sees(the_kernel_is_pure, &bad, &good);
    upholds(the_kernel_is_pure);
}

#[test]
fn sql_is_written_in_stores() {
    let bad = [
        ("clients/http.rs", "use diesel::prelude::*;"),
        ("clients/mod.rs", "fn f() { diesel::insert_into(()); }"),
        ("app.rs", "#[diesel(table_name = clients)] struct Row;"),
        ("clients/http.rs", "diesel::table! { clients (id) { id -> Text, } }"),
        ("http/guard.rs", "fn f() { write!(out, diesel::dsl::now) }"),
    ];
    let good = [
        ("clients/store.rs", "use diesel::prelude::*;"),
        ("clients/store/care.rs", "use diesel::prelude::*;"),
        ("vault/store.rs", "use diesel::prelude::*;"),
        ("db/door.rs", "use diesel::prelude::*;"),
    ];
    sees(diesel_stays_in_stores, &bad, &good);
    upholds(diesel_stays_in_stores);
}

#[test]
fn the_web_stays_at_the_door() {
    let bad = [
        ("clients/store.rs", "use actix_web::web::Data;"),
        ("clients/model/mod.rs", "use actix_web::web::Data;"),
        ("db/door.rs", "fn f() { actix_web::rt::spawn(()); }"),
        ("cli/serve.rs", "use actix_web::HttpServer;"),
        ("jobs.rs", "use utoipa_actix_web::AppExt;"),
    ];
    let good = [
        ("clients/http/care.rs", "use actix_web::get;"),
        ("clients/mod.rs", "use actix_web::web::ServiceConfig;"),
        ("app.rs", "use actix_web::App;"),
        ("cli/serve.rs", "fn f() { actix_web::rt::System::new(); }"),
    ];
    sees(actix_stays_at_the_door, &bad, &good);
    upholds(actix_stays_at_the_door);
}

#[test]
fn slices_do_not_use_each_others_http() {
    let bad = [
        ("bookings/http.rs", "use crate::clients::http::ClientView;"),
        ("bookings/http.rs", "use crate::{clients::{http, store}};"),
    ];
    let good = [("bookings/mod.rs", "use super::bookings::http::routes; use crate::http::Guard;")];
    sees(nobody_uses_anothers_http, &bad, &good);
    upholds(nobody_uses_anothers_http);
}

#[test]
fn only_db_knows_which_database_it_is() {
    let bad = [
        ("app.rs", "fn f(target: Target) { matches!(target, Target::Sqlite(_)); }"),
        ("clients/store.rs", "use diesel::PgConnection;"),
        ("cli/mod.rs", "fn f() -> Target { Target::Postgres(url) }"),
        ("config.rs", "use diesel::SqliteConnection;"),
    ];
    let good = [("db/open.rs", "enum Target { Sqlite, Postgres }"), ("cli/mod.rs", "/// On Postgres too.\nfn f() {}")];
    sees(the_stores_have_no_names, &bad, &good);
    upholds(the_stores_have_no_names);
}

#[test]
fn time_comes_from_the_clock() {
    let bad = [
        ("clients/store.rs", "fn f() { let now = chrono::Utc::now(); }"),
        ("clients/model.rs", "fn f() { say!(SystemTime::now()) }"),
    ];
    let good = [
        ("kernel/time.rs", "fn f() { Utc::now(); }"),
        ("clients/store.rs", "fn f() { tx.now(); Timestamp::now(clock); }"),
    ];
    sees(there_is_one_clock, &bad, &good);
    upholds(there_is_one_clock);
}

#[test]
fn configuration_has_one_door() {
    let bad = [("db/open.rs", "fn f() { std::env::var(\"X\"); }"), ("cli/serve.rs", "use std::env::var_os;")];
    let good = [("config.rs", "fn f() { std::env::vars(); }"), ("cli/mod.rs", "fn f() { std::env::args(); }")];
    sees(the_environment_is_read_once, &bad, &good);
    upholds(the_environment_is_read_once);
}

#[test]
fn nobodys_row_is_loaded_for_nobody() {
    let bad = [
        ("clients/store.rs", "pub fn client(view: &mut View<'_>, id: ClientId) -> Result<Client, Stop> { todo!() }"),
        (
            "notes/store/load.rs",
            "pub(in crate::notes) fn notes(tx: &mut Tx<'_>) -> Result<Page<Note>, Stop> { todo!() }",
        ),
    ];
    let good = [
        (
            "clients/store.rs",
            "pub fn client(view: &mut View<'_>, actor: &Actor, id: ClientId) -> Result<Client, Stop> { todo!() }",
        ),
        ("clients/store.rs", "fn found(view: &mut View<'_>, id: ClientId) -> Result<Client, Stop> { todo!() }"),
        (
            "clients/store/record.rs",
            "pub(super) fn kept(view: &mut View<'_>, id: ClientId) -> Result<Client, Stop> { todo!() }",
        ),
        ("clients/store.rs", "pub fn count(view: &mut View<'_>) -> Result<i64, Stop> { todo!() }"),
    ];
    sees(person_rows_ask_who_looks, &bad, &good);
    upholds(person_rows_ask_who_looks);
    for (name, caller) in ASKED_BEFORE {
        let (slice, function) = name.split_once("::").unwrap();
        let house = House::standing();
        let inside = house.files.iter().filter(|file| file.room() == slice && !file.is_store());
        let calls = |file: &&File| file.mentions.iter().any(|path| path.ends_with(&owned(&["store", function])));
        let callers: Vec<&str> = inside.filter(calls).map(|file| file.path.as_str()).collect();
        assert_eq!(callers, [caller], "{name} is called by the file that asks before, and no other");
    }
}

#[test]
fn the_contract_means_one_thing_by_a_name() {
    let (one, other) = ("#[derive(ToSchema)] struct Ask;", "#[derive(Clone, utoipa::ToSchema)] struct Ask { a: i32 }");
    let house = House::of([("clients/http.rs", one), ("accounts/http.rs", other), ("notes/http.rs", "struct Ask;")]);
    assert_eq!(shown_types_have_names_of_their_own(&house).len(), 1);
    upholds(shown_types_have_names_of_their_own);
}

#[test]
fn no_file_needs_a_file_that_needs_it() {
    let circle = [
        ("clients/store.rs", "use super::model::Client; use crate::clients::Helper;"),
        ("clients/mod.rs", "pub mod model; mod store; mod helper; pub use helper::Helper; pub use model::*;"),
        ("clients/helper.rs", "use super::store::client; pub struct Helper;"),
        ("clients/model.rs", "pub struct Client;"),
    ];
    assert_eq!(files_form_no_circles(&House::of(circle)), ["clients/helper.rs <-> clients/store.rs"]);
    let line = [
        ("clients/store.rs", "use crate::clients::Client;"),
        ("clients/mod.rs", "pub use model::*; pub use store::client;"),
        ("clients/model.rs", "pub struct Client;"),
    ];
    assert_eq!(files_form_no_circles(&House::of(line)), Vec::<String>::new(), "passing on is not needing");
    upholds(files_form_no_circles);
}

#[test]
fn both_stores_have_the_same_migrations() {
    let names = |store: &str| -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(store);
        files_below(&folder).iter().map(|path| path.strip_prefix(&folder).unwrap().to_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    let (sqlite, postgres) = stillpoint::db::MIGRATION_NAMES();
    assert_eq!(sqlite, postgres);
    assert_eq!(sqlite.len() * 2, names("sqlite").len(), "each goes up and down");
}

/// What is written here must make sense on any machine.
fn machine_words(text: &str) -> Vec<&'static str> {
    let words = [concat!("/wor", "k/"), concat!("/tm", "p/"), concat!("/roo", "t/"), concat!("../sha", "red")];
    words.into_iter().filter(|word| text.contains(word)).collect()
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    assert_eq!(machine_words(concat!("see /wor", "k/x and ../sha", "red/y")).len(), 2);
    for path in project_files() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert_eq!(machine_words(&text), Vec::<&str>::new(), "{}", path.display());
    }
}
