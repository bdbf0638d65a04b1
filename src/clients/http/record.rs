//! The client's record.

use actix_web::{get, post, put};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::guardians::{GuardianshipView, ask_for};
use super::look::looked;
use crate::accounts::model::EmailAddress;
use crate::clients::model::{Basis, Client, ClientDetails, PersonName, Phone};
use crate::clients::store::{self, ListAsk};
use crate::db::{Lock, Stop, Tx};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, Problem, Query};
use crate::kernel::change::Event;
use crate::kernel::fields::Fields;
use crate::kernel::ids::ClientId;
use crate::kernel::page::Page;
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing and searching clients.
    ListClients = "clients.list": [Therapist, FrontDesk, Admin, Client];
    /// Making a record: a walk-in's by the desk, a ward's by a client.
    RegisterClient = "clients.register": [FrontDesk, Admin, Client];
    /// Seeing one record.
    SeeClient = "clients.see": [Therapist, FrontDesk, Admin, Client];
    /// Correcting a record.
    AmendClient = "clients.amend": [FrontDesk, Admin, Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_clients).service(register_client).service(see_client).service(amend_client);
}

/// A client's record.
#[derive(Serialize, ToSchema)]
pub(super) struct ClientView {
    id: ClientId,
    /// Whether the person signs in themself.
    has_login: bool,
    name: String,
    date_of_birth: Option<NaiveDate>,
    email: Option<String>,
    phone: Option<String>,
    created_at: Timestamp,
    version: i32,
}

impl From<&Client> for ClientView {
    fn from(client: &Client) -> Self {
        let details = &client.details;
        Self {
            id: client.id,
            has_login: client.account.is_some(),
            name: details.name.as_str().to_owned(),
            date_of_birth: details.date_of_birth,
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: details.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            created_at: client.created_at,
            version: client.version,
        }
    }
}

/// Enough of a client to tell them from another; the rest is in the record.
#[derive(Serialize, ToSchema)]
struct ClientSummary {
    id: ClientId,
    name: String,
    date_of_birth: Option<NaiveDate>,
}

impl From<Client> for ClientSummary {
    fn from(client: Client) -> Self {
        let ClientDetails { name, date_of_birth, .. } = client.details;
        Self { id: client.id, name: name.as_str().to_owned(), date_of_birth }
    }
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
struct ClientsView {
    items: Vec<ClientSummary>,
    next_cursor: Option<Uuid>,
}

/// Which clients to list.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// How one of the words of the name begins; case does not matter.
    name: Option<String>,
    /// How the e-mail address begins.
    email: Option<String>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

impl ListQuery {
    fn ask(&self) -> Result<ListAsk, Problem> {
        Ok(ListAsk { name: self.name.clone(), email: self.email.clone(), page: page_ask(self.limit, self.cursor)? })
    }
}

/// List or search the clients one may know of
///
/// Staff see all, a therapist those they treat, a client themself and their wards. A list of others is recorded in the audit log.
#[utoipa::path(tag = "clients", params(ListQuery), responses((status = 200, body = ClientsView)))]
#[get("/clients")]
async fn list_clients(guard: Guard<ListClients, Query<ListQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page: Page<Client> = guard
        .write(move |tx| {
            let actor = tx.actor();
            let page = store::clients(tx, &actor, &ask)?;
            if actor.is_desk() || actor.therapist().is_some() {
                let searched = ask.name.is_some() || ask.email.is_some();
                let event = Event::new(if searched { "client.searched" } else { "client.listed" }, Uuid::nil());
                tx.record(&event.with("found", page.items.len()))?;
            }
            Ok(page)
        })
        .await?;
    let page = page.map(ClientSummary::from);
    shown(&ClientsView { items: page.items, next_cursor: page.next_cursor })
}

/// What is said of a person.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mia Long", "date_of_birth": "1990-05-01", "email": "mia@example.org", "phone": "+43 1 234 5678"}))]
struct DetailsAsk {
    name: String,
    date_of_birth: Option<NaiveDate>,
    email: Option<String>,
    phone: Option<String>,
}

impl DetailsAsk {
    fn parsed(&self) -> Result<ClientDetails, Refusal> {
        let mut fields = Fields::default();
        let name = noted(&mut fields, PersonName::parse("/name", &self.name));
        let phone = self.phone.as_deref().map(|phone| noted(&mut fields, Phone::parse("/phone", phone)));
        let email = self.email.as_deref().map(|email| {
            fields.parsed("/email", EmailAddress::parse(email), "not_an_email", "must be an e-mail address")
        });
        let date_of_birth = self.date_of_birth;
        fields.finish(|| {
            Some(ClientDetails { name: name?, date_of_birth, email: email.flatten(), phone: phone.flatten() })
        })
    }
}

fn noted<T>(fields: &mut Fields, parsed: Result<T, Violation>) -> Option<T> {
    parsed.map_err(|fault| fields.fault(fault.pointer, fault.code, fault.message)).ok()
}

/// By what right a client is to act for the ward whose record they make.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuardianshipClaim {
    basis: Basis,
}

