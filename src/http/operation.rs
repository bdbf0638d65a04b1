//! What the operator and the developer look at: health, keys, the contract and a page to browse it. Nothing of the practice.

use std::sync::Arc;

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use serde_json::{Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use super::guard::Web;
use super::problem::Problem;
use crate::kernel::actor::Permit;

/// The page may run its own scripts and nothing else, and call this server alone. The hash is of the one style sheet that its script writes
/// into it; were that to change, the page would only look different.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Mounts them.
pub fn routes(config: &mut ServiceConfig, _document: &Value) {
    config
        .route("/healthz", web::get().to(health))
        .route("/readyz", web::get().to(ready))
        .route("/.well-known/jwks.json", web::get().to(keys))
        .route("/api/v1/openapi.json", web::get().to(contract))
        .service(web::redirect("/docs", "/docs/"))
        .service(
            web::scope("/docs")
                .wrap(actix_web::middleware::DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, PAGE_POLICY)))
                .service(
                    SwaggerUi::new("/{_:.*}")
                        .config(Config::new([Url::new("Stillpoint", "/api/v1/openapi.json")]).validator_url("none")),
                ),
        );
}

/// The process runs.
async fn health() -> impl Responder {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// The stores answer; and what the operator should see to.
async fn ready(web: Data<Web>) -> Result<HttpResponse, Problem> {
    let vault = Arc::clone(&web.vault);
    let warnings = web.db.read(&Permit::system("readyz"), move |_| Ok(vault.warnings()?)).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready", "warnings": warnings })))
}

async fn keys(web: Data<Web>) -> impl Responder {
    HttpResponse::Ok().json(web.tokens.jwks())
}

async fn contract(document: Data<Value>) -> impl Responder {
    HttpResponse::Ok().json(document.get_ref())
}
