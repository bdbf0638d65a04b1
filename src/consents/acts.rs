//! What is done, each in one transaction: to a text ([`texts`]), and to a consent: present, sign, withdraw.

mod texts;

use chrono::NaiveDate;

use super::model::{
    Consent, ConsentState, ConsentText, ConsentVersion, End, EndKind, Meaning, Proof, Signing, VersionDocument, Vouched,
};
use super::sealing::seal_reason;
use super::sight::{Needs, consent, consent_to_change, sight};
use super::store;
use crate::clients;
use crate::clients::model::Client;
use crate::clients::store::acts_for;
use crate::db::{Lock, Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, ClientId, ConsentId, ConsentTemplateId, SessionTypeId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

pub use texts::TEXTS;
pub(super) use texts::{change, draft, publish, sign_off};

/// In whose name the record of whoever is to sign is read.
const CLERK: Actor = Actor::System("consents.sign");
/// The most letters of a name that is typed, and of a reason.
const NAME: usize = 200;
const REASON: usize = 4_000;

/// A signature, as somebody gives it.
#[derive(Clone, Debug)]
pub struct SignatureAsk {
    /// Their name, as they typed it.
    pub name: String,
    /// SHA-256 of the text that they were shown.
    pub text_hash: String,
    /// What they say it means.
    pub meaning: Meaning,
}

/// Presents the newest version of a text to a client; of one text, one at a time.
pub(super) fn present(tx: &mut Tx<'_>, client: ClientId, template: ConsentTemplateId) -> Result<Consent, Stop> {
    tx.lock(&[Lock::Client(client)])?;
    sight(tx, client)?;
    let unknown = || Refusal::Fields(vec![Violation::at("/template_id", "not_published", "has no published version")]);
    let version = store::newest_published(tx, template)?.ok_or_else(unknown)?;
    if is_waiting(tx, client, &version)? {
        return Err(Refusal::AlreadyExists { pointer: "/template_id" }.into());
    }
    let by = tx.actor().account();
    put_before(tx, client, &version, Presented { by, due_at: None })
}

/// Presents what a session waits for and its client has not consented to for its day, unless it waits for their signature already. The
/// booking's transaction holds the client's lock.
///
/// # Errors
/// A fault of the store.
pub fn present_lacking(
    tx: &mut Tx<'_>,
    client: ClientId,
    session_type: SessionTypeId,
    (day, due_at): (NaiveDate, Timestamp),
) -> Result<(), Stop> {
    let lacking: Vec<ConsentTemplateId> = store::consents_of(tx, client, session_type)?.lacking_on(day).collect();
    for template in lacking {
        let Some(version) = store::newest_published(tx, template)? else { continue };
        if !is_waiting(tx, client, &version)? {
            put_before(tx, client, &version, Presented { by: None, due_at: Some(due_at) })?;
        }
    }
    Ok(())
}

/// By whom a text is presented, and by when it is to be signed.
struct Presented {
    by: Option<AccountId>,
    due_at: Option<Timestamp>,
}

/// Whether this very version waits for the client's signature.
fn is_waiting(view: &mut View<'_>, client: ClientId, version: &ConsentVersion) -> Result<bool, Stop> {
    let all = store::of_template(view, client, version.template)?;
    let waits = |one: &Consent| one.template_version == version.id && one.signature.is_none() && one.end.is_none();
    Ok(all.iter().any(waits))
}

fn put_before(
    tx: &mut Tx<'_>,
    client: ClientId,
    version: &ConsentVersion,
    presented: Presented,
) -> Result<Consent, Stop> {
    let now = tx.now();
    let consent = Consent {
        id: ConsentId::new(now),
        client,
        template: version.template,
        template_version: version.id,
        presented_by: presented.by,
        due_at: presented.due_at,
        presented_at: now,
        signature: None,
        end: None,
    };
    // What waits in an older version has had its time; what is signed stands until this one is.
    let unsigned = store::of_template(tx, client, version.template)?.into_iter().filter(|old| old.signature.is_none());
    for change in unsigned.filter_map(|old| old.supersede(consent.id, now)).collect::<Vec<_>>() {
        tx.save(change)?;
    }
    tx.save(consent.present())
}

/// Signs a consent: by the actor's own login, or by the form link they hold.
///
/// # Errors
/// `NotThere` to whoever may not sign it; `GuardianRequired` for a minor; `VersionMismatch`; `InvalidTransition`; `Fields` where the text is
/// another, or what the signer says it means is not so; a fault of the store.
pub fn sign(tx: &mut Tx<'_>, (id, version): (ConsentId, i32), ask: &SignatureAsk) -> Result<Consent, Stop> {
    let consent = consent_to_change(tx, id, Needs::Own)?;
    let (today, now) = (store::today(tx)?, tx.now());
    consent.awaits_signature(version, today)?;
    let (signer, proof) = hand(&tx.actor())?;
    let client = clients::store::client(tx, &CLERK, consent.client)?;
    let meaning = may_sign(tx, &client, signer)?;
    let document = store::version(tx, consent.template_version)?.document;
    let (name, text) = checked(ask, meaning, &document.texts)?;
    let valid_until = document.valid_until(today);
    let text = (ask.text_hash.clone(), text.language.clone());
    let change = consent.sign(version, Signing { signer, name, meaning, text, proof, valid_until }, (today, now))?;
    for old in store::of_template(tx, consent.client, consent.template)? {
        if let Some(change) = old.supersede(consent.id, now) {
            tx.save(change)?;
        }
    }
    // Last, so that whoever reacts to it finds what counts now.
    let signed = tx.save(change)?;
    Ok(Consent { signature: Some(signed.signature), ..consent })
}

/// Whose hand it is, and what stands for that.
fn hand(actor: &Actor) -> Result<(ClientId, Proof), Refusal> {
    if let Some(bearer) = actor.form_link() {
        let vouched = Vouched {
            link: bearer.link,
            medium: bearer.medium,
            by: bearer.issued_by,
            identity_check: bearer.identity_check,
        };
        return Ok((bearer.signer, Proof::Staff(vouched)));
    }
    let person = actor.client().zip(actor.account());
    person.map(|(client, account)| (client, Proof::Login(account))).ok_or(Refusal::NotThere)
}

/// The name as it was typed, and the text that was shown.
fn checked<'a>(
    ask: &SignatureAsk,
    meaning: Meaning,
    texts: &'a [ConsentText],
) -> Result<(String, &'a ConsentText), Refusal> {
    let mut fields = Fields::default();
    let name = fields.text("/name", &ask.name, 1..=NAME);
    let shown = texts.iter().find(|text| store::sha256(&text.as_shown()) == ask.text_hash);
    let text = fields.parsed("/text_hash", shown, "another_text", "is not the hash of a text of this version");
    let told = "must say for whom it is given: i_consent for oneself, i_consent_for_my_ward for a minor";
    fields.require(ask.meaning == meaning, "/meaning", "not_so", told);
    fields.finish(|| name.zip(text))
}

