//! Who asks.
//!
//! [`Guard`] is the one extractor of every handler. It verifies the token, asks the policy, and only then takes the request apart, so a caller
//! who may not do a thing learns nothing about how it would have to be asked for. Its [`Permit`] opens the doors of the store; there is no
//! other way for a handler to reach them.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, AUTHORIZATION};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use sha2::{Digest, Sha256};

use super::denials::Denials;
use super::extract::{Part, Parts};
use super::problem::Problem;
use super::stamp::RequestId;
use super::token::Tokens;
use crate::db::{Created, Db, IdempotencyKey, Receipt, Stop, Tx, View};
use crate::kernel::actor::{Claim, Permit, Policy, Who};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

/// What the guard needs of the program. Handlers get at it through the guard alone.
pub struct Web {
    pub(super) db: Db,
    pub(super) vault: Arc<Vault>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) denials: Denials,
}

impl Web {
    /// The store, the vault, the keys of access tokens, and where refusals at the door are noted.
    #[must_use]
    pub fn new(db: Db, vault: Arc<Vault>, tokens: Arc<Tokens>, denials: Denials) -> Self {
        Self { db, vault, tokens, denials }
    }
}

/// A request that policy `P` has let in, with its parts.
pub struct Guard<P, In = ()> {
    /// What the request is made of.
    pub input: In,
    permit: Permit,
    key: Option<IdempotencyKey>,
    web: Data<Web>,
    policy: PhantomData<P>,
}

impl<P: Policy, In: Part> Guard<P, In> {
    /// Reads from the store.
    ///
    /// # Errors
    /// Whatever the door or the closure refuses.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let answer = self.web.db.read(&self.permit, work).await;
        self.told(answer)
    }

    /// Writes to the store.
    ///
    /// # Errors
    /// Whatever the door or the closure refuses.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        let answer = self.web.db.write(&self.permit, work).await;
        self.told(answer)
    }

    /// Creates something, once for each `Idempotency-Key`.
    ///
    /// # Errors
    /// Whatever the door or the closure refuses.
    pub async fn create<F>(&self, work: F) -> Result<Receipt, Problem>
    where
        F: Fn(&mut Tx<'_>) -> Result<Created, Stop> + Send + 'static,
    {
        let answer = self.web.db.create(&self.permit, self.key.clone(), work).await;
        self.told(answer)
    }

    /// The vault, for closures that seal or open.
    #[must_use]
    pub fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.web.vault)
    }

    /// The keys of access tokens.
    #[must_use]
    pub fn tokens(&self) -> Arc<Tokens> {
        Arc::clone(&self.web.tokens)
    }

    /// Now, for decisions made before a door is opened.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.web.db.clock().now()
    }

    /// A session ended or a role taken away since the token was issued is found at the door of the store; that is a denial too.
    fn told<T>(&self, answer: Result<T, Stop>) -> Result<T, Problem> {
        answer.map_err(|stop| {
            if matches!(stop, Stop::Refused(Refusal::Forbidden { .. } | Refusal::Unauthenticated)) {
                self.web.denials.note(self.permit.claim(), P::RULE.name, None, self.permit.request());
            }
            stop.into()
        })
    }
}

impl<P: Policy, In: Part + 'static> FromRequest for Guard<P, In> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let web = request.app_data::<Data<Web>>().cloned().ok_or_else(Problem::internal)?;
            let id = request.extensions().get::<RequestId>().map_or_else(uuid::Uuid::new_v4, |id| id.0);
            // Where everybody may come, a token that is too old must not keep its bearer from trading it for a new one.
            let claim = match claim(&request, &web) {
                Err(_) if P::RULE.who == Who::Anyone => Ok(Claim::Anonymous),
                claim => claim,
            };
            let permit = match &claim {
                Ok(claim) => Permit::ask::<P>(*claim, id),
                Err(refusal) => Err(refusal.clone()),
            };
            let permit = permit.inspect_err(|_| {
                web.denials.note(claim.unwrap_or(Claim::Anonymous), P::RULE.name, request.peer_addr(), id);
            })?;
            acceptable(&request)?;
            let mut parts = Parts { request, payload, body: None };
            let input = In::take(&mut parts).await?;
            let key = idempotency_key(&parts, &web.vault)?;
            Ok(Self { input, permit, key, web, policy: PhantomData })
        })
    }
}

fn claim(request: &HttpRequest, web: &Web) -> Result<Claim, Refusal> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Ok(Claim::Anonymous);
    };
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::Unauthenticated)?;
    if scheme.eq_ignore_ascii_case("form") {
        return Ok(Claim::FormLink(Sha256::digest(token.trim().as_bytes()).into()));
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Unauthenticated);
    }
    web.tokens.claim(token.trim(), web.db.clock().now())
}

/// Everything here is JSON; a caller who takes none gets 406 (RFC 9110).
fn acceptable(request: &HttpRequest) -> Result<(), Problem> {
    let mut accepts = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    if accepts.peek().is_none() {
        return Ok(());
    }
    // The most particular range that fits decides (RFC 9110): `application/json;q=0, */*` takes anything but JSON.
    let best = accepts
        .flat_map(|value| value.split(','))
        .filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let particular = match parts.next().unwrap_or("").to_ascii_lowercase().as_str() {
                "application/json" | "application/problem+json" => 3,
                "application/*" => 2,
                "*/*" => 1,
                _ => return None,
            };
            let quality = parts.find_map(|parameter| parameter.strip_prefix("q=")).and_then(|q| q.parse().ok());
            Some((particular, quality.unwrap_or(1.0_f32) > 0.0))
        })
        .max_by_key(|(particular, _)| *particular);
    if best.is_some_and(|(_, taken)| taken) { Ok(()) } else { Err(Problem::not_acceptable()) }
}

fn idempotency_key(parts: &Parts, vault: &Vault) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(header) = parts.request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    let key = header.to_str().ok().filter(|key| (1..=200).contains(&key.len())).ok_or_else(|| {
        Problem::field(Violation::at("Idempotency-Key", "invalid", "must be 1 to 200 visible ASCII characters"))
    })?;
    let mut content = parts.request.path().as_bytes().to_vec();
    content.push(0);
    content.extend_from_slice(parts.body.as_deref().unwrap_or_default());
    Ok(Some(IdempotencyKey { key: key.to_owned(), body: vault.mac("idempotency", &content) }))
}
