//! The README's tables, held against the program. Its walk is one of the [journeys](crate::journeys).

use std::collections::BTreeSet;
use std::process::Command;

const README: &str = include_str!("../../README.md");

/// What stands under a heading, up to the next.
pub fn section(heading: &str) -> &'static str {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    section.split_once("\n## ").map_or(section, |(section, _)| section)
}

/// What stands in code in the first cell of each row of a section's table.
fn first_cells(heading: &str) -> BTreeSet<String> {
    let rows = section(heading).lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    rows.flat_map(|cell| cell.split('`').step_by(2)).filter(|word| is_word(word)).map(str::to_owned).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_')
}

#[test]
fn it_names_every_collection_and_no_other() {
    let document = stillpoint::app::document();
    let paths = document["paths"].as_object().unwrap().keys();
    let collections = paths.filter_map(|path| path.strip_prefix("/api/v1/")?.split('/').next().map(str::to_owned));
    assert_eq!(first_cells("What it is"), collections.collect());
}

#[test]
fn it_names_every_setting_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_stillpoint"));
    let told = check.args(["config", "check"]).current_dir(folder.path()).env_clear().output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let settings: BTreeSet<String> =
        told.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    let files = ["database_file", "keys_database_file", "master_key_file"].map(str::to_owned);
    assert!(settings.len() > 1, "{told}");
    assert_eq!(first_cells("Configuration"), settings.into_iter().chain(files).collect());
}
