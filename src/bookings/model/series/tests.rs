use super::*;
use crate::kernel::text_enum::TextEnum;

const BERLIN: Tz = Tz::Europe__Berlin;

fn at(text: &str) -> Timestamp {
    text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().into()
}

fn wishes(cadence: Cadence, count: i32, first: &str) -> Vec<String> {
    let plan = Plan::parse(cadence, count, 0).unwrap();
    plan.wishes(at(first), BERLIN).unwrap().iter().map(|wished| wished.start.to_string()).collect()
}

fn dates(cadence: Cadence, first: &str) -> Vec<String> {
    let first = first.parse().unwrap();
    (0..5).map(|after| cadence.date(first, after).unwrap().to_string()).collect()
}

#[test]
fn a_cadence_counts_local_dates() {
    assert_eq!(dates(Cadence::Weekly, "2027-03-02")[1..], ["2027-03-09", "2027-03-16", "2027-03-23", "2027-03-30"]);
    assert_eq!(dates(Cadence::EveryTwoWeeks, "2027-03-02")[1..3], ["2027-03-16", "2027-03-30"]);
    assert_eq!(dates(Cadence::EveryThreeWeeks, "2027-03-02")[1..3], ["2027-03-23", "2027-04-13"]);
    // A month that has no such day ends it on its last, and the next goes by the first again.
    assert_eq!(dates(Cadence::Monthly, "2027-01-31")[1..4], ["2027-02-28", "2027-03-31", "2027-04-30"]);
    assert_eq!(dates(Cadence::Graduated, "2027-03-02")[1..], ["2027-03-09", "2027-03-23", "2027-04-13", "2027-05-13"]);
    // From then on by the month.
    let sixth = Cadence::Graduated.date("2027-03-02".parse().unwrap(), 5);
    assert_eq!(sixth, "2027-06-13".parse().ok());
}

#[test]
fn the_local_time_stays_when_the_clocks_change() {
    // Forward on 28 March, back on 31 October.
    assert_eq!(
        wishes(Cadence::Weekly, 3, "2027-03-16T09:00:00Z"),
        ["2027-03-16T09:00:00Z", "2027-03-23T09:00:00Z", "2027-03-30T08:00:00Z"]
    );
    assert_eq!(
        wishes(Cadence::EveryTwoWeeks, 3, "2027-10-12T08:00:00Z"),
        ["2027-10-12T08:00:00Z", "2027-10-26T08:00:00Z", "2027-11-09T09:00:00Z"]
    );
}

#[test]
fn a_skipped_time_is_told_and_a_doubled_one_is_the_first() {
    let plan = Plan::parse(Cadence::Weekly, 3, 60).unwrap();
    let march = plan.wishes(at("2027-03-14T01:30:00Z"), BERLIN).unwrap();
    let last = march.last().unwrap();
    assert_eq!((last.start, last.is_shown), (at("2027-03-28T01:00:00Z"), false));
    assert!(march.iter().take(2).all(|wished| wished.is_shown));
    assert_eq!(march.iter().map(|wished| wished.ordinal).collect::<Vec<_>>(), [1, 2, 3]);
    let october = plan.wishes(at("2027-10-17T00:30:00Z"), BERLIN).unwrap();
    let last = october.last().unwrap();
    assert_eq!((last.start, last.is_shown), (at("2027-10-31T00:30:00Z"), true));
    // The first is what was said, though the clocks show it a second time.
    assert_eq!(plan.wishes(at("2027-10-31T01:30:00Z"), BERLIN).unwrap()[0].start, at("2027-10-31T01:30:00Z"));
}

#[test]
fn a_window_reaches_to_both_sides_and_includes_its_ends() {
    let around = |minutes| {
        let plan = Plan::parse(Cadence::Weekly, 3, minutes).unwrap();
        plan.wishes(at("2027-03-02T10:00:00Z"), BERLIN).unwrap()[0].around()
    };
    assert_eq!(around(0), None);
    let hour = around(60).unwrap();
    assert_eq!((hour.start(), hour.end().minus(TICK)), (at("2027-03-02T09:00:00Z"), at("2027-03-02T11:00:00Z")));
}