/// A new record: the desk's for a person without a login, or a client's for their ward, with `date_of_birth` and `guardianship`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Leo Long", "date_of_birth": "2026-11-20", "guardianship": {"basis": "parent"}}))]
struct RegisterClientAsk {
    name: String,
    date_of_birth: Option<NaiveDate>,
    email: Option<String>,
    phone: Option<String>,
    guardianship: Option<GuardianshipClaim>,
}

impl RegisterClientAsk {
    fn details(&self) -> Result<ClientDetails, Refusal> {
        let Self { name, date_of_birth, email, phone, .. } = self.clone();
        DetailsAsk { name, date_of_birth, email, phone }.parsed()
    }
}

/// A record that was made, and the guardianship that was asked for with it.
#[derive(Serialize, ToSchema)]
struct RegisteredView {
    #[serde(flatten)]
    client: ClientView,
    guardianship: Option<GuardianshipView>,
}

/// Make the record of a person without a login, or of a ward
///
/// A ward's guardianship is pending until staff accept it; until then the record is not open to the guardian.
#[utoipa::path(tag = "clients", request_body = RegisterClientAsk, params(IdempotencyHeader),
    responses((status = 201, body = RegisteredView), (status = 409, description = "idempotency_in_progress")))]
#[post("/clients")]
async fn register_client(guard: Guard<RegisterClient, Json<RegisterClientAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let details = ask.details()?;
    let receipt = guard
        .create(move |tx| {
            let guardian = match ask.guardianship {
                Some(_) => Some(own_record(tx)?),
                None if tx.actor().is_desk() => None,
                None => return Err(guardianship_missing().into()),
            };
            let (now, today) = (tx.now(), store::today(tx)?);
            let client = tx.save(Client::register(ClientId::new(now), None, details.clone(), today, now)?)?;
            let guardianship = match (guardian, ask.guardianship) {
                (Some(guardian), Some(claim)) => Some(ask_for(tx, &client, &guardian, claim.basis)?),
                _ => None,
            };
            let view = RegisteredView {
                client: ClientView::from(&client),
                guardianship: guardianship.map(GuardianshipView::from),
            };
            created(format!("/api/v1/clients/{}", client.id), client.version, &view)
        })
        .await?;
    made(&receipt)
}

fn own_record(tx: &mut Tx<'_>) -> Result<Client, Stop> {
    let actor = tx.actor();
    let own = actor.client().ok_or(Refusal::PolicyViolation {
        rule: "no_own_record",
        detail: "only somebody with a client record of their own can have wards",
    })?;
    store::client(tx, &actor, own)
}

fn guardianship_missing() -> Refusal {
    Refusal::Fields(vec![Violation::at("/guardianship", "missing", "a client makes records of wards only")])
}

/// See a client's record
///
/// A look by anybody but the client and their guardians is recorded in the audit log.
#[utoipa::path(tag = "clients", responses((status = 200, body = ClientView)))]
#[get("/clients/{id}")]
async fn see_client(guard: Guard<SeeClient, At<ClientId>>) -> Answer {
    let At(id) = guard.input;
    let client = guard
        .write(move |tx| {
            let actor = tx.actor();
            let client = store::client(tx, &actor, id)?;
            looked(tx, "client.viewed", id)?;
            Ok(client)
        })
        .await?;
    versioned(client.version, &ClientView::from(&client))
}

/// Replace what is said of a client
///
/// For the client, a guardian and the desk. A known date of birth is corrected by the desk alone.
#[utoipa::path(tag = "clients", request_body = DetailsAsk, params(IfMatchHeader), responses((status = 200, body = ClientView)))]
#[put("/clients/{id}")]
async fn amend_client(guard: Guard<AmendClient, (At<ClientId>, IfMatch, Json<DetailsAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let details = ask.parsed()?;
    let client = guard
        .write(move |tx| {
            tx.lock(&[Lock::Client(id)])?;
            let (actor, today) = (tx.actor(), store::today(tx)?);
            let client = store::client(tx, &actor, id)?;
            // A treating therapist may see the record, but corrects it in no other role than the desk's.
            if !actor.is_desk() && !store::acts_for(tx, &actor, id)? {
                return Err(Refusal::NotThere.into());
            }
            if store::is_erased(tx, id)? {
                return Err(Refusal::Erased.into());
            }
            tx.save(client.amend(&actor, details.clone(), version, today)?)
        })
        .await?;
    versioned(client.version, &ClientView::from(&client))
}
