//! A credential's history read by two clocks: what was so on a day, as far as was known at an instant.
//!
//! An assertion says "from this day on it is so", and what is recorded later corrects what was recorded earlier from its own day on. Three
//! questions are kept apart, because answers to one do not answer another: was it checked, is it suspended, was it revoked. So lifting a
//! suspension, from whatever day, never makes a credential verified that was not.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::assertion::{Assertion, AssertionKind, Method};
use super::credential::Credential;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What a credential is worth on a day.
    pub enum Validity {
        /// Verified, and within its dates.
        Valid = "valid",
        /// Valid still, but somebody has to look again before the grace ends.
        ReverifyDue = "reverify_due",
        /// Within its dates, but on its holder's word alone.
        SelfAttested = "self_attested",
        /// Its first day is yet to come.
        NotYetValid = "not_yet_valid",
        /// Its last day has passed.
        Expired = "expired",
        /// Nobody looked again, and the grace is over.
        ReverifyOverdue = "reverify_overdue",
        /// Nobody but, at most, its holder has vouched for it.
        NotVerified = "not_verified",
        /// Checked, and it did not hold.
        Rejected = "rejected",
        /// Does not count for the time being.
        Suspended = "suspended",
        /// Never counts again.
        Revoked = "revoked",
    }
}

impl Validity {
    /// Whether it counts for booking, where `self_attested_gates` says what the practice makes of a holder's own word.
    #[must_use]
    pub fn counts(self, self_attested_gates: bool) -> bool {
        matches!(self, Self::Valid | Self::ReverifyDue) || (self == Self::SelfAttested && self_attested_gates)
    }

    /// Why it does not count, in the words of a refusal.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::NotYetValid => "not_yet_valid",
            Self::Expired | Self::ReverifyOverdue => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Valid | Self::ReverifyDue | Self::SelfAttested | Self::NotVerified | Self::Rejected => "not_verified",
        }
    }
}

/// The two clocks: a day in the life of the credential, and an instant in the life of the practice's knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The day asked about, on the wall of the session's location.
    pub on: NaiveDate,
    /// What was recorded later than this is not known yet.
    pub known_at: Timestamp,
}

impl AsOf {
    /// A day, by all that is recorded.
    ///
    /// It is not "by what was recorded until this instant": assertions of one instant are recorded microseconds apart, and after a clock was
    /// set back the last word may seem to come from later.
    #[must_use]
    pub fn known_now(on: NaiveDate) -> Self {
        Self { on, known_at: Timestamp::from(DateTime::<Utc>::MAX_UTC) }
    }

    /// The same, with an instant to write down: now, or that of the last word about `held` where it seems to come from later. Asked about
    /// that instant, the history of `held` answers as it does now.
    #[must_use]
    pub fn known_so_far(on: NaiveDate, held: &[Held], now: Timestamp) -> Self {
        let said = held.iter().flat_map(|one| &one.assertions);
        Self { on, known_at: said.map(|said| said.recorded_at).fold(now, Timestamp::max) }
    }
}

/// The last instant of a day in a zone: "known on" a day means known by its end.
#[must_use]
pub fn end_of_day(day: NaiveDate, zone: Tz) -> Timestamp {
    let midnight = day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
    // Some clocks go forward at midnight, and Samoa once left out a day; the next day then begins where the clock does.
    let begins = (0..=48).find_map(|half_hours| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(30 * half_hours))?;
        zone.from_local_datetime(&local).earliest()
    });
    let begins = begins.map_or_else(|| midnight.and_utc(), |begins| begins.with_timezone(&Utc));
    Timestamp::from(begins).minus(TimeDelta::microseconds(1))
}

/// A credential with all that was ever said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The credential.
    pub credential: Credential,
    /// Its assertions, in any order.
    pub assertions: Vec<Assertion>,
}

