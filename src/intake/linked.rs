//! What whoever holds a form link is shown of the one form it opens, and what staff must know to give one out.

use serde_json::Value;

use super::model::response::IntakeResponse;
use super::sight::{Needs, response};
use super::store::documents;
use crate::db::{Fault, Stop, View};
use crate::kernel::ids::IntakeResponseId;
use crate::kernel::refusal::Refusal;

/// What a form asks.
#[derive(Clone, Debug)]
pub struct Questions {
    /// Which version of the form it is.
    pub number: i32,
    /// SHA-256 of the definition.
    pub content_hash: String,
    /// Its definition.
    pub definition: Value,
}

/// A response that a form link may be given out for, for staff who may know of it.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn to_link(view: &mut View<'_>, id: IntakeResponseId) -> Result<IntakeResponse, Stop> {
    response(view, id, Needs::Status)
}

/// Whether the actor may read what was answered.
///
/// # Errors
/// A fault of the store.
pub fn may_read(view: &mut View<'_>, id: IntakeResponseId) -> Result<bool, Stop> {
    match response(view, id, Needs::Content) {
        Ok(_) => Ok(true),
        Err(Stop::Refused(Refusal::NotThere)) => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// What the form of a response asks, and the response's version.
///
/// # Errors
/// `NotThere` to whoever does not answer for the client; a fault of the store.
pub fn questions(view: &mut View<'_>, id: IntakeResponseId) -> Result<(Questions, i32), Stop> {
    let response = response(view, id, Needs::Own)?;
    let version = documents::form_version(view, response.form_version)?;
    let definition =
        serde_json::from_str(&version.definition).map_err(|_| Fault::Corrupt("a form version that is not JSON"))?;
    let questions = Questions { number: version.number, content_hash: version.content_hash, definition };
    Ok((questions, response.version))
}
