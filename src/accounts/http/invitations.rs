//! Inviting staff by a link that needs no mail.

use actix_web::web::Data;
use actix_web::{get, post};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth;
use crate::accounts::Passwords;
use crate::accounts::model::{Account, EmailAddress, Invitation};
use crate::accounts::store;
use crate::db::Lock;
use crate::http::answer::{created, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json, PageQuery, Query};
use crate::kernel::actor::Role;
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, InvitationId};
use crate::kernel::page::Page;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Inviting somebody.
    Invite = "invitations.create": [Admin];
    /// Listing invitations.
    ListInvitations = "invitations.list": [Admin];
    /// Taking up an invitation with its secret.
    AcceptInvitation = "invitations.accept": anyone;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(invite).service(list_invitations).service(accept);
}

/// Whom to invite, as what.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "tom@example.org", "role": "therapist"}))]
struct InviteAsk {
    email: String,
    role: Role,
}

/// An invitation.
#[derive(Serialize, ToSchema)]
struct InvitationView {
    id: InvitationId,
    email: String,
    role: Role,
    invited_by: AccountId,
    created_at: Timestamp,
    expires_at: Timestamp,
    accepted_at: Option<Timestamp>,
    version: i32,
    /// The link's secret, told once in the answer to its creation. Hand it over as you like.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            accepted_at: invitation.accepted_at,
            version: invitation.version,
            token: None,
        }
    }
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
struct InvitationsView {
    items: Vec<InvitationView>,
    next_cursor: Option<uuid::Uuid>,
}

/// Invite somebody to join with a role
///
/// The answer holds the link's secret once. A repeated request with the same idempotency key is answered without it.
#[utoipa::path(tag = "people", request_body = InviteAsk, params(IdempotencyHeader),
    responses((status = 201, body = InvitationView), (status = 409, description = "idempotency_in_progress")))]
#[post("/invitations")]
async fn invite(guard: Guard<Invite, Json<InviteAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let mut fields = Fields::default();
    let email = fields.parsed("/email", EmailAddress::parse(&ask.email), "not_an_email", "must be an e-mail address");
    let email = fields.finish(|| email)?;
    let (secret, hash) = store::secret()?;
    let receipt = guard
        .create(move |tx| {
            let by = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
            let invitation = tx.save(Invitation::issue(&email, ask.role, hash.clone(), by, tx.now()))?;
            let location = format!("/api/v1/invitations/{}", invitation.id);
            // The secret is added below: what is stored for a repeat must not hold it.
            created(location, invitation.version, &InvitationView::from(invitation))
        })
        .await?;
    let mut told = receipt.clone();
    if let (false, Some(view)) = (receipt.replayed, told.created.body.as_object_mut()) {
        view.insert("token".to_owned(), secret.into());
    }
    made(&told)
}

/// List invitations
#[utoipa::path(tag = "people", params(PageQuery), responses((status = 200, body = InvitationsView)))]
#[get("/invitations")]
async fn list_invitations(guard: Guard<ListInvitations, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page: Page<Invitation> = guard.read(move |view| store::invitations(view, ask)).await?;
    let page = page.map(InvitationView::from);
    shown(&InvitationsView { items: page.items, next_cursor: page.next_cursor })
}

/// Joining by an invitation.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "from-the-link", "name": "Tom Still", "password": "a long quiet sentence"}))]
struct AcceptAsk {
    token: String,
    name: String,
    #[schema(value_type = String)]
    password: SecretString,
}

/// Accept an invitation: make the account and sign in
#[utoipa::path(tag = "people", request_body = AcceptAsk, security(()),
    responses((status = 201, body = auth::TokenView), (status = 409, description = "already_exists"), (status = 410, description = "link_spent")))]
#[post("/invitations/accept")]
async fn accept(guard: Guard<AcceptInvitation, Json<AcceptAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let token = ask.token.clone();
    let invitation = guard.read(move |view| store::invitation(view, &token)).await?;
    // Before any hashing: a spent link should cost nothing.
    if !invitation.is_open(guard.now()) {
        return Err(Refusal::LinkSpent.into());
    }
    let draft = auth::draft(&passwords, &invitation.email, &ask.name, &ask.password).await?;
    let signed = guard
        .write(move |tx| {
            let now = tx.now();
            tx.lock(&[Lock::Only("setup"), Lock::Account(invitation.invited_by)])?;
            let invitation = store::invitation(tx, &ask.token)?;
            // An invitation is worth what its maker is worth today: a dismissed admin must not come back by their own link.
            if !invitation.is_open(now) || !store::is_admin(tx, invitation.invited_by)? {
                return Err(Refusal::LinkSpent.into());
            }
            let account = tx.save(Account::join(draft.clone(), invitation.role, now))?;
            tx.save(invitation.accept(account.id, now)?)?;
            auth::sign_in(tx, &account)
        })
        .await?;
    auth::show_tokens(&guard, signed, true)
}
