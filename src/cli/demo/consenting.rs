//! What the demo's practice has its clients consent to.

use serde_json::json;

use super::caller::{Caller, Told, items, text};

/// No session goes ahead without the text that the program came with.
pub(super) fn required(admin: &Caller) -> Told<()> {
    let templates = admin.get("/consent-templates")?;
    let template = items(&templates).first().ok_or("no text to consent to")?;
    let ask = json!({ "name": text(template, "/name")?, "requirement": "required" });
    admin.change("PUT", &format!("/consent-templates/{}", text(template, "/id")?), template, &ask).map(drop)
}

/// A client reads what their first booking has brought them, and signs it.
pub(super) fn signed(caller: &Caller, name: &str) -> Told<()> {
    let waiting = caller.get("/consents?state=presented")?;
    let consent = items(&waiting).first().ok_or("no consent to sign")?;
    let (template, version) = (text(consent, "/template_id")?, text(consent, "/template_version_id")?);
    let shown = caller.get(&format!("/consent-templates/{template}/versions/{version}"))?;
    let ask = json!({ "name": name, "text_hash": text(&shown, "/texts/0/text_hash")?, "meaning": "i_consent" });
    caller.change("POST", &format!("/consents/{}/sign", text(consent, "/id")?), consent, &ask).map(drop)
}
