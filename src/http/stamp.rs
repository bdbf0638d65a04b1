//! What every request and every answer bears: an id, a line in the log without personal data, headers, and a problem body for every error.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::Instrument;
use uuid::Uuid;

use super::problem::Problem;

/// The id that ties a request's log line, audit events and answer together.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// The middleware around everything.
///
/// # Errors
/// None of its own; a handler's error has become a response by the time it passes here.
pub async fn stamp(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = Uuid::new_v4();
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    // Whatever can be had by GET can be asked for by HEAD (RFC 9110); the protocol layer sends no body.
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let started = std::time::Instant::now();
    let span = tracing::info_span!("request", %id);
    let response = next.call(request).instrument(span).await?.map_into_boxed_body();
    let mut response = told(response, id);
    // The pattern, not the path: a path may hold ids, and a query whatever was typed.
    let route = response.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    tracing::info!(
        request = %id,
        %method,
        %route,
        status = response.status().as_u16(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Every answer that is an error, wherever it was made, as a problem that names the request; what the layers inside said in headers stays.
fn told(response: ServiceResponse<BoxBody>, id: Uuid) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.response().error().and_then(|error| error.as_error::<Problem>()) {
        Some(problem) => problem.respond(Some(id)),
        None => Problem::of_status(status).respond(Some(id)),
    };
    let said: Vec<_> = response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut response = response.into_response(problem);
    for (name, value) in said {
        if name != CONTENT_LENGTH && name != CONTENT_TYPE && !response.headers().contains_key(&name) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
