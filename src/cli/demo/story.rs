//! Sixty days of a practice, told through its own API.
//!
//! Whatever is in the demo was asked for by somebody, decided by the rules, sealed, and recorded at its own time: the story walks the practice's
//! clock from two months ago to now and calls what any client of the API would call. So it shows nothing the program cannot do, and breaks when
//! the program does.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use serde_json::{Value, json};

use super::Login;
use super::caller::{Api, Caller, Told, items, text};
use super::cast::{self, CLIENTS, NOTES, THERAPISTS};

const ZONE: chrono_tz::Tz = chrono_tz::Europe::Berlin;
/// How long ago the story begins.
const DAYS: i64 = 61;
/// How many therapists see the clients, each their own.
const LANES: usize = 3;
/// Starts of a working day, hour and minute on the wall, by therapist in turn.
const STARTS: [(u32, u32); LANES] = [(9, 30), (11, 30), (15, 0)];

/// Tells the practice's clock what time it is.
pub(super) type Turn<'a> = &'a (dyn Fn(DateTime<Utc>) + Sync);

/// The people on stage.
struct Stage<'a> {
    api: Api,
    turn: Turn<'a>,
    password: &'a str,
    now: DateTime<Utc>,
    admin: Caller,
    desk: Caller,
    verifier: Caller,
    therapists: Vec<(Caller, String)>,
    clients: Vec<(Caller, String)>,
    /// The session for which a certification is needed, and the one for which a licence will do.
    session: String,
    rest: String,
}

/// Plays the whole story up to `now`.
pub(super) fn play(api: Api, turn: Turn<'_>, setup: &str, password: &str, now: DateTime<Utc>) -> Told<Vec<Login>> {
    let beginning = now - TimeDelta::days(DAYS);
    turn(beginning);
    let mut stage = open(api, turn, setup, password, now)?;
    stage.credentials(beginning.date_naive())?;
    stage.first_visits(beginning)?;
    let mut day = beginning.date_naive() + TimeDelta::days(1);
    while day < now.date_naive() {
        let week = working_days(day, now.date_naive());
        stage.week(&week)?;
        day = next_monday(day);
    }
    turn(now);
    stage.staff_again()?;
    stage.revocation()?;
    stage.ahead()?;
    stage.exceptions()?;
    Ok(stage.logins())
}

fn open<'a>(api: Api, turn: Turn<'a>, setup: &str, password: &'a str, now: DateTime<Utc>) -> Told<Stage<'a>> {
    let ask = json!({ "token": setup, "email": "admin@demo.example", "name": "Ada Still", "password": password });
    let admin = api.signed_in("admin@demo.example", &api.ask("POST", "/setup", &ask)?)?;
    let face = json!({
        "name": "Still Water", "contact_email": "desk@demo.example", "phone": "+49 30 1234", "zone": ZONE.name(), "currency": "EUR",
        "cancellation_text": "Free of charge until 24 hours before the session.",
    });
    admin.change("PUT", "/practice", &admin.get("/practice")?, &face)?;
    let place = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3", "10999 Berlin"], "zone": ZONE.name() });
    let location = text(&admin.post("/locations", &place)?, "/id")?;
    let types = admin.get("/credential-types?limit=200")?;
    let of_kind = |kind: &str| -> Vec<&Value> {
        items(&types)
            .iter()
            .filter(|one| one.pointer("/kind") == Some(&kind.into()))
            .filter_map(|one| one.pointer("/id"))
            .collect()
    };
    let (licences, certifications) = (of_kind("licence"), of_kind("certification"));
    let session = json!({
        "name": "Craniosacral session", "duration_minutes": 60, "price_minor": 9_500, "buffer_after_minutes": 15,
        "preparation_text": "Come in loose clothing; you stay dressed. Eat lightly before.", "schools": ["manual_cranial_sacral"],
        "requirements": [{ "any_of": licences }, { "any_of": certifications }],
    });
    let rest = json!({
        "name": "Half an hour of rest", "duration_minutes": 30, "price_minor": 5_000, "schools": ["manual_cranial_sacral"],
        "requirements": [{ "any_of": licences }],
    });
    let session = text(&admin.post("/session-types", &session)?, "/id")?;
    let rest = text(&admin.post("/session-types", &rest)?, "/id")?;
    let joins = |name: &str, email: &str, role: &str| joined(&api, &admin, (name, email, role), password);
    let desk = joins("Dora Desk", "desk@demo.example", "front_desk")?;
    let verifier = joins("Viktor Prüfer", "verifier@demo.example", "verifier")?;
    let mut therapists = Vec::new();
    for cast in &THERAPISTS {
        let caller = joins(cast.name, &address(cast.name), "therapist")?;
        let id = text(&caller.get("/auth/me")?, "/therapist_id")?;
        working(&admin, &caller, &id, cast, &location)?;
        therapists.push((caller, id));
    }
    let clients = registered(&api, password)?;
    Ok(Stage { api, turn, password, now, admin, desk, verifier, therapists, clients, session, rest })
}

