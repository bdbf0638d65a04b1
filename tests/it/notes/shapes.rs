//! What the document says of sealed content, held to the models that seal it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stillpoint::credentials::model::Validity;
use stillpoint::kernel::ids::CredentialId;
use stillpoint::kernel::time::Timestamp;
use stillpoint::notes::model::{
    AddendumContent, BodyPoint, BodyView, CredentialThen, CredentialsSnapshot, DecisionSnapshot, Modification,
    NoteContent, RegionHeld, Score, Side,
};

/// The names of an object's members.
fn members(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_document_names_what_the_models_write() {
    let word = || "word".to_owned();
    let point = BodyPoint { view: BodyView::Back, x: 500, y: 560 };
    let content = NoteContent {
        regions: vec![RegionHeld { region: word(), side: Some(Side::Left), point: Some(point) }],
        scores: vec![Score { measure: word(), before: Some(1), after: Some(2) }],
        modifications: vec![Modification { finding: word(), how: word() }],
        ..NoteContent::default()
    };
    let credential = CredentialThen {
        id: CredentialId(uuid::Uuid::nil()),
        type_code: word(),
        type_name: word(),
        number: word(),
        issuer: word(),
        validity: Validity::Valid,
    };
    let snapshot = CredentialsSnapshot {
        valid_on: "2027-03-01".parse().unwrap(),
        known_at: Timestamp::from_unix_micros(0).unwrap(),
        credentials: vec![credential],
    };
    let decision = json!(DecisionSnapshot {
        valid_on: "2027-03-01".parse().unwrap(),
        decided_at: Timestamp::from_unix_micros(0).unwrap(),
        blocks: Vec::new(),
    });
    let (content, snapshot, addendum) = (json!(content), json!(snapshot), json!(AddendumContent { text: word() }));
    let document = stillpoint::app::document();
    for (shape, written) in [
        ("NoteContent", &content),
        ("RegionHeld", &content["regions"][0]),
        ("BodyPoint", &content["regions"][0]["point"]),
        ("DecisionSnapshot", &decision),
        ("Score", &content["scores"][0]),
        ("Modification", &content["modifications"][0]),
        ("AddendumContent", &addendum),
        ("CredentialsSnapshot", &snapshot),
        ("CredentialThen", &snapshot["credentials"][0]),
    ] {
        let told = &document["components"]["schemas"][shape]["properties"];
        assert!(told.is_object(), "{shape} is not in the document");
        assert_eq!(members(told), members(written), "{shape}");
    }
}
