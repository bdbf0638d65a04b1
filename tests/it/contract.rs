//! The OpenAPI document: whole, and the same as what is served.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::Practice;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// An operation of the document.
pub struct Operation<'d> {
    /// `/api/v1/users/{id}`.
    pub path: &'d str,
    /// `get`.
    pub method: &'static str,
    /// What the document says of it.
    pub told: &'d Value,
}

impl<'d> Operation<'d> {
    /// Every operation of a document.
    pub fn all(document: &'d Value) -> Vec<Self> {
        let paths = document["paths"].as_object().unwrap().iter();
        let each = paths.flat_map(|(path, item)| {
            METHODS.into_iter().filter_map(move |method| Some(Self { path, method, told: item.get(method)? }))
        });
        each.collect()
    }

    /// Its name.
    pub fn id(&self) -> &'d str {
        self.told["operationId"].as_str().unwrap_or_default()
    }

    /// The parameters of its path, in order.
    pub fn path_parameters(&self) -> Vec<&'d str> {
        self.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
    }

    /// The schema of its JSON body, its `$ref` followed.
    pub fn body(&self, document: &'d Value) -> Option<&'d Value> {
        let schema = &self.told.get("requestBody")?["content"]["application/json"]["schema"];
        Some(followed(document, schema))
    }

    /// Whether it has a parameter of this name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.told["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name))
    }
}

fn followed<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} leads nowhere")),
        None => schema,
    }
}

/// What is wrong with a document.
fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if !document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")) {
        faults.push("is not OpenAPI 3.1".to_owned());
    }
    for member in ["/info/title", "/info/version", "/components/securitySchemes/bearer", "/components/schemas/Problem"]
    {
        if document.pointer(member).is_none() {
            faults.push(format!("lacks {member}"));
        }
    }
    let mut names = BTreeSet::new();
    for operation in Operation::all(document) {
        let here = format!("{} {} ({})", operation.method, operation.path, operation.id());
        let mut fault = |what: &str| faults.push(format!("{here}: {what}"));
        if operation.id().is_empty() || !names.insert(operation.id()) {
            fault("needs a name of its own");
        }
        if !operation.path.starts_with("/api/v1/") {
            fault("is not under /api/v1");
        }
        if operation.told["summary"].as_str().is_none_or(str::is_empty) {
            fault("has no summary");
        }
        if operation.told["tags"].as_array().is_none_or(|tags| tags.len() != 1) {
            fault("needs one tag");
        }
        faults_of_asking(document, &operation, &mut fault);
        faults_of_answers(document, &operation, &mut fault);
    }
    dangling(document, document, &mut faults);
    faults
}

