//! The parts of a request, taken only after the guard has let it in.
//!
//! A handler names the parts it needs in its [`Guard`](super::Guard): `Guard<Cancel, (At<BookingId>, IfMatch, Json<Cancellation>)>`. None of
//! them is an actix extractor, so none can be read before the policy was asked.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use actix_web::web::{Bytes, Data};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use uuid::Uuid;

use super::openapi::Routes;
use super::problem::Problem;
use crate::kernel::page::PageAsk;
use crate::kernel::refusal::{Refusal, Violation};

/// The most bytes of JSON that are taken.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A request being taken apart.
pub struct Parts {
    pub(super) request: HttpRequest,
    pub(super) payload: Payload,
    pub(super) body: Option<Bytes>,
}

/// Something a request is made of.
pub trait Part: Sized {
    /// Takes it.
    fn take(parts: &mut Parts) -> impl Future<Output = Result<Self, Problem>>;
}

impl Part for () {
    async fn take(_: &mut Parts) -> Result<Self, Problem> {
        Ok(())
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        Ok((A::take(parts).await?, B::take(parts).await?))
    }
}

impl<A: Part, B: Part, C: Part> Part for (A, B, C) {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        Ok((A::take(parts).await?, B::take(parts).await?, C::take(parts).await?))
    }
}

/// An id from the path. One that is not an id names nothing, so it is "not there".
#[derive(Clone, Copy, Debug)]
pub struct At<T>(pub T);

impl<T: std::str::FromStr> Part for At<T> {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let text = parts.request.match_info().iter().next().map(|(_, text)| text.to_owned());
        text.and_then(|text| text.parse().ok()).map(Self).ok_or_else(|| nothing_here(&parts.request))
    }
}

/// A word in an id's place may still be a path of its own, such as `/clients/claim`, that knows other methods.
fn nothing_here(request: &HttpRequest) -> Problem {
    request
        .app_data::<Data<Routes>>()
        .map_or_else(Problem::no_such_path, |routes| routes.nothing_at(request.method(), request.path()))
}

/// Two ids from the path, the second of a thing that belongs to the first: `/therapists/{id}/time-off/{time_off_id}`.
#[derive(Clone, Copy, Debug)]
pub struct Under<A, B>(pub A, pub B);

impl<A: std::str::FromStr, B: std::str::FromStr> Part for Under<A, B> {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let mut ids = parts.request.match_info().iter().map(|(_, text)| text.to_owned());
        let (outer, inner) = (ids.next(), ids.next());
        let outer = outer.and_then(|text| text.parse().ok()).ok_or(Refusal::NotThere)?;
        let inner = inner.and_then(|text| text.parse().ok()).ok_or(Refusal::NotThere)?;
        Ok(Self(outer, inner))
    }
}

/// The version the request means to change, from `If-Match: "7"` (RFC 9110).
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub i32);

impl Part for IfMatch {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let tag = parts.request.headers().get(IF_MATCH).ok_or_else(Problem::if_match_required)?;
        let digits = tag.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
        // Only as it was given out: `"01"` is the tag of nothing.
        let version = digits.and_then(|it| it.parse().ok().filter(|version: &i32| version.to_string() == it));
        // A tag we never gave out matches nothing. `*` would change whatever is there, unread, which nobody should.
        version.map(Self).ok_or_else(|| Refusal::VersionMismatch.into())
    }
}

/// What the sender of a whole representation knows of what is there: a version it has read, or, with `If-None-Match: *`, that there is nothing yet.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// This version stands.
    Version(i32),
    /// Nothing does.
    Nothing,
}

impl Part for Known {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let headers = parts.request.headers();
        let new = headers.get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes().trim_ascii() == b"*");
        if new && !headers.contains_key(IF_MATCH) {
            return Ok(Self::Nothing);
        }
        IfMatch::take(parts).await.map(|IfMatch(version)| Self::Version(version))
    }
}

/// A JSON body. Unknown members are refused by the type's own `deny_unknown_fields`.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Part for Json<T> {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let media = parts.request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        // A coding is part of what a body is (RFC 9110), and none is undone here.
        let coded = parts.request.headers().get_all(CONTENT_ENCODING).any(|coding| coding != "identity");
        if media != "application/json" || coded {
            return Err(Problem::unsupported_media_type());
        }
        let body = read(parts).await?;
        parts.body = Some(body.clone());
        if holds_nul(&body) {
            return Err(Problem::malformed("text must not hold NUL characters"));
        }
        // Serde would take an array for an object, member by member.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'[') {
            return Err(Problem::field(Violation::at("", "wrong_type", "must be an object")));
        }
        let mut source = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
            let pointer = pointer(error.path());
            let inner = error.into_inner();
            match inner.classify() {
                serde_json::error::Category::Data => Problem::field(violation(pointer, &inner.to_string())),
                _ => Problem::malformed(format!("not JSON: line {}, column {}", inner.line(), inner.column())),
            }
        })?;
        source.end().map_err(|_| Problem::malformed("there is something after the JSON value"))?;
        Ok(Self(value))
    }
}

