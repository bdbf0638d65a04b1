//! Every door against everybody: each operation of the contract, asked by each role, answers as the table says.
//!
//! A line is an operation and what each role is told; one word alone is told to all. The practice has one object of each kind, and it is the
//! client's and the therapist's; *other* client and *other* therapist have nothing to do with it.
//!
//! - `in`: the role is let in and sees the object. Changes are asked with a version that never was, so what is let in answers 412 and the
//!   practice stays as it is for the next cell; what is made twice may conflict.
//! - `401`, `403`, `404`: unknown, the wrong role, or a secret.
//! - a problem's code: the door is open to all, and what was brought does not fit.

mod practice;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::app::{Practice, Reply};
use crate::contract::Operation;
use crate::on_each_store;
use practice::{Open, Person};

const TABLE: &str = "
#                       anonymous client other therapist other desk verifier admin
set_up                  link_spent
register                in
log_in                  wrong_credentials
refresh                 unauthenticated
recover                 link_spent
log_out                 401       in     in    in        in    in   in       in
see_self                401       in     in    in        in    in   in       in
change_password         401       wrong  wrong wrong     wrong wrong wrong   wrong
step_up                 401       wrong  wrong wrong     wrong wrong wrong   wrong
list_sessions           401       in     in    in        in    in   in       in
end_session             401       in     404   404       404   404  404      404
list_users              401       403    403   403       403   403  403      in
see_user                401       403    403   403       403   403  403      in
set_roles               401       403    403   403       403   403  403      in
disable_user            401       403    403   403       403   403  403      in
enable_user             401       403    403   403       403   403  403      in
invite                  401       403    403   403       403   403  403      in
list_invitations        401       403    403   403       403   403  403      in
accept                  link_spent

see_practice            in
change_practice         401       403    403   403       403   403  403      in
see_settings            401       403    403   in        in    in   in       in
change_settings         401       403    403   403       403   403  403      in
list_locations          in
add_location            401       403    403   403       403   403  403      in
change_location         401       403    403   403       403   403  403      in
close_location          401       403    403   403       403   403  403      in
reopen_location         401       403    403   403       403   403  403      in
list_rooms              401       403    403   in        in    in   403      in
add_room                401       403    403   403       403   403  403      in
change_room             401       403    403   403       403   403  403      in
retire_room             401       403    403   403       403   403  403      in
list_holidays           in
declare_holiday         401       403    403   403       403   403  403      in
lift_holiday            401       403    403   403       403   403  403      in

list_therapists         in
see_therapist           in
add_therapist           401       403    403   403       403   403  403      in
change_therapist        401       403    403   in        403   403  403      in
put_on_list             401       403    403   403       403   403  403      in
take_off_list           401       403    403   403       403   403  403      in
offboard_therapist      401       403    403   403       403   403  403      in
link_therapist_account  401       403    403   403       403   403  403      in
supervise_therapist     401       403    403   403       403   403  403      in
see_readiness           401       403    403   in        404   in   403      in

list_clients            401       in     in    in        in    in   403      in
register_client         401       in     in    403       403   in   403      in
see_client              401       in     404   in        404   in   403      in
amend_client            401       in     404   403       403   in   403      in
issue_claim_code        401       403    403   403       403   in   403      in
claim_record            401       link_spent link_spent 403 403 403 403      403
list_guardians          401       in     404   in        404   in   403      in
add_guardian            401       403    403   403       403   in   403      in
accept_guardian         401       403    403   403       403   in   403      in
decline_guardian        401       403    403   403       403   in   403      in
end_guardian            401       403    403   403       403   in   403      in
list_care_relationships 401       in     404   in        404   in   403      in
grant_care_relationship 401       403    403   403       403   403  403      in

list_credential_types   in
add_credential_type     401       403    403   403       403   403  403      in
see_public_credentials  in
submit_credential       401       403    403   in        403   403  403      in
list_credentials        401       403    403   in        in    403  in       in
see_credential          401       403    403   in        404   403  in       in
resubmit_credential     401       403    403   in        404   403  403      in
renew_credential        401       403    403   in        404   403  403      in
verify_credential       401       403    403   403       403   403  in       in
reject_credential       401       403    403   403       403   403  in       in
suspend_credential      401       403    403   403       403   403  in       in
reinstate_credential    401       403    403   403       403   403  in       in
revoke_credential       401       403    403   403       403   403  in       in
ask_register            401       403    403   403       403   403  in       in

list_session_types      in
see_session_type        in
create_session_type     401       403    403   403       403   403  403      in
change_session_type     401       403    403   403       403   403  403      in
retire_session_type     401       403    403   403       403   403  403      in

