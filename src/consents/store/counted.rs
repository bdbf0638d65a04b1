//! What of all consents a booking, a task or a list goes by.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::given::{ConsentRow, whole};
use super::templates::{signable, walk};
use crate::clients;
use crate::clients::store::{acted_for, treated};
use crate::consents::model::{
    Consent, ConsentState, ConsentTemplate, Consents, EndKind, Given, Meaning, Requirement, Walk,
};
use crate::db::schema::{consent_ends, consent_signatures, consents};
use crate::db::{Stop, View};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{ClientId, ConsentId, ConsentTemplateId, ConsentVersionId, SessionTypeId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::time::Timestamp;

/// In whose name it is read when a client was born.
const CLERK: Actor = Actor::System("consents.count");

/// Which text was signed, in what meaning, until when that holds, when it was signed, and when it was ended.
type GivenRow = (ConsentTemplateId, Meaning, Option<NaiveDate>, Timestamp, Option<Timestamp>);

/// What sessions of a type wait for, and what the client has consented to of it. Says nothing of any text or signature.
///
/// # Errors
/// A fault of the store.
pub fn consents_of(view: &mut View<'_>, client: ClientId, session_type: SessionTypeId) -> Result<Consents, Stop> {
    let mut required = signable(view, Requirement::Required)?;
    required.retain(|template| template.is_required_for(session_type));
    let required: Vec<ConsentTemplateId> = required.into_iter().map(|template| template.id).collect();
    if required.is_empty() {
        return Ok(Consents::default());
    }
    let born = clients::store::client(view, &CLERK, client)?.details.date_of_birth;
    let rows: Vec<GivenRow> = view.load(
        consents::table
            .inner_join(consent_signatures::table.on(consent_signatures::consent_id.eq(consents::id)))
            .left_join(consent_ends::table.on(consent_ends::consent_id.eq(consents::id)))
            .filter(consents::client_id.eq(client))
            .filter(consents::template_id.eq_any(&required))
            .select((
                consents::template_id,
                consent_signatures::meaning,
                consent_signatures::valid_until,
                consent_signatures::signed_at,
                consent_ends::ended_at.nullable(),
            )),
    )?;
    let given = rows.into_iter().map(|(template, meaning, valid_until, signed_at, ended_at)| Given {
        template,
        meaning,
        valid_until,
        signed_at,
        ended_at,
    });
    Ok(Consents { required, given: given.collect(), born })
}

/// The texts that the actor has still to sign, for themself and for their wards.
///
/// # Errors
/// A fault of the store.
pub fn to_sign(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Consent>, Stop> {
    let own = acted_for(view, actor)?;
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<ConsentRow> = view.load(
        consents::table
            .left_join(consent_signatures::table.on(consent_signatures::consent_id.eq(consents::id)))
            .left_join(consent_ends::table.on(consent_ends::consent_id.eq(consents::id)))
            .filter(consents::client_id.eq_any(own))
            .filter(consent_signatures::signed_at.nullable().is_null())
            .filter(consent_ends::ended_at.nullable().is_null())
            .order(consents::id)
            .select(consents::all_columns),
    )?;
    whole(view, rows)
}

/// The texts of which nobody has said yet whether sessions wait for them; for admins, nothing for anybody else.
///
/// # Errors
/// A fault of the store.
pub fn undecided(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ConsentTemplate>, Stop> {
    if actor.has(Role::Admin) { signable(view, Requirement::Undecided) } else { Ok(Vec::new()) }
}

/// The next work that is left after a text has come to be required, or is so no longer.
///
/// # Errors
/// A fault of the store.
pub fn next_walk(view: &mut View<'_>) -> Result<Option<Walk>, Stop> {
    walk(view)
}

/// Which consents are asked for; what is absent does not matter.
#[derive(Clone, Debug)]
pub(in crate::consents) struct ListAsk {
    /// Whose.
    pub client: Option<ClientId>,
    /// To which version.
    pub template_version: Option<ConsentVersionId>,
    /// Where they stand.
    pub state: Option<ConsentState>,
    /// Which page.
    pub page: PageAsk,
}

/// Consents, oldest first: all of them for the desk, for others those of whom they act for or treat.
pub(in crate::consents) fn listed(
    view: &mut View<'_>,
    actor: &Actor,
    (ask, today): (&ListAsk, NaiveDate),
) -> Result<Page<Consent>, Stop> {
    let mut query = consents::table
        .left_join(consent_signatures::table.on(consent_signatures::consent_id.eq(consents::id)))
        .left_join(consent_ends::table.on(consent_ends::consent_id.eq(consents::id)))
        .order(consents::id)
        .limit(ask.page.limit + 1)
        .select(consents::all_columns)
        .into_boxed();
    if !actor.is_desk() {
        let mut known = acted_for(view, actor)?;
        known.extend(treated(view, actor)?);
        query = query.filter(consents::client_id.eq_any(known));
    }
    if let Some(client) = ask.client {
        query = query.filter(consents::client_id.eq(client));
    }
    if let Some(version) = ask.template_version {
        query = query.filter(consents::template_version_id.eq(version));
    }
    if let Some(after) = ask.page.after {
        query = query.filter(consents::id.gt(ConsentId(after)));
    }
    let (signed, kind) = (consent_signatures::signed_at.nullable(), consent_ends::kind.nullable());
    let last = consent_signatures::valid_until.nullable();
    query = match ask.state {
        None => query,
        Some(ConsentState::Withdrawn) => query.filter(kind.eq(EndKind::Withdrawn)),
        Some(ConsentState::Superseded) => query.filter(kind.eq(EndKind::Superseded)),
        Some(ConsentState::Presented) => query.filter(kind.is_null()).filter(signed.is_null()),
        Some(ConsentState::Expired) => query.filter(kind.is_null()).filter(last.lt(today)),
        Some(ConsentState::Active) => {
            query.filter(kind.is_null()).filter(signed.is_not_null()).filter(last.is_null().or(last.ge(today)))
        }
    };
    let page = Page::cut(view.load::<_, ConsentRow>(query)?, ask.page, |row| row.id.0);
    Ok(Page { items: whole(view, page.items)?, next_cursor: page.next_cursor })
}
