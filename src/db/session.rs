//! What the door asks of every request: does its session still stand, is its account active, which roles does it hold *now*; and of a form link,
//! does it still open anything.

use diesel::prelude::*;

use super::backend::Any;
use super::schema::{account_roles, accounts, clients, form_links, sessions, therapists};
use super::stop::Stop;
use super::types::AnyId;
use crate::kernel::actor::{Actor, Claim, Permit, Person, Role, Roles};
use crate::kernel::form_link::{FormBearer, FormSubject, IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, FormLinkId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// The actor behind a permit, or a refusal if the claim no longer holds.
pub(super) fn confirm(conn: &mut Any, permit: &Permit, now: Timestamp) -> Result<Actor, Stop> {
    let (account, session) = match permit.claim() {
        Claim::Anonymous => return Ok(Actor::Anonymous),
        Claim::System(job) => return Ok(Actor::System(job)),
        Claim::FormLink(hash) => return bearer(conn, &hash, now).map(Actor::FormLink),
        Claim::Account { account, session, .. } => (account, session),
    };
    let rows: Vec<(Option<Role>, Option<ClientId>, Option<TherapistId>)> = sessions::table
        .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
        .left_join(account_roles::table.on(account_roles::account_id.eq(accounts::id)))
        .left_join(clients::table.on(clients::account_id.eq(accounts::id.nullable())))
        .left_join(therapists::table.on(therapists::account_id.eq(accounts::id.nullable())))
        .filter(sessions::id.eq(session))
        .filter(sessions::account_id.eq(account))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(accounts::state.eq("active"))
        .select((account_roles::role.nullable(), clients::id.nullable(), therapists::id.nullable()))
        .load(conn)?;
    let Some(&(_, client, therapist)) = rows.first() else {
        // Where everybody may come, so may the bearer of a token whose session has ended, as nobody in particular.
        return if permit.is_open_to_all() { Ok(Actor::Anonymous) } else { Err(Refusal::Unauthenticated.into()) };
    };
    let roles: Roles = rows.iter().filter_map(|(role, _, _)| *role).collect();
    let role = permit.confirm(roles)?;
    Ok(Actor::Person(Person { account, session, roles, role, client, therapist }))
}

crate::text_column!(FormSubject, IdentityCheck, Medium);

type BearerRow = (FormLinkId, FormSubject, AnyId, ClientId, ClientId, Medium, AccountId, IdentityCheck);

/// Who holds the link with this hash; whether it was used up, replaced, too old, given out by somebody whose login was
/// disabled since, or never there is not told apart.
fn bearer(conn: &mut Any, hash: &[u8], now: Timestamp) -> Result<FormBearer, Stop> {
    let row: Option<BearerRow> = form_links::table
        .inner_join(accounts::table.on(accounts::id.eq(form_links::issued_by)))
        .filter(form_links::hash.eq(hash))
        .filter(form_links::used_at.is_null())
        .filter(form_links::replaced_at.is_null())
        .filter(accounts::state.eq("active"))
        .filter(form_links::expires_at.gt(now))
        .select((
            form_links::id,
            form_links::subject,
            form_links::subject_id,
            form_links::client_id,
            form_links::signer_id,
            form_links::medium,
            form_links::issued_by,
            form_links::identity_check,
        ))
        .first(conn)
        .optional()?;
    let (link, subject, AnyId(subject_id), client, signer, medium, issued_by, identity_check) =
        row.ok_or(Refusal::LinkSpent)?;
    Ok(FormBearer { link, subject, subject_id, client, signer, medium, issued_by, identity_check })
}
