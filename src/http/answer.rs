//! The few shapes an answer has.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::problem::Problem;
use crate::db::{Created, Fault, Receipt, Stop};

/// What a handler returns.
pub type Answer = Result<HttpResponse, Problem>;

/// 200 with a body that has no version.
///
/// # Errors
/// None; the shape fits `?`-less handlers.
pub fn shown(body: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

/// 200 with a body and the version it has.
///
/// # Errors
/// None.
pub fn versioned(version: i32, body: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().insert_header((ETAG, etag(version))).json(body))
}

/// A response with the version its body has, for an answer that is neither [`versioned`] nor [`made`].
pub fn tagged(response: &mut HttpResponseBuilder, version: i32) -> &mut HttpResponseBuilder {
    response.insert_header((ETAG, etag(version)))
}

/// 201 with where the new thing stands; a replay says so.
///
/// # Errors
/// None.
pub fn made(receipt: &Receipt) -> Answer {
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, receipt.created.location.as_str()));
    response.insert_header((ETAG, etag(receipt.created.version)));
    if receipt.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    Ok(response.json(&receipt.created.body))
}

/// 204.
///
/// # Errors
/// None.
pub fn done() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

/// A new thing for [`Guard::create`](super::Guard::create): where it stands, its version, and its view.
///
/// # Errors
/// A view that is not JSON, which is a fault of ours.
pub fn created(location: String, version: i32, view: &impl Serialize) -> Result<Created, Stop> {
    let body = serde_json::to_value(view).map_err(|_| Fault::Corrupt("a view that is not JSON"))?;
    Ok(Created { location, version, body })
}

fn etag(version: i32) -> String {
    format!("\"{version}\"")
}
