//! Composition: which rooms there are and how they are wired. No decisions.

use std::net::TcpListener;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::{self, HeaderName};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpRequest, HttpServer};
use serde_json::Value;
use tokio::task::JoinHandle;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::accounts::{self, Passwords};
use crate::db::{Db, KeyStore, Migrated, Opened, Reaction, Stop, Target};
use crate::http::openapi::{Routes, finish};
use crate::http::{Denials, Tokens, Web, operation, stamp};
use crate::kernel::time::Clock;
use crate::vault::{MasterKeys, Vault};
use crate::{
    agenda, audit, availability, bookings, clients, consents, credentials, form_links, intake, notes, places,
    session_types, therapists, waitlist,
};

/// What a program is made of.
pub struct Parts {
    /// The store.
    pub target: Target,
    /// The clock.
    pub clock: Clock,
    /// The key that wraps all others; two while it is being changed.
    pub master: MasterKeys,
    /// Where wrapped keys are kept; with the store, in a place of their own, where none is named.
    pub keys: Option<Target>,
    /// Origins of browser apps that may call, such as `https://desk.example.org`; none by default.
    pub allowed_origins: Vec<String>,
}

/// The program, composed and ready to serve.
#[derive(Clone)]
pub struct App {
    /// The store's doors.
    pub db: Db,
    /// The vault.
    pub vault: Arc<Vault>,
    /// Password hashing.
    pub passwords: Passwords,
    tokens: Arc<Tokens>,
    allowed_origins: Arc<[String]>,
    document: Arc<Value>,
}

/// What opening the store found, beside the program.
pub struct Started {
    /// The program.
    pub app: App,
    /// What had to be done to the store.
    pub migrated: Migrated,
    /// Held while an embedded store is served.
    pub lock: Option<std::fs::File>,
}

impl App {
    /// Opens the store and wires the rooms.
    ///
    /// # Errors
    /// Whatever keeps the store, the keys or the threads from starting.
    pub async fn start(parts: Parts) -> Result<Started, Stop> {
        Self::compose(parts, true).await
    }

    /// The same program beside a server that may be running on the store: for verbs that do one short thing. It does not bring a store up to
    /// date that may be served.
    ///
    /// # Errors
    /// Whatever keeps the store, the keys or the threads from starting.
    pub async fn beside(parts: Parts) -> Result<Self, Stop> {
        Self::compose(parts, false).await.map(|started| started.app)
    }

    async fn compose(parts: Parts, alone: bool) -> Result<Started, Stop> {
        let keys = KeyStore::open(&parts.keys.unwrap_or_else(|| parts.target.keys()))?;
        let vault = Arc::new(Vault::new(parts.master, keys, parts.clock.clone()));
        let Opened { db, migrated, lock } = parts.target.open(parts.clock, reactions(&vault), alone)?;
        vault.settle(&db).await?;
        let tokens = Arc::new(accounts::token_keys(&db, &vault).await?);
        let app = Self {
            db,
            vault,
            passwords: Passwords::start()?,
            tokens,
            allowed_origins: parts.allowed_origins.into(),
            document: Arc::new(document()),
        };
        Ok(Started { app, migrated, lock })
    }

