//! Answers, each sealed by itself under the name of its question.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::schema::intake_answers;
use crate::db::{Fault, Look, Persist, Stop, Tx, View, Writer};
use crate::intake::model::answers::Answers;
use crate::intake::model::brief::Told;
use crate::intake::model::form::FormDefinition;
use crate::intake::model::response::IntakeResponse;
use crate::intake::model::submission;
use crate::kernel::ids::{DataKeyId, IntakeResponseId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::vault::{Class, Place, Vault};

/// A response with the answers that changed, `None` for one taken back.
pub(in crate::intake) struct Answered {
    pub response: IntakeResponse,
    pub answers: BTreeMap<String, Option<Sealed>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = intake_answers)]
struct AnswerRow {
    response_id: IntakeResponseId,
    question: String,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
}

impl Persist for Answered {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        self.response.persist(writer)?;
        for (question, sealed) in &self.answers {
            let before = intake_answers::table
                .filter(intake_answers::response_id.eq(self.response.id))
                .filter(intake_answers::question.eq(question));
            writer.execute(diesel::delete(before))?;
            if let Some(sealed) = sealed {
                let row = AnswerRow {
                    response_id: self.response.id,
                    question: question.clone(),
                    data_key_id: sealed.key,
                    sealed: sealed.bytes.clone(),
                };
                writer.execute(diesel::insert_into(intake_answers::table).values(&row))?;
            }
        }
        Ok(())
    }
}

/// The seal of an answer names its question, so that two answers cannot change places.
fn place<'a>(response: &IntakeResponse, question: &'a str) -> Place<'a> {
    Place {
        client: response.client,
        class: Class::Intake,
        record: response.id.0,
        table: "intake_answers",
        row: response.id.0,
        column: question,
    }
}

/// Checks a patch against the form and seals what it answers.
pub(in crate::intake) fn seal(
    tx: &mut Tx<'_>,
    vault: &Vault,
    response: &IntakeResponse,
    form: &FormDefinition,
    patch: &Map<String, Value>,
) -> Result<BTreeMap<String, Option<Sealed>>, Stop> {
    let today = super::today(tx)?;
    let answers = Answers::parse(form, patch, today).map_err(Refusal::Fields)?;
    let mut sealed = BTreeMap::new();
    for question in patch.keys() {
        let answer = match answers.get(question) {
            Some(answer) => {
                let plain = serde_json::to_vec(answer).map_err(|_| Fault::Vault("an answer that is not JSON"))?;
                Some(vault.seal(tx, place(response, question), &plain)?)
            }
            None => None,
        };
        sealed.insert(question.clone(), answer);
    }
    Ok(sealed)
}

/// Opens the answers of a response.
pub(in crate::intake) fn open(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
) -> Result<Map<String, Value>, Stop> {
    let rows = rows(view, response)?;
    opened(view, vault, look, (response, rows))
}

fn rows(view: &mut View<'_>, response: &IntakeResponse) -> Result<Vec<AnswerRow>, Stop> {
    view.load(intake_answers::table.filter(intake_answers::response_id.eq(response.id)).order(intake_answers::question))
}

fn opened(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    (response, rows): (&IntakeResponse, Vec<AnswerRow>),
) -> Result<Map<String, Value>, Stop> {
    let sealed = |row: &AnswerRow| Sealed { key: row.data_key_id, bytes: row.sealed.clone() };
    let pieces: Vec<_> = rows.iter().map(|row| (place(response, &row.question), sealed(row))).collect();
    let mut answers = Map::new();
    for (row, plain) in rows.iter().zip(vault.open_all(view, look, &pieces)?) {
        let value = serde_json::from_slice(&plain).map_err(|_| Fault::Corrupt("an answer that cannot be read"))?;
        answers.insert(row.question.clone(), value);
    }
    Ok(answers)
}

/// The questions that a response answers, without opening what it says.
pub(in crate::intake) fn questions(view: &mut View<'_>, response: &IntakeResponse) -> Result<BTreeSet<String>, Stop> {
    let answered = intake_answers::table.filter(intake_answers::response_id.eq(response.id));
    Ok(view.load(answered.select(intake_answers::question))?.into_iter().collect())
}

/// The questions that are answered and that other answers have since hidden.
pub(in crate::intake) fn hidden(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
    form: &FormDefinition,
) -> Result<Vec<String>, Stop> {
    let values = open(view, vault, look, response)?;
    Ok(submission::hidden(form, &parsed(form, &values)?))
}

/// Opens the answers of a response that count, as its form reads them. They were checked when they came, so no day is too late for them now.
pub(in crate::intake) fn read(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
    form: &FormDefinition,
) -> Result<Answers, Stop> {
    let values = open(view, vault, look, response)?;
    Ok(submission::asked(form, parsed(form, &values)?))
}

/// The same of the answers that a brief tells; the others stay sealed.
pub(in crate::intake) fn read_told(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
    form: &FormDefinition,
) -> Result<Answers, Stop> {
    let mut rows = rows(view, response)?;
    rows.retain(|row| Told::tells(form, &row.question));
    let values = opened(view, vault, look, (response, rows))?;
    parsed(form, &values)
}

fn parsed(form: &FormDefinition, values: &Map<String, Value>) -> Result<Answers, Stop> {
    Answers::parse(form, values, NaiveDate::MAX)
        .map_err(|_| Fault::Corrupt("answers that do not fit their form").into())
}
