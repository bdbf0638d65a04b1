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

use super::denials::Denials;
use super::extract::{Part, Parts};
use super::problem::Problem;
use super::stamp::RequestId;
use super::token::Tokens;
use crate::db::{Created, Db, IdempotencyKey, Receipt, Stop, Tx, View};
use crate::kernel::actor::{Claim, Permit, Policy};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

/// What the guard needs of the program.
pub struct Web {
    /// The store.
    pub db: Db,
    /// The vault.
    pub vault: Arc<Vault>,
    /// The keys of access tokens.
    pub tokens: Arc<Tokens>,
    /// Where refusals at the door are noted.
    pub denials: Denials,
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

    /// A role taken away since the token was issued is found at the door of the store; that is a denial too.
    fn told<T>(&self, answer: Result<T, Stop>) -> Result<T, Problem> {
        answer.map_err(|stop| {
            if matches!(stop, Stop::Refused(Refusal::Forbidden { .. })) {
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
            let claim = claim(&request, &web)?;
            let permit = Permit::ask::<P>(claim, id).inspect_err(|_| {
                web.denials.note(claim, P::RULE.name, request.peer_addr(), id);
            })?;
            acceptable(&request)?;
            let mut parts = Parts { request, payload, body: None };
            let input = In::take(&mut parts).await?;
            let key = idempotency_key(&parts, &web.vault)?;
            Ok(Self { input, permit, key, web, policy: PhantomData })
        })
    }
}

fn claim(request: &HttpRequest, web: &Web) -> Result<Claim, Problem> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Ok(Claim::Anonymous);
    };
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Unauthenticated.into());
    }
    Ok(web.tokens.claim(token.trim(), web.db.clock().now())?)
}

/// Everything here is JSON; a caller who takes none gets 406 (RFC 9110).
fn acceptable(request: &HttpRequest) -> Result<(), Problem> {
    let mut accepts = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    if accepts.peek().is_none() {
        return Ok(());
    }
    let takes_json = accepts.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let refused = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && matches!(media.as_str(), "*/*" | "application/*" | "application/json")
    });
    if takes_json { Ok(()) } else { Err(Problem::not_acceptable()) }
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