fn faults_of_asking(document: &Value, operation: &Operation<'_>, fault: &mut impl FnMut(&str)) {
    let parameters = operation.told["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let in_path = |one: &&Value| one["in"] == "path" && one["required"] == true && one.get("schema").is_some();
    let declared: BTreeSet<&str> = parameters.iter().filter(in_path).filter_map(|one| one["name"].as_str()).collect();
    if declared != operation.path_parameters().into_iter().collect() {
        fault("does not declare the parameters of its path");
    }
    let mut seen = BTreeSet::new();
    if !parameters.iter().all(|one| seen.insert((one["in"].as_str(), one["name"].as_str()))) {
        fault("declares a parameter twice");
    }
    if operation.told.get("requestBody").is_some() {
        if operation.told["requestBody"]["required"] != true {
            fault("does not say that its body is required");
        }
        match operation.body(document) {
            Some(schema) if schema.get("example").is_none() && schema.get("examples").is_none() => {
                fault("has no example in its body");
            }
            Some(schema) if schema["additionalProperties"] != false => fault("lets unknown fields pass"),
            Some(_) => {}
            None => fault("has a body that is not JSON"),
        }
    }
    let security = operation.told.get("security").unwrap_or(&document["security"]);
    // Open, for those with a token, or open with more to see for those who have one; for who holds a form link.
    let known = [json!([{}]), json!([{ "bearer": [] }]), json!([{}, { "bearer": [] }]), json!([{ "form": [] }])];
    if !known.contains(security) {
        fault("does not say whether it is open");
    }
}

fn faults_of_answers(document: &Value, operation: &Operation<'_>, fault: &mut impl FnMut(&str)) {
    let Some(responses) = operation.told["responses"].as_object() else {
        return fault("has no answers");
    };
    if !responses.keys().any(|status| status.starts_with('2')) {
        fault("never succeeds");
    }
    for (status, response) in responses {
        if response["description"].as_str().is_none() {
            fault(&format!("does not describe {status}"));
        }
        if status.starts_with(['4', '5']) {
            let schema = &response["content"]["application/problem+json"]["schema"];
            if schema["$ref"] != "#/components/schemas/Problem" {
                fault(&format!("answers {status} with something that is no problem"));
            }
        } else if status != "204" && response.get("content").is_none() {
            fault(&format!("does not say what {status} holds"));
        }
    }
    let has = |status: &str| responses.contains_key(status);
    let guarded = operation.told.get("security") != Some(&json!([{}]));
    let mut expected = vec!["401", "406", "500", "503"];
    expected.extend(guarded.then_some("403"));
    let names_another = operation.has_parameter("client_id") || !operation.path_parameters().is_empty();
    expected.extend(names_another.then_some("404"));
    if operation.body(document).is_some() {
        expected.extend(["400", "413", "415", "422"]);
    }
    if operation.has_parameter("If-Match") {
        expected.extend(["412", "428"]);
    }
    for status in expected {
        if !has(status) {
            fault(&format!("does not tell of {status}"));
        }
    }
}

/// Every `$ref` leads somewhere.
fn dangling(document: &Value, part: &Value, faults: &mut Vec<String>) {
    match part {
        Value::Object(members) => {
            if let Some(to) = members.get("$ref").and_then(Value::as_str)
                && document.pointer(to.trim_start_matches('#')).is_none_or(Value::is_null)
            {
                faults.push(format!("{to} leads nowhere"));
            }
            members.values().for_each(|member| dangling(document, member, faults));
        }
        Value::Array(items) => items.iter().for_each(|item| dangling(document, item, faults)),
        _ => {}
    }
}

#[test]
fn the_document_is_whole() {
    let document = stillpoint::app::document();
    assert!(Operation::all(&document).len() > 10);
    let found = faults(&document);
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_fault_in_the_document_is_seen() {
    let whole = stillpoint::app::document();
    let sees = |pointer: &str, instead: Value| {
        let mut broken = whole.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = instead;
        assert!(faults(&broken).len() > faults(&whole).len(), "{pointer} is not seen");
    };
    let user = "/paths/~1api~1v1~1users~1{id}/get";
    sees("/openapi", "3.0.3".into());
    sees(&format!("{user}/operationId"), "list_users".into());
    sees(&format!("{user}/summary"), "".into());
    sees(&format!("{user}/tags"), json!([]));
    sees(&format!("{user}/parameters"), json!([]));
    sees(&format!("{user}/responses/404"), json!({ "description": "gone" }));
    sees(&format!("{user}/responses/200"), json!({ "description": "fine" }));
    sees("/components/schemas/InviteAsk", json!({ "type": "object", "additionalProperties": false }));
    sees("/components/schemas/InviteAsk/additionalProperties", true.into());
    sees("/components/schemas/UserView", Value::Null);
}

#[test]
fn what_is_served_is_the_document() {
    let practice = Practice::on_sqlite();
    let served = practice.anonymous().get("/api/v1/openapi.json").expect(200);
    assert_eq!(served, stillpoint::app::document());
}

#[test]
fn the_page_runs_nothing_from_elsewhere() {
    let practice = Practice::on_sqlite();
    let page = practice.anonymous().get("/docs/");
    let policy = page.header("Content-Security-Policy").expect("a policy").to_owned();
    assert!(page.header("Content-Type").unwrap().starts_with("text/html"));
    let html = page.expect(200).as_str().unwrap().to_owned();
    let directives: Vec<Vec<&str>> = policy.split(';').map(|one| one.split_whitespace().collect()).collect();
    assert!(directives.contains(&vec!["default-src", "'none'"]), "{policy}");
    assert!(directives.contains(&vec!["script-src", "'self'"]), "{policy}");
    assert!(directives.contains(&vec!["frame-ancestors", "'none'"]), "{policy}");
    let sources = directives.iter().flat_map(|one| &one[1..]);
    let known = |source: &&str| ["'none'", "'self'", "data:"].contains(source) || source.starts_with("'sha256-");
    assert!(sources.clone().all(known), "{policy}");
    // With scripts from 'self' alone an inline one would not run, and the page would stay empty.
    for script in html.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src="), "an inline script: {script:.100}");
    }
    let elsewhere = html.split(['"', '\'']).find(|text| text.starts_with("http:") || text.starts_with("https:"));
    assert_eq!(elsewhere, None, "everything comes from here");
    let scripts = html.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for script in scripts {
        practice.anonymous().get(&format!("/docs/{}", script.trim_start_matches("./"))).expect(200);
    }
}
