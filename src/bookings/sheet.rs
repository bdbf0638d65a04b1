//! Reading a sheet of bookings: comma-separated values (RFC 4180) as a spreadsheet writes them.
//!
//! A byte-order mark, either line ending, quoted cells and semicolons in place of commas are taken as they come. What a cell holds is never
//! repeated in an answer: a fault is told by its column and its row, counted with the header as the first and without blank lines.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::model::{COLUMNS, ImportLine, REQUIRED};
use crate::kernel::refusal::{Refusal, Violation};

/// The most rows that are taken at once.
const MOST: usize = 500;

/// A row and what it says.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its number in the sheet.
    pub number: usize,
    /// What it says, or what is wrong with it by itself.
    pub line: Result<ImportLine, Refusal>,
}

/// The rows of a sheet.
///
/// # Errors
/// [`Refusal::Fields`] for one that has other columns, no rows, or too many.
pub(super) fn read(text: &str) -> Result<Vec<Row>, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains(';') { b';' } else { b',' };
    let mut reader =
        ReaderBuilder::new().flexible(true).trim(Trim::All).delimiter(delimiter).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| unreadable())?.clone();
    has_columns(&header)?;
    let records: Vec<StringRecord> =
        reader.records().take(MOST + 1).collect::<Result<_, _>>().map_err(|_| unreadable())?;
    if records.is_empty() {
        return Err(fault("empty", "has no rows"));
    }
    if records.len() > MOST {
        return Err(fault("too_many_rows", "must have at most 500 rows"));
    }
    // The header is the first row.
    Ok(std::iter::zip(2.., &records).map(|(number, record)| Row { number, line: line(&header, record) }).collect())
}

fn has_columns(header: &StringRecord) -> Result<(), Refusal> {
    if header.iter().any(|name| !COLUMNS.contains(&name)) {
        return Err(fault("unknown_column", "has a column that is not known here"));
    }
    if COLUMNS.iter().any(|column| header.iter().filter(|name| name == column).count() > 1) {
        return Err(fault("duplicate_column", "has a column twice"));
    }
    let lacks = REQUIRED.iter().find(|column| !header.iter().any(|name| name == **column));
    match lacks {
        Some(column) => Err(fault("missing_column", &format!("needs a column {column}"))),
        None => Ok(()),
    }
}

fn line(header: &StringRecord, record: &StringRecord) -> Result<ImportLine, Refusal> {
    if record.len() != header.len() {
        let message = "has more or fewer cells than the header";
        return Err(Refusal::Fields(vec![Violation::at("", "wrong_number_of_cells", message)]));
    }
    let cells: BTreeMap<&str, &str> = std::iter::zip(header, record).collect();
    ImportLine::parse(&cells)
}

fn unreadable() -> Refusal {
    fault("unreadable", "is no table of comma-separated values")
}

fn fault(code: &'static str, message: &str) -> Refusal {
    Refusal::Fields(vec![Violation::at("/csv", code, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "client,therapist,session_type,local_start,reference";

    fn code(refusal: &Refusal) -> &'static str {
        match refusal {
            Refusal::Fields(faults) => faults[0].code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_sheet_is_read_as_spreadsheets_write_it() {
        let text = "\u{feff}reference;client;therapist;session_type;local_start\r\n\
                    A-1;mia@example.org;\"Mara \"\"M\"\"; Berg\";60 minutes;2027-03-02 10:00\r\n\r\n\
                    A-2 ; leo@example.org;Mara;60 minutes;2027-03-02 12:00\r\n";
        let rows = read(text).unwrap();
        let lines: Vec<&ImportLine> = rows.iter().map(|row| row.line.as_ref().unwrap()).collect();
        assert_eq!((lines.len(), rows[0].number, rows[1].number), (2, 2, 3));
        assert_eq!((&*lines[0].therapist, &*lines[1].reference), ("Mara \"M\"; Berg", "A-2"));
        assert_eq!(lines[1].client, "leo@example.org");
    }

    #[test]
    fn a_sheet_of_another_shape_is_refused_whole() {
        let row = "mia@example.org,Mara,60 minutes,2027-03-02 10:00,A-1\n";
        let refused = |text: &str| code(&read(text).unwrap_err());
        assert_eq!(refused(""), "missing_column");
        assert_eq!(refused(&format!("{HEADER}\n")), "empty");
        assert_eq!(refused(&format!("{HEADER},notes\n{row}")), "unknown_column");
        assert_eq!(refused(&format!("{HEADER},client\n{row}")), "duplicate_column");
        assert_eq!(refused("client,therapist\na,b\n"), "missing_column");
        assert_eq!(refused(&format!("{HEADER}\n{}", row.repeat(501))), "too_many_rows");
        assert_eq!(read(&format!("{HEADER}\n{}", row.repeat(500))).unwrap().len(), 500);
    }

    #[test]
    fn a_row_of_another_length_is_refused_by_itself() {
        let rows = read(&format!("{HEADER}\na,b\nmia@example.org,Mara,60 minutes,2027-03-02 10:00,A-1")).unwrap();
        assert_eq!(code(rows[0].line.as_ref().unwrap_err()), "wrong_number_of_cells");
        assert!(rows[1].line.is_ok());
    }
}