#[test]
fn a_course_has_three_to_five_sessions_in_order() {
    for count in [2, 6] {
        assert!(Plan::parse(Cadence::Weekly, count, 0).is_err());
    }
    // Three days, of 1440 minutes each.
    assert!(Plan::parse(Cadence::Weekly, 3, 4_320).is_ok());
    for window in [-1, 4_321] {
        assert!(Plan::parse(Cadence::Weekly, 3, window).is_err());
    }
    let days = [2, 3, 4, 5, 6, 7].map(|day| at(&format!("2027-03-0{day}T10:00:00Z")));
    assert!(Wished::exactly(&days[..2]).is_err() && Wished::exactly(&days).is_err());
    assert!(Wished::exactly(&[days[0], days[0], days[1]]).is_err());
    let given = Wished::exactly(&days[..3]).unwrap();
    assert_eq!(
        given.iter().map(|one| (one.ordinal, one.start)).collect::<Vec<_>>(),
        [(1, days[0]), (2, days[1]), (3, days[2])]
    );
    assert!(given.iter().all(|one| one.around().is_none()));
}

#[test]
fn a_shift_is_as_far_as_the_wall_tells() {
    let local = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    let later = Shift::between(local("2027-03-23T10:00:00"), at("2027-03-30T09:00:00Z"), BERLIN);
    assert!(later.is_later());
    assert_eq!(later.of(local("2027-03-30T10:00:00"), BERLIN), Ok(at("2027-04-06T09:00:00Z")));
    let earlier = Shift::between(local("2027-03-30T10:00:00"), at("2027-03-23T08:00:00Z"), BERLIN);
    assert!(!earlier.is_later());
    let nowhere = Shift::between(local("2027-03-23T10:00:00"), at("2027-03-23T09:00:00Z"), BERLIN);
    assert!(!nowhere.is_later());
    assert_eq!(earlier.of(local("2027-04-06T10:00:00"), BERLIN), Ok(at("2027-03-30T07:00:00Z")));
}

#[test]
fn what_follows_begins_with_a_session_of_the_course() {
    let now = at("2027-03-01T10:00:00Z");
    let members: Vec<_> = [1, 3, 4].map(|ordinal| (ordinal, BookingId::new(now))).into();
    let series = Series {
        id: BookingSeriesId::new(now),
        client: ClientId::new(now),
        therapist: TherapistId::new(now),
        session_type: SessionTypeId::new(now),
        cadence: Some(Cadence::Weekly),
        requested_by: AccountId::new(now),
        members: members.clone(),
        version: 1,
        created_at: now,
    };
    assert_eq!(series.following(3), Ok(members[1..].to_vec()));
    assert!(series.following(2).is_err() && series.following(5).is_err());
    let moved = series.clone().reschedule(3);
    assert_eq!((moved.state().version, moved.event().detail("from_ordinal")), (2, Some("3")));
    let off = series.clone().cancel(1, CancelReason::parse("client_request"));
    assert_eq!(
        (off.event().action, off.event().detail("reason")),
        ("booking_series.cancelled", Some("client_request"))
    );
    assert_eq!(series.book().event().detail("sessions"), Some("3"));
}

#[test]
fn a_course_is_refused_as_a_whole_where_no_other_start_would_help() {
    for refusal in [
        Refusal::Forbidden { operation: "booking_series.book" },
        Refusal::IntakeRequired,
        Refusal::ScreeningBlocked,
        Refusal::Blocked { blocks: vec!["screening"] },
    ] {
        assert!(refuses_course(&refusal), "{refusal:?}");
    }
    let taken = Refusal::SlotUnavailable { alternatives: Vec::new() };
    for refusal in [taken, Refusal::OutsideAvailability, Refusal::RoomUnavailable, Refusal::ClientAlreadyBooked] {
        assert!(!refuses_course(&refusal), "{refusal:?}");
    }
}

#[test]
fn chosen_starts_lie_within_a_year() {
    let exactly = |last: &str| Wished::exactly(&[at("2027-03-02T10:00:00Z"), at("2027-03-09T10:00:00Z"), at(last)]);
    assert!(exactly("2028-03-02T10:00:00Z").is_ok());
    let Err(Refusal::Fields(faults)) = exactly("2028-03-03T10:00:00Z") else { panic!("accepted") };
    assert_eq!((faults.len(), faults[0].pointer.as_str(), faults[0].code), (1, "/starts/2", "too_far"));
}
