//! The therapist's record, its steps, and what is missing before they can be booked.

use serde::Serialize;

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Whether a therapist works with the practice.
    pub enum TherapistState {
        /// They do.
        Active = "active",
        /// They did. The record is kept; nothing can be booked with it.
        Offboarded = "offboarded",
    }
}

/// A therapist's public and bookable self.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Therapist {
    /// Which one.
    pub id: TherapistId,
    /// Their login, once they have one.
    pub account: Option<AccountId>,
    /// The name they practise under.
    pub name: String,
    /// What they say of themself.
    pub bio: String,
    /// Languages they treat in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Whether the public list shows them.
    pub listed: bool,
    /// Whether they work with the practice.
    pub state: TherapistState,
    /// Who answers for what a trainee signs; absent for everybody who answers for themself.
    pub supervisor: Option<TherapistId>,
    /// Grows with every change.
    pub version: i32,
}

/// A therapist's profile as somebody wrote it down, unchecked.
#[derive(Clone, Debug, Default)]
pub struct TherapistDraft {
    /// See [`Therapist::name`].
    pub name: String,
    /// See [`Therapist::bio`].
    pub bio: String,
    /// See [`Therapist::languages`].
    pub languages: Vec<String>,
}

impl Therapist {
    /// Adds a therapist: active, not yet listed.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn add(draft: &TherapistDraft, account: Option<AccountId>, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let blank = Self {
            id: TherapistId::new(now),
            account,
            name: String::new(),
            bio: String::new(),
            languages: Vec::new(),
            listed: false,
            state: TherapistState::Active,
            supervisor: None,
            version: 1,
        };
        Ok(blank.written(draft)?.told("therapist.added"))
    }

    /// Writes the profile anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault; [`Refusal::InvalidTransition`] once offboarded.
    pub fn change(self, draft: &TherapistDraft) -> Result<Change<Self>, Refusal> {
        Ok(self.next("change")?.written(draft)?.told("therapist.changed"))
    }

    /// Ties the record to its login, once.
    ///
    /// # Errors
    /// [`Refusal::PolicyViolation`] when it has one: credentials were verified by "not the holder", and the holder must stay the same.
    pub fn link_account(self, account: AccountId) -> Result<Change<Self>, Refusal> {
        let next = self.next("link_account")?;
        if next.account.is_some() {
            return Err(Refusal::PolicyViolation {
                rule: "account_already_linked",
                detail: "a therapist's record stays with the login it was tied to",
            });
        }
        let linked = Self { account: Some(account), ..next };
        let event = Event::new("therapist.account_linked", linked.id).with("account", account);
        Ok(Change::new(linked, event))
    }

    /// Shows them in the public list.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when they are listed, or offboarded.
    pub fn list(self) -> Result<Change<Self>, Refusal> {
        if self.listed {
            return Err(Refusal::InvalidTransition { what: "therapist", from: "listed", step: "list" });
        }
        Ok(Self { listed: true, ..self.next("list")? }.told("therapist.listed"))
    }

    /// Takes them out of the public list.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when they are not in it.
    pub fn unlist(self) -> Result<Change<Self>, Refusal> {
        let next = self.next("unlist")?;
        if !next.listed {
            return Err(Refusal::InvalidTransition { what: "therapist", from: "unlisted", step: "unlist" });
        }
        Ok(Self { listed: false, ..next }.told("therapist.unlisted"))
    }

    /// Ends their work with the practice.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it has ended, [`Refusal::PolicyViolation`] while they answer for a trainee.
    pub fn offboard(self, has_trainees: bool) -> Result<Change<Self>, Refusal> {
        let next = self.next("offboard")?;
        if has_trainees {
            let detail = "their trainees are put under somebody else first";
            return Err(Refusal::PolicyViolation { rule: "has_trainees", detail });
        }
        Ok(Self { listed: false, state: TherapistState::Offboarded, ..next }.told("therapist.offboarded"))
    }

    /// Puts them under a supervisor, whose co-signature their notes wait for from then on; or, with nobody, lets them answer for themself.
    ///
    /// # Errors
    /// [`Refusal::Fields`] unless it is a colleague who works here and answers for themself, and while they have trainees of their own; [`Refusal::InvalidTransition`] once offboarded.
    pub fn supervise(self, by: Option<&Self>, has_trainees: bool) -> Result<Change<Self>, Refusal> {
        let next = self.next("supervise")?;
        let may = |by: &Self| by.id != next.id && by.answers_for_themself();
        let mut fields = Fields::default();
        let told = "must be another therapist who works here and is no trainee";
        fields.require(by.is_none_or(may), "/supervisor_id", "not_a_supervisor", told);
        let told = "whoever answers for trainees is none";
        fields.require(by.is_none() || !has_trainees, "/supervisor_id", "has_trainees", told);
        fields.finish(|| Some(()))?;
        let event = Event::new("therapist.supervised", next.id);
        let event = by.iter().fold(event, |event, by| event.with("supervisor", by.id));
        Ok(Change::new(Self { supervisor: by.map(|by| by.id), ..next }, event))
    }

    /// Whether they work here and are no trainee: only such a therapist answers for another.
    #[must_use]
    pub fn answers_for_themself(&self) -> bool {
        self.state == TherapistState::Active && self.supervisor.is_none()
    }

    /// Whether they can be booked at all, whatever they hold and whenever they work.
    #[must_use]
    pub fn is_bookable(&self, login: Option<Login>) -> bool {
        self.unbookable(login).next().is_none()
    }

    /// What is missing before they can be booked.
    #[must_use]
    pub fn readiness(&self, facts: ReadinessFacts) -> Readiness {
        let gaps = [
            (!facts.eligible_for_a_session_type, ReadinessGap::NotEligible),
            (!facts.has_working_hours, ReadinessGap::NoWorkingHours),
            (!self.listed, ReadinessGap::NotListed),
        ];
        let gaps = gaps.into_iter().filter_map(|(missing, gap)| missing.then_some(gap));
        Readiness { missing: self.unbookable(facts.login).chain(gaps).collect() }
    }

    fn unbookable(&self, login: Option<Login>) -> impl Iterator<Item = ReadinessGap> + use<> {
        let gaps = [
            (self.state == TherapistState::Offboarded, ReadinessGap::Offboarded),
            (login.is_none(), ReadinessGap::NoAccount),
            (login.is_some_and(|login| !login.enabled), ReadinessGap::AccountDisabled),
            (login.is_some_and(|login| !login.holds_role), ReadinessGap::RoleMissing),
        ];
        gaps.into_iter().filter_map(|(missing, gap)| missing.then_some(gap))
    }

    /// The same therapist one version on, if they may still change.
    fn next(self, step: &'static str) -> Result<Self, Refusal> {
        match self.state {
            TherapistState::Active => Ok(Self { version: self.version + 1, ..self }),
            TherapistState::Offboarded => {
                Err(Refusal::InvalidTransition { what: "therapist", from: self.state.as_str(), step })
            }
        }
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id);
        Change::new(self, event)
    }

    fn written(self, draft: &TherapistDraft) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &draft.name, 1..=200);
        let bio = fields.text("/bio", &draft.bio, 0..=5_000);
        fields.within("/languages", draft.languages.len(), 0..=20);
        for (at, tag) in draft.languages.iter().enumerate() {
            let pointer = format!("/languages/{at}");
            fields.require(
                is_language_tag(tag),
                &pointer,
                "not_a_language",
                "must be a BCP 47 tag such as de or pt-BR",
            );
        }
        let languages = draft.languages.clone();
        fields.finish(|| Some(Self { name: name?, bio: bio?, languages, ..self }))
    }
}