/// What somebody's signature for a client would mean today.
///
/// # Errors
/// `GuardianRequired` for a minor's own hand, and for a hand that acts for nobody here; a fault of the store.
pub fn may_sign(view: &mut View<'_>, client: &Client, signer: ClientId) -> Result<Meaning, Stop> {
    let today = store::today(view)?;
    if signer == client.id && !client.is_minor_on(today) {
        return Ok(Meaning::Consent);
    }
    if clients::store::guardians(view, client)?.include(signer, client, today) {
        return Ok(Meaning::ConsentForWard);
    }
    Err(Refusal::GuardianRequired.into())
}

/// Takes a consent back: by whoever acts for the client, or by staff who write down what they were told.
pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (id, version): (ConsentId, i32),
    reason: Option<&str>,
) -> Result<Consent, Stop> {
    let mut fields = Fields::default();
    let text = fields.optional_text("/reason", reason, REASON);
    let reason = fields.finish(|| text)?;
    let consent = consent_to_change(tx, id, Needs::Status)?;
    let (actor, today, ended_at) = (tx.actor(), store::today(tx)?, tx.now());
    let own = acts_for(tx, &actor, consent.client)?;
    let withdrawn_by = actor.client().filter(|_| own);
    let end = End { kind: EndKind::Withdrawn, withdrawn_by, account: actor.account(), reason: None, ended_at };
    // Refused before anything is sealed.
    let (mut ending, event) = consent.withdraw(version, end, today)?.into_parts();
    ending.end.reason = match reason {
        Some(text) => Some(seal_reason(tx, vault, &consent, &text)?),
        None => None,
    };
    let ending = tx.save(Change::new(ending, event))?;
    Ok(Consent { end: Some(ending.end), ..consent })
}

/// Whose consent was withdrawn with a reason, for one who may read it.
pub(super) fn withdrawn_with_reason(view: &mut View<'_>, id: ConsentId) -> Result<ClientId, Stop> {
    let consent = consent(view, id, Needs::Content)?;
    let is_told = consent.end.as_ref().is_some_and(|end| end.reason.is_some());
    if is_told { Ok(consent.client) } else { Err(Refusal::NotThere.into()) }
}

/// A consent and where it stands today, for one who may know that much.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn standing(view: &mut View<'_>, id: ConsentId) -> Result<(Consent, ConsentState), Stop> {
    let (consent, today) = (consent(view, id, Needs::Status)?, store::today(view)?);
    let state = consent.state_on(today);
    Ok((consent, state))
}

/// What somebody is to sign.
#[derive(Clone, Debug)]
pub struct ToBeSigned {
    /// The words, and how long a signature under them holds.
    pub document: VersionDocument,
    /// What their signature would mean.
    pub meaning: Meaning,
    /// The consent's version, for the entity tag.
    pub version: i32,
}

/// What somebody is to sign, for whoever may sign it.
///
/// # Errors
/// `NotThere`; `GuardianRequired` where they no longer may; a fault of the store.
pub fn to_be_signed(view: &mut View<'_>, id: ConsentId, signer: ClientId) -> Result<ToBeSigned, Stop> {
    let consent = consent(view, id, Needs::Own)?;
    let client = clients::store::client(view, &CLERK, consent.client)?;
    let meaning = may_sign(view, &client, signer)?;
    let document = store::version(view, consent.template_version)?.document;
    Ok(ToBeSigned { document, meaning, version: consent.version() })
}