impl Held {
    /// What the credential is worth as of a day and a state of knowledge, with so many days of grace after its `reverify_by`.
    #[must_use]
    pub fn validity(&self, as_of: AsOf, grace_days: i32) -> Validity {
        use AssertionKind as Kind;
        // Nothing said takes effect before the day of issue, so this hides no judgement.
        if as_of.on < self.credential.issued_on {
            return Validity::NotYetValid;
        }
        if self.latest(as_of, &[Kind::Revoked]).is_some() {
            return Validity::Revoked;
        }
        if let Some(Assertion { kind: Kind::Suspended, .. }) = self.latest(as_of, &[Kind::Suspended, Kind::Reinstated])
        {
            return Validity::Suspended;
        }
        let vetting = [Kind::Submitted, Kind::Resubmitted, Kind::Verified, Kind::Rejected];
        match self.latest(as_of, &vetting) {
            Some(Assertion { kind: Kind::Verified, .. }) => self.by_dates(as_of.on, grace_days),
            Some(Assertion { kind: Kind::Rejected, .. }) => Validity::Rejected,
            Some(Assertion { method: Some(Method::SelfAttested), .. }) => match self.by_dates(as_of.on, grace_days) {
                Validity::Valid | Validity::ReverifyDue => Validity::SelfAttested,
                ran_out => ran_out,
            },
            _ => Validity::NotVerified,
        }
    }

    /// The verification it rests on, as of a day and a state of knowledge: who looked, where and when.
    #[must_use]
    pub fn verification(&self, as_of: AsOf) -> Option<&Assertion> {
        self.latest(as_of, &[AssertionKind::Verified])
    }

    /// What its other dates say of a day from its issue on. Last days are included.
    fn by_dates(&self, on: NaiveDate, grace_days: i32) -> Validity {
        let Credential { expires_on, reverify_by, .. } = self.credential;
        if expires_on.is_some_and(|expires_on| expires_on < on) {
            Validity::Expired
        } else if self.credential.last_day(grace_days) < on {
            Validity::ReverifyOverdue
        } else if reverify_by < on {
            Validity::ReverifyDue
        } else {
            Validity::Valid
        }
    }