/// The shape of a BCP 47 tag: a language of two or three letters, then subtags. Whether it is registered is not asked.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    tag.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

text_enum! {
    /// One thing missing before a therapist can be booked.
    pub enum ReadinessGap {
        /// They no longer work with the practice.
        Offboarded = "offboarded",
        /// They have no login, so they could neither see a booking nor write a note.
        NoAccount = "no_account",
        /// Their login is disabled.
        AccountDisabled = "account_disabled",
        /// Their login does not hold the therapist's role.
        RoleMissing = "role_missing",
        /// Their verified credentials satisfy no session type of the practice today.
        NotEligible = "not_eligible_for_any_session_type",
        /// They have no working hours.
        NoWorkingHours = "no_working_hours",
        /// The public list does not show them.
        NotListed = "not_listed",
    }
}

/// What booking asks of the login that a therapist's record is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// Whether it may sign in.
    pub enabled: bool,
    /// Whether it holds the therapist's role.
    pub holds_role: bool,
}

/// What is answered when a booking is asked for with a therapist who cannot be booked at all.
pub const NOT_BOOKABLE: Refusal = Refusal::PolicyViolation {
    rule: "therapist_not_bookable",
    detail: "the therapist has left, or has no login that may act as a therapist",
};

/// What else readiness depends on: the login, and what later rooms know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadinessFacts {
    /// Their login, if they have one.
    pub login: Option<Login>,
    /// Whether their credentials satisfy at least one active session type today.
    pub eligible_for_a_session_type: bool,
    /// Whether they have working hours.
    pub has_working_hours: bool,
}

