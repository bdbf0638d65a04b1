//! The brief of a client before a session: opened for who treats them, against one look at all of their intake.

use chrono::NaiveDate;

use super::model::brief::{Brief, Covering, Told};
use super::sight::{Needs, response, sight};
use super::store::{self, answers, awaited, clearances, decisions, documents};
use crate::db::{Look, Stop, View};
use crate::kernel::ids::IntakeResponseId;
use crate::vault::{Vault, unless_erased};

/// What is told of the client of a look before a session on a day. The look is one at all that is of the class `intake`.
///
/// # Errors
/// `NotThere` to whoever may not read the client's answers; a fault when the look is for something else, or of the store.
pub fn brief(view: &mut View<'_>, vault: &Vault, look: &Look, day: NaiveDate) -> Result<Brief, Stop> {
    let client = look.client();
    sight(view, client, Needs::Content)?;
    let standing = store::history(view, client)?.standing_on(day)?;
    let is_asked = awaited::is_asked(view, client)?;
    let (told, modification) = match standing.answered {
        Some(answered) => unless_erased(told(view, vault, look, (answered.response, day)))?.unwrap_or_default(),
        None => (Told::default(), None),
    };
    let mut covering = Vec::new();
    for clearance in clearances::valid_on(view, client, day)? {
        let Some(content) = unless_erased(clearances::open(view, vault, look, &clearance))? else { continue };
        let (valid_from, valid_until) = (clearance.valid_from, clearance.valid_until);
        covering.push(Covering { content, valid_from, valid_until });
    }
    Ok(Brief { standing, is_asked, told, modification, clearances: covering })
}

/// What the response that counts on a day says, and how its review modifies the session.
fn told(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    (id, day): (IntakeResponseId, NaiveDate),
) -> Result<(Told, Option<String>), Stop> {
    let response = response(view, id, Needs::Content)?;
    let form = documents::form_version(view, response.form_version)?.read()?;
    let answers = answers::read_told(view, vault, look, &response, &form)?;
    let decision = decisions::decision_on(view, id, day)?;
    let screening = decisions::open(view, vault, look, &decision)?;
    let rules = documents::ruleset(view, decision.ruleset_id)?.read()?;
    let modification =
        clearances::last_review(view, vault, look, &response)?.and_then(|(_, modification)| modification);
    Ok((Told::of(&form, &answers, &rules, screening), modification))
}