    /// The assertion of one of these kinds that was recorded last, among those known and in effect.
    fn latest(&self, as_of: AsOf, kinds: &[AssertionKind]) -> Option<&Assertion> {
        self.assertions
            .iter()
            .filter(|said| kinds.contains(&said.kind))
            .filter(|said| said.effective_on <= as_of.on && said.recorded_at <= as_of.known_at)
            .max_by_key(|said| said.recorded_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::*;
    use super::super::{CredentialDraft, CredentialState, Statement};
    use super::*;

    const GRACE: i32 = 30;

    fn as_of(on: i64, known: i64) -> AsOf {
        AsOf { on: day(on), known_at: at(known) }
    }

    /// Issued on day 0, expiring on day 100, to be looked at again by day 50; verified from day 0, as recorded on day 1.
    fn verified() -> Held {
        held(Some(100), 50, &[(AssertionKind::Submitted, 0, 0), (AssertionKind::Verified, 0, 1)])
    }

    #[test]
    fn first_and_last_days_are_included() {
        let on = |d| verified().validity(as_of(d, 500), GRACE);
        assert_eq!(on(-1), Validity::NotYetValid);
        assert_eq!([on(0), on(50)], [Validity::Valid; 2]);
        assert_eq!([on(51), on(80)], [Validity::ReverifyDue; 2]);
        assert_eq!([on(81), on(100)], [Validity::ReverifyOverdue; 2]);
        assert_eq!(on(101), Validity::Expired);
    }

    #[test]
    fn what_was_not_yet_recorded_was_not_known() {
        let mut one = verified();
        assert_eq!(one.validity(as_of(20, 0), GRACE), Validity::NotVerified);
        one.assertions.push(said(AssertionKind::Revoked, 10, 40));
        assert_eq!(one.validity(as_of(20, 39), GRACE), Validity::Valid);
        assert_eq!(one.validity(as_of(20, 40), GRACE), Validity::Revoked);
        assert_eq!(one.validity(as_of(9, 40), GRACE), Validity::Valid);
    }

    #[test]
    fn a_revocation_found_out_late_is_not_undone_by_an_earlier_reinstatement() {
        let mut one = verified();
        one.assertions.extend([
            said(AssertionKind::Suspended, 20, 20),
            said(AssertionKind::Reinstated, 30, 30),
            said(AssertionKind::Revoked, 15, 60),
        ]);
        assert_eq!(one.validity(as_of(35, 59), GRACE), Validity::Valid);
        assert_eq!(one.validity(as_of(35, 60), GRACE), Validity::Revoked);
    }

    #[test]
    fn lifting_a_suspension_verifies_nothing() {
        let one = held(
            None,
            50,
            &[
                (AssertionKind::Submitted, 0, 0),
                (AssertionKind::Verified, 10, 10),
                (AssertionKind::Suspended, 20, 20),
                (AssertionKind::Reinstated, 5, 30),
            ],
        );
        assert_eq!(one.validity(as_of(7, 30), GRACE), Validity::NotVerified);
        assert_eq!(one.validity(as_of(25, 29), GRACE), Validity::Suspended);
        assert_eq!(one.validity(as_of(25, 30), GRACE), Validity::Valid);
    }

    #[test]
    fn a_holders_own_word_is_never_valid_and_counts_only_where_it_may() {
        let mut one = held(Some(100), 50, &[(AssertionKind::Submitted, 0, 0)]);
        one.assertions[0].method = Some(Method::SelfAttested);
        let validity = one.validity(as_of(20, 20), GRACE);
        assert_eq!(validity, Validity::SelfAttested);
        assert!(validity.counts(true) && !validity.counts(false));
        assert_eq!(one.validity(as_of(101, 101), GRACE), Validity::Expired);
    }

    #[test]
    fn what_is_known_so_far_includes_the_last_word_though_the_clock_stands_or_was_set_back() {
        let known_at = |now| {
            let as_of = AsOf::known_so_far(day(20), &[verified()], at(now));
            assert_eq!(verified().validity(as_of, GRACE), verified().validity(AsOf::known_now(day(20)), GRACE));
            as_of.known_at
        };
        assert_eq!([known_at(0), known_at(1), known_at(20)], [at(1), at(1), at(20)]);
    }

    #[test]
    fn a_day_ends_where_its_zone_says() {
        let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let ends = |day, zone| end_of_day(day, zone).to_string();
        assert_eq!(ends(date(2027, 1, 31), Tz::Europe__Berlin), "2027-01-31T22:59:59.999999Z");
        // Beirut's clocks skip the first hour of 2025-03-30.
        assert_eq!(ends(date(2025, 3, 29), Tz::Asia__Beirut), "2025-03-29T21:59:59.999999Z");
        // Apia left out 2011-12-30 altogether.
        assert_eq!(ends(date(2011, 12, 29), Tz::Pacific__Apia), "2011-12-30T09:59:59.999999Z");
    }

    /// The same question answered by painting a calendar: each assertion, as it is recorded, paints every day from its own onward.
    fn painted(one: &Held, on: i64, known: i64, grace: i32) -> Validity {
        const DAYS: usize = 100;
        let (mut vetted, mut suspended, mut revoked) = ([None; DAYS], [false; DAYS], [false; DAYS]);
        let mut recorded: Vec<_> = one.assertions.iter().filter(|said| said.recorded_at <= at(known)).collect();
        recorded.sort_by_key(|said| said.recorded_at);
        for said in recorded {
            for d in (0..DAYS).filter(|d| said.effective_on <= day(i64::try_from(*d).unwrap())) {
                match said.kind {
                    AssertionKind::Revoked => revoked[d] = true,
                    AssertionKind::Suspended => suspended[d] = true,
                    AssertionKind::Reinstated => suspended[d] = false,
                    vetting => vetted[d] = Some((vetting, said.method == Some(Method::SelfAttested))),
                }
            }
        }
        let d = usize::try_from(on).unwrap();
        let in_dates = || {
            let mut left = grace;
            for passing in 0..=on {
                if one.credential.expires_on.is_some_and(|last| day(passing) > last) {
                    return Validity::Expired;
                }
                left -= i32::from(day(passing) > one.credential.reverify_by);
            }
            match left {
                left if left < 0 => Validity::ReverifyOverdue,
                left if left < grace => Validity::ReverifyDue,
                _ => Validity::Valid,
            }
        };
        match (revoked[d], suspended[d], vetted[d]) {
            _ if day(on) < one.credential.issued_on => Validity::NotYetValid,
            (true, ..) => Validity::Revoked,
            (_, true, _) => Validity::Suspended,
            (.., Some((AssertionKind::Verified, _))) => in_dates(),
            (.., Some((AssertionKind::Rejected, _))) => Validity::Rejected,
            (.., Some((_, true))) => match in_dates() {
                Validity::Valid | Validity::ReverifyDue => Validity::SelfAttested,
                other => other,
            },
            _ => Validity::NotVerified,
        }
    }

    /// A credential that went through random steps, each recorded a day later than the last and taking effect then or before.
    fn histories() -> impl Strategy<Value = Held> {
        let steps = prop::collection::vec((0_usize..5, 0_i64..40, any::<bool>()), 0..12);
        (0_i64..10, prop::option::of(0_i64..60), 0_i64..60, any::<bool>(), steps).prop_map(
            |(issued, lasts, reverify, own_word, steps)| {
                let draft = draft_of_days(issued, lasts.map(|lasts| issued + lasts), issued + reverify, own_word);
                let by = if own_word { holder() } else { verifier() };
                let first = Credential::submit(&draft, therapist(), &certification(), occasion_by(by, 10)).unwrap();
                let first = first.into_parts().0;
                let mut one = Held { credential: first.credential, assertions: vec![first.assertion] };
                for (n, (step, back, own_word)) in (11_i64..).zip(steps) {
                    let statement = Statement { effective_on: Some(day((n - back).max(issued))), ..full_statement() };
                    let credential = one.credential.clone();
                    let (draft, again) = (
                        CredentialDraft { self_attested: own_word, ..draft.clone() },
                        if own_word { holder() } else { verifier() },
                    );
                    let moved = match step {
                        0 => credential.verify(statement, occasion(n)),
                        1 if credential.state == CredentialState::Rejected => {
                            credential.resubmit(&draft, &certification(), occasion_by(again, n))
                        }
                        1 => credential.reject(statement, occasion(n)),
                        2 => credential.suspend(statement, occasion(n)),
                        3 => credential.reinstate(statement, occasion(n)),
                        _ if back > 30 => credential.revoke(statement, occasion(n)),
                        _ => continue,
                    };
                    if let Ok(moved) = moved {
                        let moved = moved.into_parts().0;
                        one.credential = moved.credential;
                        one.assertions.push(moved.assertion);
                    }
                }
                one.assertions.reverse();
                one
            },
        )
    }

    proptest! {
        #[test]
        fn two_clocks_agree_with_a_painted_calendar(
            one in histories(), known in 0_i64..40, grace in 0_i32..20
        ) {
            for on in 0..100 {
                prop_assert_eq!(one.validity(as_of(on, known), grace), painted(&one, on, known, grace), "on day {}", on);
            }
        }

        #[test]
        fn today_stands_what_was_said_last(one in histories()) {
            let validity = one.validity(as_of(30, 30), 10_000);
            let dated = |then: Validity| if one.credential.expires_on.is_some_and(|last| last < day(30)) { Validity::Expired } else { then };
            let expected = match one.credential.state {
                CredentialState::Submitted if one.credential.self_attested => dated(Validity::SelfAttested),
                CredentialState::Submitted => Validity::NotVerified,
                CredentialState::Verified if one.credential.reverify_by < day(30) => dated(Validity::ReverifyDue),
                CredentialState::Verified => dated(Validity::Valid),
                CredentialState::Rejected => Validity::Rejected,
                CredentialState::Suspended => Validity::Suspended,
                CredentialState::Revoked => Validity::Revoked,
            };
            prop_assert_eq!(validity, expected);
        }
    }
}
