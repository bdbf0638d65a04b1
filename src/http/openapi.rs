//! The contract, generated from the code.
//!
//! utoipa collects the operations as they are mounted; [`finish`] adds what follows from an operation's shape, so that no handler has to repeat
//! it: the errors every operation can answer, path parameters, the security scheme. A handler declares what is particular to it.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::problem::Problem;
use crate::kernel::{ids, time::Timestamp};

macro_rules! id_schemas {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        impl PartialSchema for ids::$name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                    .into()
            }
        }
        impl ToSchema for ids::$name {}
    )*};
}

crate::for_each_id!(id_schemas);

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}
impl ToSchema for Timestamp {}

/// Shows enums declared with `text_enum!` in the document: `text_schema!(BookingState, CancelReason);`.
#[macro_export]
macro_rules! text_schema {
    ($($type:ty),+ $(,)?) => {$(
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let words = <$type as $crate::kernel::text_enum::TextEnum>::ALL
                    .iter()
                    .map(|value| $crate::kernel::text_enum::TextEnum::as_str(*value));
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(words))
                    .into()
            }
        }
        impl utoipa::ToSchema for $type {}
    )+};
}

crate::text_schema!(crate::kernel::actor::Role);

/// The header of an operation that changes a version it has read.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by utoipa")]
pub struct IfMatchHeader {
    /// The entity tag that was read, such as `"3"`.
    #[param(rename = "If-Match")]
    if_match: String,
}

/// The header of an operation that creates something.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by utoipa")]
pub struct IdempotencyHeader {
    /// A key of the caller's choosing; the same key and body within 24 hours are answered by the first receipt.
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The finished document.
#[must_use]
pub fn finish(api: &OpenApi) -> Value {
    let mut document = serde_json::to_value(api).unwrap_or(Value::Null);
    let info = json!({
        "title": "Stillpoint",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Booking and session notes for craniosacral-therapy and bodywork practices",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    set(&mut document, "", "openapi", "3.1.0".into());
    set(&mut document, "", "info", info);
    set(&mut document, "", "servers", json!([{ "url": "/" }]));
    set(&mut document, "", "security", json!([{ "bearer": [] }]));
    let schemes = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "form": { "type": "http", "scheme": "form", "description": "The token of a form link: `Authorization: Form <token>`." },
    });
    set(&mut document, "/components", "securitySchemes", schemes);
    set(&mut document, "/components/schemas", "Problem", problem_schema());
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return document;
    };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                complete(path, operation);
            }
        }
    }
    document
}

/// Sets a member of the object at a pointer; the objects are there, since utoipa writes them.
fn set(document: &mut Value, pointer: &str, member: &str, value: Value) {
    if let Some(object) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
        object.insert(member.to_owned(), value);
    }
}

/// Adds what an operation's shape implies.
fn complete(path: &str, operation: &mut Map<String, Value>) {
    let names: Vec<String> =
        path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    let mut has_query = false;
    let mut asks_of_another = false;
    let mut has_if_match = false;
    if let Some(list) = parameters.as_array_mut() {
        for name in &names {
            if !list.iter().any(|one| one["name"] == name.as_str()) {
                list.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }));
            }
        }
        has_query = list.iter().any(|one| one["in"] == "query");
        asks_of_another = list.iter().any(|one| one["name"].as_str().is_some_and(|name| name.ends_with("_id")));
        has_if_match = list.iter().any(|one| one["name"] == "If-Match");
    }
    let open = operation.get("security").is_some_and(|security| security == &json!([{}]));
    let has_body = operation.contains_key("requestBody");
    let mut errors = vec![("406", "not_acceptable"), ("500", "internal"), ("503", "overloaded")];
    errors.push(("401", "unauthenticated"));
    if !open {
        errors.push(("403", "forbidden"));
    }
    if !names.is_empty() || asks_of_another {
        errors.push(("404", "not_found"));
    }
    if has_body {
        errors.extend([("400", "malformed"), ("413", "too_large"), ("415", "unsupported_media_type")]);
    }
    if has_body || has_query {
        errors.push(("422", "invalid_fields, or a rule that refuses"));
    }
    if has_if_match {
        errors.extend([("412", "version_mismatch"), ("428", "if_match_required")]);
    }
    if let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() {
        for (status, description) in errors {
            responses.entry(status).or_insert_with(|| problem_response(description));
        }
        for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5'])) {
            if response.get("content").is_none() {
                let told = response["description"].as_str().unwrap_or(status).to_owned();
                *response = problem_response(&told);
            }
        }
        for (status, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
            if response["description"].as_str().is_none_or(str::is_empty) {
                response["description"] = success(status).into();
            }
        }
    }
}

/// What the document calls a success that its handler does not describe; it must be called something.
fn success(status: &str) -> &'static str {
    match status {
        "201" => "It is made.",
        "204" => "It is done.",
        _ => "Here it is.",
    }
}

fn problem_response(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "A problem (RFC 9457). `code` is stable; further members depend on it.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string" },
            "detail": { "type": "string" },
            "request_id": { "type": "string", "format": "uuid" },
            "violations": { "type": "array", "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": {
                    "pointer": { "type": "string" }, "code": { "type": "string" }, "message": { "type": "string" },
                },
            } },
        },
        "example": {
            "type": "urn:stillpoint:problem:slot_unavailable", "title": "That time is taken", "status": 409,
            "code": "slot_unavailable", "request_id": "0197a3a0-5b1e-7c3d-8f00-000000000001",
            "alternatives": ["2027-03-01T10:15:00Z"],
        },
    })
}

/// Which methods each path knows, to tell 405 from 404.
pub struct Routes(Vec<(ResourceDef, Vec<String>)>);

/// Paths outside the contract; see [`operation`](super::operation).
const OPERATIONAL: [&str; 6] =
    ["/healthz", "/readyz", "/.well-known/jwks.json", "/api/v1/openapi.json", "/docs", "/docs/{page}*"];

impl Routes {
    /// The routes of a finished document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(
            paths
                .map(|(path, item)| {
                    let methods: Vec<String> = METHODS
                        .iter()
                        .filter(|method| item.get(**method).is_some())
                        .map(|method| method.to_uppercase())
                        .collect();
                    (path.as_str(), methods)
                })
                .chain(OPERATIONAL.map(|path| (path, vec!["GET".to_owned()])))
                .map(|(path, mut methods)| {
                    if methods.iter().any(|method| method == "GET") {
                        methods.push("HEAD".to_owned());
                    }
                    (ResourceDef::new(path), methods)
                })
                .collect(),
        )
    }

    /// What to say where no operation answered: 405 if the path knows other methods, else 404.
    #[must_use]
    pub fn nothing_at(&self, method: &Method, path: &str) -> Problem {
        let allowed = self.allowed(path);
        if allowed.is_empty() || allowed.contains(&method.as_str()) {
            return Problem::no_such_path();
        }
        Problem::method_not_allowed(allowed.join(", "))
    }

    /// The methods of the path that fits; one that is written out comes before one with parameters.
    fn allowed(&self, path: &str) -> Vec<&str> {
        let fits = |written_out: bool| {
            let fitting = self.0.iter().filter(move |(pattern, _)| {
                pattern.pattern().is_some_and(|it| it.contains('{')) != written_out && pattern.is_match(path)
            });
            fitting.flat_map(|(_, methods)| methods.iter().map(String::as_str)).collect::<Vec<_>>()
        };
        let mut allowed = fits(true);
        if allowed.is_empty() {
            allowed = fits(false);
        }
        allowed.sort_unstable();
        allowed.dedup();
        allowed
    }
}