/// The query string, as a flat struct with `deny_unknown_fields`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Part for Query<T> {
    async fn take(parts: &mut Parts) -> Result<Self, Problem> {
        let query = parts.request.query_string().as_bytes();
        if let Some((name, _)) =
            form_urlencoded::parse(query).find(|(name, value)| name.contains('\0') || value.contains('\0'))
        {
            return Err(Problem::field(Violation::at(name, "control_character", "must not hold NUL characters")));
        }
        let pairs = form_urlencoded::parse(query);
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map(Self).map_err(|error| {
            let mut violation = violation(pointer(error.path()), &error.into_inner().to_string());
            violation.pointer = violation.pointer.trim_start_matches('/').to_owned();
            Problem::field(violation)
        })
    }
}

/// The query of a list that takes nothing but its page.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    pub cursor: Option<Uuid>,
}

impl PageQuery {
    /// The page that is asked for.
    ///
    /// # Errors
    /// A limit outside 1 to 200.
    pub fn ask(&self) -> Result<PageAsk, Problem> {
        page_ask(self.limit, self.cursor)
    }
}

/// The query of a public list, of which the staff may also see what is not offered.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublicQuery {
    /// Whether to list everything, also what is closed, unlisted or retired; for staff.
    #[serde(default)]
    pub all: bool,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    pub cursor: Option<Uuid>,
}

/// The page that a list's own query asks for.
///
/// # Errors
/// A limit outside 1 to 200.
pub fn page_ask(limit: Option<i64>, cursor: Option<Uuid>) -> Result<PageAsk, Problem> {
    let limit = limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::field(Violation::at("limit", "out_of_range", "must be 1 to 200")));
    }
    Ok(PageAsk { limit, after: cursor })
}

async fn read(parts: &mut Parts) -> Result<Bytes, Problem> {
    let announced = parts.request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.unwrap_or(0_usize) > BODY_LIMIT {
        return Err(Problem::too_large(BODY_LIMIT));
    }
    let mut body = actix_web::web::BytesMut::new();
    while let Some(chunk) = parts.payload.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("the body did not arrive whole"))?;
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(Problem::too_large(BODY_LIMIT));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Whether JSON text escapes a NUL, which PostgreSQL cannot keep. (As itself it is no JSON.)
fn holds_nul(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (_, escape) = rest.split_at(at);
        if escape.starts_with(b"\\u0000") {
            return true;
        }
        // The character after a backslash is part of the escape, a second backslash included.
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

/// A JSON Pointer (RFC 6901) to where deserialising stopped.
fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Serde says in words what is wrong; the first of them tell the kinds apart.
fn violation(pointer: String, message: &str) -> Violation {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    if let Some(field) = named("missing field `") {
        return Violation::at(format!("{pointer}/{field}"), "missing", "is required");
    }
    if let Some(field) = named("unknown field `") {
        let pointer = if pointer.ends_with(&format!("/{field}")) { pointer } else { format!("{pointer}/{field}") };
        return Violation::at(pointer, "unknown_field", "is not known here");
    }
    if let Some(field) = named("duplicate field `") {
        return Violation::at(format!("{pointer}/{field}"), "duplicate_field", "is there twice");
    }
    // What was sent is not repeated: it may be a password in the wrong place.
    let expected = message.split_once(", expected ").map_or("", |(_, expected)| expected);
    if message.starts_with("invalid type") {
        return Violation::at(pointer, "wrong_type", format!("expected {expected}"));
    }
    if message.starts_with("unknown variant") {
        return Violation::at(pointer, "unknown_value", format!("expected {expected}"));
    }
    if message.starts_with("invalid value") {
        return Violation::at(pointer, "invalid", format!("expected {expected}"));
    }
    Violation::at(pointer, "invalid", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_not_one() {
        assert!(holds_nul(br#"{"a":"x\u0000"}"#));
        assert!(!holds_nul(br#"{"a":"x\\u0000"}"#));
        assert!(holds_nul(br#"{"a":"x\\\u0000"}"#));
    }

    #[test]
    fn serde_messages_become_codes() {
        assert_eq!(violation(String::new(), "missing field `email` at line 1 column 2").pointer, "/email");
        assert_eq!(violation("/a".into(), "unknown field `b`, expected `c`").pointer, "/a/b");
        assert_eq!(violation("/b".into(), "unknown field `b`, expected `c`").pointer, "/b");
        assert_eq!(violation("/a".into(), "invalid type: string \"x\", expected i64").code, "wrong_type");
    }
}