working_hours           401       403    403   in        404   in   403      in
write_working_hours     401       403    403   in        404   403  403      in
list_time_off           401       403    403   in        404   in   403      in
take_time_off           401       403    403   in        404   403  403      in
# The therapist has taken it back before the admin asks.
remove_time_off         401       403    403   in        404   403  403      404
list_overrides          401       403    403   in        404   in   403      in
write_override          401       403    403   in        404   403  403      in
# Here too.
remove_override         401       403    403   in        404   403  403      404
see_day_limits          401       403    403   in        404   in   403      in
set_day_limits          401       403    403   in        404   403  403      in
list_offerings          in
write_offering          401       403    403   in        404   403  403      in
withdraw_offering       401       403    403   in        404   403  403      in

list_consent_templates  401       in     in    in        in    in   in       in
see_consent_template    401       in     in    in        in    in   in       in
create_consent_template 401       403    403   403       403   403  403      in
change_consent_template 401       403    403   403       403   403  403      in
list_consent_versions   401       in     in    in        in    in   in       in
draft_consent_version   401       403    403   403       403   403  403      in
read_consent_version    401       in     in    in        in    in   in       in
redraft_consent_version 401       403    403   403       403   403  403      in
publish_consent_version 401       403    403   403       403   403  403      in
sign_off_consent_version 401       403    403   403       403   403  403      in
list_consents           401       in     in    in        in    in   403      in
present_consent         401       in     404   in        404   in   403      in
see_consent             401       in     404   in        404   in   403      in
sign_consent            401       in     404   403       403   403  403      403
withdraw_consent        401       in     404   in        404   in   403      in
# Nothing was withdrawn; the consents' own tests tell who reads why.
read_withdrawal         401       404    404   404       404   403  403      403
list_consent_links      401       in     404   in        404   in   403      in
list_response_links     401       in     404   in        404   in   403      in
link_consent            401       403    403   in        404   in   403      in
link_response           401       403    403   in        404   in   403      in
# Whoever holds a form link has no line here; the links' own tests tell what it opens, and that it opens nothing else.
see_form_link           401       403    403   403       403   403  403      403
read_linked_consent     401       403    403   403       403   403  403      403
sign_linked_consent     401       403    403   403       403   403  403      403
read_linked_questions   401       403    403   403       403   403  403      403
give_linked_answers     401       403    403   403       403   403  403      403
submit_linked_form      401       403    403   403       403   403  403      403

list_forms              401       in     in    in        in    in   in       in
list_form_versions      401       in     in    in        in    in   in       in
see_form_version        401       in     in    in        in    in   in       in
add_form                401       403    403   403       403   403  403      in
draft_form_version      401       403    403   403       403   403  403      in
see_form_draft          401       403    403   403       403   403  403      in
revise_form_draft       401       403    403   403       403   403  403      in
discard_form_draft      401       403    403   403       403   403  403      in
publish_form_draft      401       403    403   403       403   403  403      in
list_rulesets           401       403    403   in        in    in   in       in
list_responses          401       in     404   in        404   in   403      in
issue_response          401       in     404   in        404   in   403      in
see_response            401       in     404   in        404   in   403      in
see_answers             401       in     404   in        404   403  403      403
give_answers            401       in     404   403       403   403  403      403
submit_response         401       in     404   403       403   403  403      403
prefill_response        401       in     404   403       403   403  403      403
attest_response         401       in     404   403       403   403  403      403
# Nothing is handed in, so there is nothing to see yet; intake's own tests tell who sees it then.
see_screening           401       404    404   404       404   403  403      403
review_response         401       403    403   in        404   403  403      403
record_clearance        401       403    403   in        404   403  403      403
list_clearances         401       in     404   in        404   403  403      403