fn joined(api: &Api, admin: &Caller, (name, email, role): (&str, &str, &str), password: &str) -> Told<Caller> {
    let invitation = admin.post("/invitations", &json!({ "email": email, "role": role }))?;
    let ask = json!({ "token": text(&invitation, "/token")?, "name": name, "password": password });
    api.signed_in(email, &api.ask("POST", "/invitations/accept", &ask)?)
}

fn working(admin: &Caller, caller: &Caller, id: &str, cast: &cast::Therapist, location: &str) -> Told<()> {
    let path = format!("/therapists/{id}");
    let profile = json!({ "name": cast.name, "bio": cast.bio, "languages": ["de", "en"] });
    let shown = admin.change("PUT", &path, &admin.get(&path)?, &profile)?;
    admin.change("POST", &format!("{path}/list"), &shown, &json!({}))?;
    let day = |weekday: i32| {
        json!({ "location_id": location, "weekday": weekday, "start": "09:00", "end": "18:00", "zone": ZONE.name(),
            "effective_from": "2020-01-01" })
    };
    let week = json!({ "hours": (1..=5).map(day).collect::<Vec<_>>() });
    caller.change("PUT", &format!("{path}/working-hours"), &json!({ "version": 0 }), &week).map(drop)
}

/// The clients sign up side by side: each has a password to be hashed.
fn registered(api: &Api, password: &str) -> Told<Vec<(Caller, String)>> {
    side_by_side(CLIENTS.iter(), |(name, ..)| {
        let email = address(name);
        let ask = json!({ "email": email, "name": name, "password": password });
        let caller = api.signed_in(&email, &api.ask("POST", "/auth/register", &ask)?)?;
        let id = text(&caller.get("/auth/me")?, "/client_id")?;
        Ok((caller, id))
    })
}

/// Plays a scene with several people at once; it is over when all have said their part.
fn side_by_side<P: Send, T: Send>(people: impl Iterator<Item = P>, part: impl Fn(P) -> Told<T> + Sync) -> Told<Vec<T>> {
    let part = &part;
    std::thread::scope(|scope| {
        let lanes: Vec<_> = people.map(|one| scope.spawn(move || part(one))).collect();
        lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|_| Err("somebody left the stage".to_owned())))
            .collect()
    })
}