    /// Serves on a listener until it is told to stop; then finishes what it accepted.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn serve(&self, listener: TcpListener, workers: usize) -> std::io::Result<Serving> {
        let (denials, recorder) = Denials::new(self.db.clone());
        let recorder = tokio::spawn(recorder);
        tokio::spawn(forget_keys(Arc::downgrade(&self.vault)));
        let web = Data::new(Web::new(self.db.clone(), Arc::clone(&self.vault), Arc::clone(&self.tokens), denials));
        let app = self.clone();
        let routes = Data::new(Routes::of(&self.document));
        let document = Data::from(Arc::clone(&self.document));
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(web.clone())
                .app_data(routes.clone())
                .app_data(document.clone())
                .app_data(Data::new(app.passwords.clone()))
                .wrap(app.cors())
                .wrap(from_fn(|request, next: Next<_>| stamp::stamp(request, next)))
                // Before the scope, which answers for every path below it, the document's own too.
                .configure(|config| operation::routes(config, &app.document))
                .into_utoipa_app()
                .service(scope::scope("/api/v1").configure(operations))
                .into_app()
                .default_service(actix_web::web::to(nothing_here))
        })
        .workers(workers)
        .shutdown_timeout(30)
        .disable_signals()
        .listen(listener)?
        .run();
        Ok(Serving { server, recorder })
    }

    /// The OpenAPI document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    fn cors(&self) -> Cors {
        let cors = Cors::default()
            .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
            .allowed_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                HeaderName::from_static("idempotency-key"),
            ])
            .expose_headers([
                header::ETAG,
                header::LOCATION,
                header::RETRY_AFTER,
                HeaderName::from_static("x-request-id"),
                HeaderName::from_static("idempotency-replayed"),
            ])
            .max_age(600);
        self.allowed_origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

/// A server that runs, and the task that writes down its denials.
pub struct Serving {
    /// The server; await it, or stop it by its handle.
    pub server: Server,
    /// Ends once the server is gone and its last denials are written.
    pub recorder: JoinHandle<()>,
}

impl Serving {
    /// Serves until `end` comes; then takes nothing new, finishes what it accepted and writes down the last denials.
    ///
    /// # Errors
    /// When the server breaks.
    pub async fn until(self, end: impl Future<Output = ()>) -> std::io::Result<()> {
        let handle = self.server.handle();
        let mut server = std::pin::pin!(self.server);
        let ended = tokio::select! {
            ended = &mut server => ended,
            () = end => tokio::join!(handle.stop(true), server).1,
        };
        // It ends by itself once the last of the server's threads has dropped its notebook.
        let _ = self.recorder.await;
        ended
    }
}

/// Lets go of unwrapped keys whose time is over, for as long as there is a vault.
async fn forget_keys(vault: Weak<Vault>) {
    let mut turn = tokio::time::interval(Duration::from_secs(1));
    while let Some(vault) = vault.upgrade() {
        vault.forget_stale();
        drop(vault);
        turn.tick().await;
    }
}

/// Every operation of the contract. A slice's routes are mounted here and nowhere else.
fn operations(config: &mut ServiceConfig<'_>) {
    accounts::routes(config);
    places::routes(config);
    therapists::routes(config);
    clients::routes(config);
    credentials::routes(config);
    session_types::routes(config);
    availability::routes(config);
    consents::routes(config);
    intake::routes(config);
    form_links::routes(config);
    bookings::routes(config);
    waitlist::routes(config);
    notes::routes(config);
    agenda::routes(config);
    audit::routes(config);
}

/// What later rooms do about earlier rooms' events, in the transaction of the event.
fn reactions(_vault: &Arc<Vault>) -> Vec<Reaction> {
    vec![
        Arc::new(places::found),
        Arc::new(therapists::welcome),
        Arc::new(clients::keep_record),
        Arc::new(clients::forget_identity),
        Arc::new(credentials::stock_catalogue),
        Arc::new(consents::publish_shipped),
        Arc::new(consents::forget_names),
        Arc::new(intake::publish_shipped),
        Arc::new(form_links::close_links),
        Arc::new(bookings::redecide),
        Arc::new(waitlist::follow),
        Arc::new(waitlist::note_freed),
    ]
}

/// The OpenAPI document of all operations; needs no store.
#[must_use]
pub fn document() -> Value {
    let (_, api) =
        ActixApp::new().into_utoipa_app().service(scope::scope("/api/v1").configure(operations)).split_for_parts();
    finish(&api)
}

async fn nothing_here(request: HttpRequest, routes: Data<Routes>) -> actix_web::HttpResponse {
    // As an error, so that the stamp writes the request's id into it.
    actix_web::HttpResponse::from_error(routes.nothing_at(request.method(), request.path()))
}
