//! The register: who held what validly on a day, as far as was known by the end of another. It is how a practice proves, years later, who was
//! certified for a session, and what it could have known.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use actix_web::get;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::view::{AssertionView, Today};
use crate::credentials::model::{AsOf, CredentialKind, Held, Validity, end_of_day};
use crate::credentials::store::{self, Wanted};
use crate::db::{Stop, View};
use crate::http::answer::shown;
use crate::http::extract::page_ask;
use crate::http::{Answer, Guard, Query};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{CredentialId, TherapistId};
use crate::kernel::page::PageAsk;
use crate::kernel::time::Timestamp;
use crate::{places, policies, therapists};

policies! {
    /// Asking the register.
    AskRegister = "credentials.register": [Admin, Verifier];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask_register);
}

/// The years whose days can be asked about: those an answer can be printed in.
const YEARS: RangeInclusive<i32> = 1900..=9999;

/// Which day, and which state of knowledge.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RegisterQuery {
    /// The day asked about; today, if not said.
    valid_on: Option<NaiveDate>,
    /// What was recorded after the end of this day, in the practice's zone, is left out; today, if not said.
    known_on: Option<NaiveDate>,
    /// Only this therapist's.
    therapist_id: Option<TherapistId>,
    /// Also what was not valid on the day, with what it was instead.
    #[serde(default)]
    all: bool,
    /// How many credentials to look at: 1 to 200, 50 if not said. Those not valid are left out, so a page may hold fewer.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// One line of the register.
#[derive(Serialize, ToSchema)]
struct EntryView {
    therapist_id: TherapistId,
    therapist_name: String,
    credential_id: CredentialId,
    name: String,
    kind: CredentialKind,
    issuer: String,
    number: String,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    reverify_by: NaiveDate,
    validity: Validity,
    /// The verification it rested on, as far as was known.
    verification: Option<AssertionView>,
}

/// A page of the register, and the two clocks it was read by.
#[derive(Serialize, ToSchema)]
struct RegisterView {
    valid_on: NaiveDate,
    known_on: NaiveDate,
    /// The last instant of `known_on`.
    known_until: Timestamp,
    items: Vec<EntryView>,
    next_cursor: Option<Uuid>,
}

/// Ask the register who held what validly on a day, as known by the end of another
#[utoipa::path(tag = "credentials", params(RegisterQuery), responses((status = 200, body = RegisterView)))]
#[get("/credentials/register")]
async fn ask_register(guard: Guard<AskRegister, Query<RegisterQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let mut fields = Fields::default();
    for (name, day) in [("valid_on", query.valid_on), ("known_on", query.known_on)] {
        let printable = day.is_none_or(|day| YEARS.contains(&day.year()));
        fields.require(printable, name, "out_of_range", "must lie between the years 1900 and 9999");
    }
    fields.finish(|| Some(()))?;
    shown(&guard.read(move |view| register(view, &query, ask)).await?)
}

fn register(view: &mut View<'_>, query: &RegisterQuery, ask: PageAsk) -> Result<RegisterView, Stop> {
    let today = Today::of(view)?;
    let zone = places::store::practice(view)?.zone;
    let valid_on = query.valid_on.unwrap_or(today.as_of.on);
    let known_on = query.known_on.unwrap_or(today.as_of.on);
    let as_of = AsOf { on: valid_on, known_at: end_of_day(known_on, zone) };
    let actor = view.actor();
    let page = store::credentials(view, &actor, Wanted { therapist: query.therapist_id, state: None }, ask)?;
    let mut names = HashMap::new();
    let mut items = Vec::new();
    for held in page.items.iter().filter(|held| held.credential.created_at <= as_of.known_at) {
        let validity = held.validity(as_of, today.settings.reverify_grace_days);
        // A holder's own word opens the calendar where the practice lets it, but it proves nothing.
        if !query.all && !validity.counts(false) {
            continue;
        }
        let whose = held.credential.therapist;
        let name = match names.get(&whose) {
            Some(name) => String::clone(name),
            None => therapists::store::therapist(view, whose)?.name,
        };
        names.insert(whose, name.clone());
        items.push(entry(&today, held, (as_of, validity), name)?);
    }
    Ok(RegisterView { valid_on, known_on, known_until: as_of.known_at, items, next_cursor: page.next_cursor })
}

fn entry(
    today: &Today,
    held: &Held,
    (as_of, validity): (AsOf, Validity),
    therapist_name: String,
) -> Result<EntryView, Stop> {
    let of = today.type_of(held)?;
    let credential = &held.credential;
    Ok(EntryView {
        therapist_id: credential.therapist,
        therapist_name,
        credential_id: credential.id,
        name: of.name.clone(),
        kind: of.kind,
        issuer: of.issuer.clone(),
        number: credential.number.clone(),
        issued_on: credential.issued_on,
        expires_on: credential.expires_on,
        reverify_by: credential.reverify_by,
        validity,
        verification: held.verification(as_of).map(AssertionView::from),
    })
}