impl Stage<'_> {
    /// What the therapists hold, put forward by them and checked by somebody else.
    fn credentials(&self, today: NaiveDate) -> Told<()> {
        let types = self.admin.get("/credential-types?limit=200")?;
        let type_of = |code: &str| {
            let found = items(&types).iter().find(|one| one.pointer("/code") == Some(&code.into()));
            found.and_then(|one| one.pointer("/id")).cloned().ok_or_else(|| format!("no credential type {code}"))
        };
        let issued = today - TimeDelta::days(400);
        let reverify_by = self.now.date_naive() + TimeDelta::days(300);
        for (cast, (caller, _)) in THERAPISTS.iter().zip(&self.therapists) {
            let (code, number) = cast.licence;
            let licence = json!({ "credential_type_id": type_of(code)?, "number": number, "issued_on": issued, "reverify_by": reverify_by });
            self.verified(&caller.post("/credentials", &licence)?, issued)?;
            let (code, number, ends_in) = cast.certification;
            let expires_on = ends_in.map(|days| self.now.date_naive() + TimeDelta::days(days));
            let certification = json!({
                "credential_type_id": type_of(code)?, "number": number, "issued_on": issued, "expires_on": expires_on,
                "reverify_by": reverify_by, "self_attested": !cast.checked,
            });
            let certification = caller.post("/credentials", &certification)?;
            if cast.checked {
                self.verified(&certification, issued)?;
            }
        }
        let (mara, _) = self.therapists.first().ok_or("nobody works here")?;
        let course = json!({ "credential_type_id": type_of("upledger_cst_1")?, "issued_on": issued, "reverify_by": reverify_by });
        mara.post("/credentials", &course).map(drop)
    }

    fn verified(&self, credential: &Value, since: NaiveDate) -> Told<()> {
        let path = format!("/credentials/{}/verify", text(credential, "/id")?);
        let seen =
            json!({ "effective_on": since, "method": "primary_source", "source": "the issuer's public register" });
        self.verifier.change("POST", &path, credential, &seen).map(drop)
    }

    /// Each client's first booking brings a form; they answer, and the therapist reads it.
    fn first_visits(&self, beginning: DateTime<Utc>) -> Told<()> {
        let days = working_days(next_monday(beginning.date_naive()), beginning.date_naive() + TimeDelta::days(30));
        side_by_side(self.lanes(), |(lane, (therapist, treats))| {
            for (round, number) in (lane..self.clients.len()).step_by(LANES).enumerate() {
                let (caller, id) = self.clients.get(number).ok_or("no clients")?;
                let (_, reason, caution) = CLIENTS.get(number).ok_or("nobody to play")?;
                let day = days.get(round).ok_or("too few days")?;
                let start = STARTS.get(lane).ok_or("too few starts")?;
                self.booked(id, treats, &self.session, at(*day, *start)?, Some(reason))?;
                let response = answered(caller, id, reason, caution.map(|finding| (finding, "current")))?;
                let verdict = match caution {
                    Some(_) => {
                        json!({ "verdict": "clear", "modification": "Lighter still, and no work at the place itself." })
                    }
                    None => json!({ "verdict": "clear" }),
                };
                let path = format!("/intake-responses/{}/review", text(&response, "/id")?);
                therapist.change("POST", &path, &response, &verdict)?;
            }
            Ok(())
        })
        .map(drop)
    }

    /// The three who are certified, each with the clients whose number leaves theirs over.
    fn lanes(&self) -> impl Iterator<Item = (usize, &(Caller, String))> {
        self.therapists.iter().take(LANES).enumerate()
    }

    fn booked(
        &self,
        client: &str,
        therapist: &str,
        kind: &str,
        start: DateTime<Utc>,
        reason: Option<&str>,
    ) -> Told<Value> {
        let reasons: Vec<&str> = reason.into_iter().collect();
        let ask = json!({
            "client_id": client, "therapist_id": therapist, "session_type_id": kind, "starts_at": start, "reasons": reasons,
        });
        self.desk.post("/bookings", &ask)
    }

    /// A working week: booked on its first morning, recorded and written up on its last evening.
    fn week(&mut self, days: &[NaiveDate]) -> Told<()> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        (self.turn)(at(*first, (5, 0))?);
        self.desk.again(self.password)?;
        let week = usize::try_from(first.iso_week().week()).unwrap_or(0);
        side_by_side(self.lanes(), |(lane, (_, treats))| {
            for (round, number) in (lane..self.clients.len()).step_by(LANES).enumerate() {
                let (_, id) = self.clients.get(number).ok_or("no clients")?;
                let day = days.get(round % days.len()).ok_or("no day")?;
                let start = STARTS.get((number + 1) % STARTS.len()).ok_or("no start")?;
                // Every third week each; a start that the first visits have taken stays theirs.
                if (round + lane + week) % 3 == 0 {
                    let _ = self.booked(id, treats, &self.session, at(*day, *start)?, None);
                }
            }
            Ok(())
        })?;
        (self.turn)(at(*last, (20, 0))?);
        let (from, to) = (at(*first, (0, 0))?, at(*last, (20, 0))?);
        let password = self.password;
        side_by_side(self.therapists.iter_mut().take(LANES), |(caller, id)| {
            caller.again(password)?;
            caller.post("/auth/step-up", &json!({ "password": password }))?;
            written_up(caller, id, (from, to))
        })
        .map(drop)
    }

    fn staff_again(&mut self) -> Told<()> {
        let staff = [&mut self.admin, &mut self.desk, &mut self.verifier];
        staff
            .into_iter()
            .chain(self.therapists.iter_mut().map(|(caller, _)| caller))
            .try_for_each(|one| one.again(self.password))
    }

    /// One certification is revoked, and the bookings that rested on it are blocked.
    fn revocation(&self) -> Told<()> {
        let (_, noor) = self.therapists.get(2).ok_or("too few therapists")?;
        let (ida, client) = (
            self.clients.get(2),
            working_days(self.now.date_naive() + TimeDelta::days(2), self.now.date_naive() + TimeDelta::days(9)),
        );
        if let (Some((_, id)), Some(day)) = (ida, client.first()) {
            self.booked(id, noor, &self.session, at(*day, (17, 0))?, None)?;
        }
        let held = self.verifier.get(&format!("/credentials?therapist_id={noor}&state=verified"))?;
        let certification = items(&held).iter().find(|one| one.pointer("/number") == Some(&"RCST 0417".into()));
        let certification = certification.ok_or("the certification to be revoked is gone")?;
        let path = format!("/credentials/{}/revoke", text(certification, "/id")?);
        let why = json!({ "reason": "The issuer withdrew it.", "source": "letter of the issuer" });
        self.verifier.change("POST", &path, certification, &why).map(drop)
    }

    /// Two weeks to come, with the two who may still be booked for it, and short rests with the newcomer.
    fn ahead(&self) -> Told<()> {
        let today = self.now.date_naive();
        let days = working_days(today + TimeDelta::days(1), today + TimeDelta::days(14));
        for (number, day) in days.iter().enumerate() {
            for (lane, start) in [(0, (9, 30)), (1, (11, 30))] {
                let (_, client) = self.clients.get((number * 2 + lane) % self.clients.len()).ok_or("no clients")?;
                let (_, treats) = self.therapists.get(lane).ok_or("too few therapists")?;
                self.booked(client, treats, &self.session, at(*day, start)?, None)?;
            }
            if number % 3 == 0 {
                let (_, client) = self.clients.get((number + 5) % self.clients.len()).ok_or("no clients")?;
                let (_, eli) = self.therapists.get(3).ok_or("too few therapists")?;
                self.booked(client, eli, &self.rest, at(*day, (16, 0))?, None)?;
            }
        }
        Ok(())
    }

    /// What does not go smoothly: a cancelled session, a child under two, somebody who needs a clearance, somebody who must not be treated.
    fn exceptions(&mut self) -> Told<()> {
        let today = self.now.date_naive();
        let days = working_days(today + TimeDelta::days(3), today + TimeDelta::days(13));
        let mut free = days.iter().map(|day| at(*day, (14, 0)));
        let (_, mara) = self.therapists.first().ok_or("nobody works here")?;
        let mut next = || free.next().ok_or("too few days")?;

        let (_, client) = self.clients.get(7).ok_or("no clients")?;
        let cancelled = self.booked(client, mara, &self.session, next()?, None)?;
        let path = format!("/bookings/{}/cancel", text(&cancelled, "/id")?);
        self.desk.change("POST", &path, &cancelled, &json!({ "reason": "illness" }))?;

        let (guardian, _) = self.clients.first_mut().ok_or("no clients")?;
        guardian.again(self.password)?;
        let born = today - TimeDelta::days(240);
        let child = json!({ "name": cast::WARD, "date_of_birth": born, "guardianship": { "basis": "parent" } });
        let ward = text(&guardian.post("/clients", &child)?, "/id")?;
        let ties = self.desk.get(&format!("/clients/{ward}/guardians"))?;
        let tie = items(&ties).first().ok_or("a child without a guardian")?;
        let path = format!("/clients/{ward}/guardians/{}/accept", text(tie, "/id")?);
        self.desk.change("POST", &path, tie, &json!({}))?;
        let ask = json!({
            "client_id": ward, "therapist_id": mara, "session_type_id": self.session, "starts_at": next()?,
            "reasons": ["infant_colic"],
        });
        guardian.post("/bookings", &ask)?;

        for (name, finding) in [cast::NEEDS_CLEARANCE, cast::REFUSED] {
            let ask = json!({ "email": address(name), "name": name, "password": self.password });
            let caller = self.api.signed_in(&address(name), &self.api.ask("POST", "/auth/register", &ask)?)?;
            let id = text(&caller.get("/auth/me")?, "/client_id")?;
            self.booked(&id, mara, &self.session, next()?, Some("stress"))?;
            answered(&caller, &id, "stress", Some((finding, "current")))?;
        }
        Ok(())
    }

    fn logins(&self) -> Vec<Login> {
        let therapist = address(THERAPISTS.first().map_or("", |one| one.name));
        let client = address(CLIENTS.first().map_or("", |(name, ..)| name));
        [
            ("admin", "admin@demo.example".to_owned()),
            ("therapist", therapist),
            ("front desk", "desk@demo.example".to_owned()),
            ("verifier", "verifier@demo.example".to_owned()),
            ("client", client),
        ]
        .map(|(role, email)| Login { role, email })
        .into()
    }
}

