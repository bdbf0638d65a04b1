//! What every request and every answer bears: an id, a line in the log without personal data, headers, and a problem body for every error.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
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
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = Uuid::new_v4();
    request.extensions_mut().insert(RequestId(id));
    let method = request.method().clone();
    // The pattern, not the path: a path may hold ids, and a query whatever was typed.
    let started = std::time::Instant::now();
    // Whatever is logged on the way says for which request.
    let span = tracing::info_span!("request", %id);
    let response = next.call(request).instrument(span).await?.map_into_boxed_body();
    let mut response = match response.response().error() {
        Some(error) if response.status().is_client_error() || response.status().is_server_error() => {
            let told = replace(error, response.status(), id);
            response.into_response(told)
        }
        _ => response,
    };
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

fn replace(error: &Error, status: actix_web::http::StatusCode, id: Uuid) -> actix_web::HttpResponse {
    match error.as_error::<Problem>() {
        Some(problem) => problem.respond(Some(id)),
        None => Problem::of_status(status).respond(Some(id)),
    }
}