list_slots              in
next_slots              in
check_booking           401       in     404   in        404   in   403      in
hold_slot               401       in     404   in        404   in   403      in
see_slot_hold           401       in     404   in        404   in   403      in
extend_slot_hold        401       in     404   in        404   in   403      in
release_slot_hold       401       in     404   in        404   in   403      in
request_booking         401       in     404   in        404   in   403      in
record_session          401       403    403   in        404   in   403      in
join_waitlist           401       in     404   403       403   in   403      in
list_waitlist           401       in     in    in        in    in   403      in
see_waitlist_entry      401       in     404   in        404   in   403      in
amend_waitlist_entry    401       in     404   403       403   in   403      in
leave_waitlist          401       in     404   403       403   in   403      in
# Nothing is offered yet; the waiting list's own tests tell what follows then.
accept_waitlist_offer   401       offer_gone 404 403     403   offer_gone 403 offer_gone
decline_waitlist_offer  401       offer_gone 404 403     403   offer_gone 403 offer_gone
list_bookings           401       in     in    in        in    in   403      in
see_booking             401       in     404   in        404   in   403      in
allowed_actions         401       in     404   in        404   in   403      in
booking_history         401       in     404   in        404   in   403      in
# Nothing is owed yet; the policies' own tests tell who sees it then.
booking_receipt         401       404    404   404       404   404  403      404
booking_reasons         401       in     404   in        404   403  403      403
confirm_booking         401       403    403   in        404   in   403      in
decline_booking         401       403    403   in        404   in   403      in
reschedule_booking      401       in     404   in        404   in   403      in
cancel_booking          401       in     404   in        404   in   403      in
check_in_booking        401       403    403   in        404   in   403      in
complete_booking        401       403    403   in        404   in   403      in
no_show_booking         401       403    403   in        404   in   403      in
correct_booking         401       403    403   in        404   in   403      in
hand_over_calendar      401       403    403   403       403   in   403      in
list_zone_changes       401       403    403   in        in    in   403      in
# No zone has changed; the zones' own tests tell who sees it then.
acknowledge_zone_change 401       403    403   404       404   404  403      404
import_bookings         401       403    403   403       403   in   403      in
list_imports            401       403    403   403       403   in   403      in
see_import              401       403    403   403       403   in   403      in
propose_series          401       in     404   in        404   in   403      in
book_series             401       in     404   in        404   in   403      in
list_series             401       in     404   in        404   in   403      in
see_series              401       in     404   in        404   in   403      in
reschedule_series       401       in     404   in        404   in   403      in
cancel_series           401       in     404   in        404   in   403      in

start_session_note      401       403    403   in        404   403  403      403
list_session_notes      401       in     in    in        in    403  403      403
read_session_note       401       404    404   in        404   403  403      403
save_session_note_draft 401       403    403   in        404   403  403      403
sign_session_note       401       403    403   in        404   403  403      403
share_session_note      401       403    403   in        404   403  403      403
amend_session_note      401       403    403   in        404   403  403      403
sign_session_notes      401       403    403   in        in    403  403      403
enter_session_note_in_error 401   403    403   in        404   403  403      403
summarise_session_note  401       403    403   in        404   403  403      403
# Nothing is told in plain language yet; the notes' own tests tell who reads it then, and who co-signs.
read_session_note_summary 401     404    404   404       404   403  403      403
cosign_session_note     401       403    403   404       404   403  403      403
list_session_note_siblings 401    403    403   in        404   403  403      403
read_session_note_sibling 401     403    403   in        404   403  403      403
discard_session_note_sibling 401  403    403   in        404   403  403      403
# The therapist has given it up by then; the notes' own tests tell who takes one up.
adopt_session_note_sibling 401    403    403   404       404   403  403      403
count_unsigned_session_notes 401  403    403   403       403   403  403      in
list_note_templates     401       403    403   in        in    403  403      in
see_note_template       401       403    403   in        404   403  403      404
write_note_template     401       403    403   in        in    403  403      403
change_note_template    401       403    403   in        404   403  403      404
retire_note_template    401       403    403   in        404   403  403      404
see_note_vocabulary     401       403    403   in        in    403  403      in
change_note_vocabulary  401       403    403   403       403   403  403      in

see_my_day              401       403    403   in        in    403  403      403
list_tasks              401       in     in    in        in    in   in       in

list_audit_events       401       403    403   403       403   403  403      in
see_audit_event         401       403    403   403       403   403  403      in
see_access_log          401       in     404   403       403   403  403      in
";

on_each_store!(every_door_answers_as_the_table_says);

#[test]
fn every_operation_has_its_line() {
    let document = stillpoint::app::document();
    let operations: BTreeSet<&str> = Operation::all(&document).iter().map(Operation::id).collect();
    let lines = table();
    let lines: BTreeSet<&str> = lines.keys().copied().collect();
    let missing: Vec<_> = operations.difference(&lines).collect();
    let extra: Vec<_> = lines.difference(&operations).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "operations without a line: {missing:?}; lines without an operation: {extra:?}"
    );
}