/// A therapist's week: each session recorded, its note drafted and signed; one client did not come, one note waits.
fn written_up(caller: &Caller, therapist: &str, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Told<()> {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let query = format!("therapist_id={therapist}&from={}&to={}&state=confirmed&limit=200", instant(from), instant(to));
    let bookings = caller.get(&format!("/bookings?{query}"))?;
    for (number, booking) in items(&bookings).iter().enumerate() {
        let id = text(booking, "/id")?;
        if number == 4 {
            caller.change("POST", &format!("/bookings/{id}/no-show"), booking, &json!({}))?;
            continue;
        }
        caller.change("POST", &format!("/bookings/{id}/complete"), booking, &json!({}))?;
        let note = caller.post("/session-notes", &json!({ "booking_id": id }))?;
        let path = format!("/session-notes/{}", text(&note, "/id")?);
        let words = NOTES
            .get((number + id.len() + id.bytes().map(usize::from).sum::<usize>()) % NOTES.len())
            .unwrap_or(&NOTES[0]);
        let [subjective, objective, assessment, plan, region, response] = words;
        let content = json!({ "content": {
            "subjective": subjective, "objective": objective, "assessment": assessment, "plan": plan,
            "regions": [{ "region": region }], "response": response,
        } });
        let draft = caller.change("PUT", &format!("{path}/draft"), &note, &content)?;
        if number != 3 {
            caller.change("POST", &format!("{path}/sign"), &draft, &json!({}))?;
        }
    }
    Ok(())
}

/// Answers the open form and hands it in: nothing found but what is named.
fn answered(caller: &Caller, client: &str, reason: &str, finding: Option<(&str, &str)>) -> Told<Value> {
    let open = caller.get(&format!("/intake-responses?client_id={client}"))?;
    let response = items(&open).first().ok_or("no form to answer")?;
    let form = caller.get(&format!("/intake-form-versions/{}", text(response, "/form_version_id")?))?;
    let sections = form.pointer("/definition/sections").and_then(Value::as_array).ok_or("a form without sections")?;
    let questions = sections.iter().filter_map(|section| section.pointer("/questions")?.as_array()).flatten();
    let findings = questions.filter(|one| one.pointer("/answer/type") == Some(&"finding".into()));
    let mut answers: serde_json::Map<String, Value> = findings
        .filter_map(|one| Some((one.pointer("/id")?.as_str()?.to_owned(), json!({ "status": "none" }))))
        .collect();
    if let Some((finding, status)) = finding {
        answers.insert(finding.to_owned(), json!({ "status": status, "onset": "unknown" }));
    }
    for (question, answer) in [
        ("reasons_for_visit", json!([reason])),
        ("goals", json!("To come to rest, and to sleep through the night again.")),
        ("prior_injuries", json!("no")),
        ("surgeries", json!("no")),
        ("takes_medication", json!("no")),
        ("preferred_light", json!("dim")),
        ("preferred_music", json!("silence")),
    ] {
        answers.insert(question.to_owned(), answer);
    }
    let path = format!("/intake-responses/{}", text(response, "/id")?);
    let given = caller.change("PATCH", &format!("{path}/answers"), response, &json!({ "answers": answers }))?;
    caller.change("POST", &format!("{path}/submit"), &given, &Value::Null)
}

fn address(name: &str) -> String {
    format!("{}@demo.example", name.to_lowercase().replace(' ', "."))
}

fn at(day: NaiveDate, (hour, minute): (u32, u32)) -> Told<DateTime<Utc>> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).ok_or("no such time")?;
    let local = ZONE.from_local_datetime(&day.and_time(time)).earliest().ok_or("the clocks skip that time")?;
    Ok(local.with_timezone(&Utc))
}

fn is_working(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The working days from one day up to the end of its week or another day, whichever is first; of more than a week where `until` is further.
fn working_days(from: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
    from.iter_days().take_while(|day| *day < until).filter(|day| is_working(*day)).collect()
}

fn next_monday(day: NaiveDate) -> NaiveDate {
    day + TimeDelta::days(7 - i64::from(day.weekday().num_days_from_monday()))
}