/// What is missing before a therapist can be booked; nothing, when they can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The gaps, what must be mended first coming first.
    pub missing: Vec<ReadinessGap>,
}

impl Readiness {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: Login = Login { enabled: true, holds_role: true };
    const ALL_THERE: ReadinessFacts =
        ReadinessFacts { login: Some(LOGIN), eligible_for_a_session_type: true, has_working_hours: true };

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    fn added() -> Therapist {
        let draft = TherapistDraft { name: "Mara Lind".into(), languages: vec!["de".into()], ..Default::default() };
        Therapist::add(&draft, None, now()).unwrap().into_parts().0
    }

    #[test]
    fn readiness_names_each_gap_and_then_none() {
        let nothing = ReadinessFacts { login: None, eligible_for_a_session_type: false, has_working_hours: false };
        assert_eq!(
            added().readiness(nothing).missing,
            [ReadinessGap::NoAccount, ReadinessGap::NotEligible, ReadinessGap::NoWorkingHours, ReadinessGap::NotListed]
        );
        let linked = added().link_account(AccountId::new(now())).unwrap().into_parts().0;
        let listed = linked.list().unwrap().into_parts().0;
        assert!(listed.readiness(ALL_THERE).is_ready());
        let gone = listed.offboard(false).unwrap().into_parts().0;
        assert_eq!(gone.readiness(ALL_THERE).missing, [ReadinessGap::Offboarded, ReadinessGap::NotListed]);
    }

    #[test]
    fn who_can_be_booked_at_all_is_what_readiness_says_first() {
        let logins =
            [None, Some(LOGIN), Some(Login { enabled: false, ..LOGIN }), Some(Login { holds_role: false, ..LOGIN })];
        let bookable = logins.map(|login| added().is_bookable(login));
        assert_eq!(bookable, [false, true, false, false]);
        let first = logins.map(|login| added().readiness(ReadinessFacts { login, ..ALL_THERE }).missing[0]);
        use ReadinessGap::{AccountDisabled, NoAccount, NotListed, RoleMissing};
        assert_eq!(first, [NoAccount, NotListed, AccountDisabled, RoleMissing]);
        assert!(!added().offboard(false).unwrap().state().is_bookable(Some(LOGIN)));
    }

    #[test]
    fn an_offboarded_therapist_takes_no_step() {
        let gone = added().offboard(false).unwrap().into_parts().0;
        let draft = TherapistDraft { name: "Mara Lind".into(), ..Default::default() };
        let steps = [
            gone.clone().change(&draft),
            gone.clone().list(),
            gone.clone().unlist(),
            gone.clone().link_account(AccountId::new(now())),
            gone.offboard(false),
        ];
        for step in steps {
            assert!(matches!(step, Err(Refusal::InvalidTransition { from: "offboarded", .. })));
        }
    }

    #[test]
    fn a_supervisor_is_another_who_answers_for_themself() {
        let (trainee, mara) = (added(), added());
        let supervised = trainee.clone().supervise(Some(&mara), false).unwrap().into_parts().0;
        assert_eq!(supervised.supervisor, Some(mara.id));
        let gone = mara.clone().offboard(false).unwrap().into_parts().0;
        for nobody in [&trainee, &gone, &supervised] {
            assert!(matches!(trainee.clone().supervise(Some(nobody), false), Err(Refusal::Fields(_))));
        }
        assert!(
            matches!(trainee.clone().supervise(Some(&mara), true), Err(Refusal::Fields(_))),
            "nor who has trainees"
        );
        assert!(matches!(mara.clone().offboard(true), Err(Refusal::PolicyViolation { rule: "has_trainees", .. })));
        assert_eq!(supervised.supervise(None, true).unwrap().state().supervisor, None);
    }

    #[test]
    fn the_tie_to_a_login_is_made_once() {
        let linked = added().link_account(AccountId::new(now())).unwrap().into_parts().0;
        let again = linked.link_account(AccountId::new(now()));
        assert!(matches!(again, Err(Refusal::PolicyViolation { rule: "account_already_linked", .. })));
    }

    #[test]
    fn language_tags_have_the_shape_of_bcp_47() {
        assert!(["de", "pt-BR", "zh-Hant-TW", "gsw"].into_iter().all(is_language_tag));
        assert!(!["", "D", "deutsch", "de-", "de_AT", "12"].into_iter().any(is_language_tag));
    }
}