fn every_door_answers_as_the_table_says(practice: Practice) {
    let document = stillpoint::app::document();
    let lines = table();
    let open = Open::stand(&practice);
    let mut wrong = Vec::new();
    for operation in Operation::all(&document) {
        // A missing line is the other test's to tell.
        let Some(expected) = lines.get(operation.id()) else { continue };
        let replies = Person::ALL.map(|person| open.knock(&document, &operation, person));
        let told: Vec<String> =
            std::iter::zip(expected, &replies).map(|(expected, reply)| told(expected, reply)).collect();
        if told != *expected {
            let last = std::iter::zip(expected, &replies).filter(|(expected, reply)| told_differs(expected, reply));
            let last: BTreeSet<String> = last.map(|(_, reply)| format!("{:.300}", reply.body.to_string())).collect();
            wrong.push(format!("{}\n  expected {expected:?}\n  was told {told:?}\n  {last:?}", operation.id()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told_differs(expected: &str, reply: &Reply) -> bool {
    told(expected, reply) != expected
}

/// What a reply tells, in the table's words; of two words that fit, the expected one.
fn told(expected: &str, reply: &Reply) -> String {
    let code = reply.body["code"].as_str().unwrap_or_default();
    let let_in = match reply.status {
        200..300 | 409 | 412 => true,
        422 => code != "invalid_fields" && code != "malformed",
        _ => false,
    };
    match (expected, reply.status, code) {
        ("wrong", 401, "wrong_credentials") => "wrong".to_owned(),
        _ if expected == code && !expected.is_empty() => code.to_owned(),
        (_, 401, "unauthenticated") => "401".to_owned(),
        (_, 403, "forbidden") => "403".to_owned(),
        (_, 404, "not_found") => "404".to_owned(),
        _ if let_in => "in".to_owned(),
        (_, status, code) => format!("{status} {code}"),
    }
}

/// What each of [`Person::ALL`] is told, by operation.
fn table() -> BTreeMap<&'static str, Vec<String>> {
    let mut table = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let operation = words.next().unwrap();
        let mut cells: Vec<String> = words.map(str::to_owned).collect();
        if let [one] = &cells[..] {
            cells = vec![one.clone(); Person::ALL.len()];
        }
        assert_eq!(cells.len(), Person::ALL.len(), "{operation} needs a word for each");
        assert!(table.insert(operation, cells).is_none(), "{operation} stands twice");
    }
    table
}

impl Open<'_> {
    /// Asks for an operation as somebody, on the practice's own objects and with a body that fits.
    fn knock(&self, document: &Value, operation: &Operation<'_>, person: Person) -> Reply {
        let mut path = self.path(operation);
        let query = self.query(operation);
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        let body = operation.body(document).map(|schema| {
            let mut body = special(operation.id()).unwrap_or_else(|| schema["example"].clone());
            self.furnish(&mut body);
            body
        });
        let headers: &[(&str, &str)] =
            if operation.has_parameter("If-Match") { &[("If-Match", "\"999999\"")] } else { &[] };
        self.caller(person, operation.id() == "log_out").send(
            &operation.method.to_uppercase(),
            &path,
            headers,
            body.as_ref(),
        )
    }

    fn path(&self, operation: &Operation<'_>) -> String {
        let mut path = Vec::new();
        let mut collection = "";
        for segment in operation.path.split('/') {
            if segment.starts_with('{') {
                path.push(self.object(collection).to_owned());
            } else {
                collection = segment;
                path.push(segment.to_owned());
            }
        }
        path.join("/")
    }

    fn query(&self, operation: &Operation<'_>) -> String {
        let parameters = operation.told["parameters"].as_array().into_iter().flatten();
        let besides: &[&str] = match operation.id() {
            // Staff see no list of all clients' forms: they say whose.
            "list_responses" => &["client_id"],
            // Needed, unless a start is to be explained.
            "list_slots" => &["from", "to"],
            _ => &[],
        };
        let asked = |one: &Value| one["required"] == true || besides.iter().any(|name| one["name"] == *name);
        let required = parameters.filter(|one| one["in"] == "query" && asked(one));
        let pairs = required.map(|one| {
            let name = one["name"].as_str().unwrap();
            format!("{name}={}", self.object(&collection(name)))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Puts the practice's own objects where a body names some.
    fn furnish(&self, body: &mut Value) {
        match body {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    if name.ends_with("_id") && value.is_string() {
                        *value = self.object(&collection(name)).into();
                    } else if name == "any_of" {
                        *value = json!([self.object("credential-types")]);
                    } else {
                        self.furnish(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.furnish(item)),
            _ => {}
        }
    }
}

/// `session_type_id` is one of `session-types`.
fn collection(name: &str) -> String {
    match name.strip_suffix("_id") {
        // A person, where the collection below a client holds guardianships.
        Some("guardian") => "guardian".to_owned(),
        Some(one) => format!("{}s", one.replace('_', "-")),
        None => name.to_owned(),
    }
}

/// Bodies where the document's example would do more than ask.
fn special(operation: &str) -> Option<Value> {
    match operation {
        // The example's is everybody's real password.
        "change_password" => {
            Some(json!({ "current_password": "not the right one", "new_password": "another quiet sentence" }))
        }
        // The example's is one's own, and admins have none.
        "submit_credential" => Some(
            json!({ "therapist_id": "", "credential_type_id": "", "number": "CST-T 4711", "issued_on": "2025-05-01",
            "expires_on": "2028-04-30", "reverify_by": "2027-12-31" }),
        ),
        "step_up" => Some(json!({ "password": "not the right one" })),
        "log_in" => Some(json!({ "email": "nobody@example.org", "password": "not the right one" })),
        _ => None,
    }
}
