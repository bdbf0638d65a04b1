//! Who asks for a step, what they set aside by name, and how much one client may have booked.

use super::state::{Side, Step};
use crate::availability::model::waiver::{Waiver, Waivers};
use crate::kernel::change::Event;
use crate::kernel::fields::Fields;
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::places::model::ClientLimits;
use crate::text_enum;

text_enum! {
    /// A rule that staff may set aside, by its name. An overlap and a finding that forbids the session have none.
    pub enum Override {
        /// Calling off, at the client's wish, what can no longer be called off.
        CancellationWindow = "cancellation_window",
        /// The fee of a late cancellation.
        CancellationFee = "cancellation_fee",
        /// The fee of not coming.
        NoShowFee = "no_show_fee",
    }
}

text_enum! {
    /// Why a rule was set aside. A list, because free text here would soon hold clinical content.
    pub enum OverrideReason {
        /// Somebody was ill.
        Illness = "illness",
        /// Something happened that could wait for nobody.
        Emergency = "emergency",
        /// The weather or the roads.
        Weather = "weather",
        /// The practice had a part in it.
        PracticeError = "practice_error",
        /// Somebody takes over from a therapist who leaves.
        Handover = "handover",
        /// The practice is kind.
        Goodwill = "goodwill",
        /// None of these.
        Other = "other",
    }
}

impl Override {
    /// Whether a step goes by the rule at all.
    fn belongs_to(self, step: Step) -> bool {
        match self {
            Self::CancellationWindow | Self::CancellationFee => step == Step::Cancel,
            Self::NoShowFee => matches!(step, Step::NoShow | Step::Correct),
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::CancellationWindow => 1,
            Self::CancellationFee => 2,
            Self::NoShowFee => 4,
        }
    }
}

/// The rules that are set aside for one step, and why; mostly none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overrides {
    named: u8,
    reason: Option<OverrideReason>,
}

impl Overrides {
    /// Reads what was sent with a step.
    fn parse(step: Step, names: &[Override], reason: Option<OverrideReason>) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        for (at, name) in names.iter().enumerate() {
            let pointer = format!("/override/{at}");
            fields.require(name.belongs_to(step), &pointer, "not_here", "this step does not go by that rule");
        }
        is_complete(&mut fields, names, reason);
        let named = names.iter().fold(0, |named, name| named | name.bit());
        fields.finish(|| Some(Self { named, reason }))
    }

    /// Whether a rule is set aside.
    pub(super) fn contains(self, name: Override) -> bool {
        self.named & name.bit() != 0
    }

    /// Names them in an event.
    pub(super) fn told(self, event: Event) -> Event {
        told(event, Override::ALL.iter().filter(|name| self.contains(**name)), self.reason)
    }
}

/// The rules about times and limits that staff set aside for one session, and why; mostly none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAside {
    /// Which.
    pub rules: Waivers,
    reason: Option<OverrideReason>,
}

impl SetAside {
    /// Reads what was sent with a time.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for names without a reason, and for a reason without names.
    pub fn parse(names: &[Waiver], reason: Option<OverrideReason>) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        is_complete(&mut fields, names, reason);
        fields.finish(|| Some(Self { rules: names.iter().copied().collect(), reason }))
    }

    /// Only staff set rules aside.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to anybody else who does.
    pub fn by(self, side: Option<Side>, operation: &'static str) -> Result<(), Refusal> {
        match side {
            Some(Side::Staff(_)) => Ok(()),
            _ if self.rules.is_empty() => Ok(()),
            _ => Err(Refusal::Forbidden { operation }),
        }
    }

    /// Whether somebody takes over what was agreed, which is nobody's wish for another time.
    #[must_use]
    pub fn is_handover(self) -> bool {
        self.reason == Some(OverrideReason::Handover)
    }

    /// Names them in an event.
    pub(super) fn told(self, event: Event) -> Event {
        told(event, self.rules.iter(), self.reason)
    }
}

/// Rules are set aside by name and with a reason, or not at all.
fn is_complete<T>(fields: &mut Fields, names: &[T], reason: Option<OverrideReason>) {
    let complete = names.is_empty() == reason.is_none();
    fields.require(complete, "/override_reason", "required", "name the rules that are set aside, and say why");
}

fn told(event: Event, names: impl Iterator<Item = impl ToString>, reason: Option<OverrideReason>) -> Event {
    names.fold(event, |event, name| event.with("override", name)).with_some("override_reason", reason)
}

/// Who asks for a step, when, and which rules they set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// On whose side.
    pub side: Side,
    /// Now.
    pub now: Timestamp,
    /// The rules of the step that are set aside; mostly none.
    pub(super) overrides: Overrides,
    /// Those of the time that a booking is moved to.
    pub(super) set_aside: SetAside,
}

impl Asked {
    /// Asked for under all the rules.
    #[must_use]
    pub fn plainly(side: Side, now: Timestamp) -> Self {
        Self { side, now, overrides: Overrides::default(), set_aside: SetAside::default() }
    }

    /// The same with rules of the new time set aside. Only staff do that.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to anybody else.
    pub fn setting_aside(self, set_aside: SetAside) -> Result<Self, Refusal> {
        set_aside.by(Some(self.side), Step::Reschedule.operation())?;
        Ok(Self { set_aside, ..self })
    }

    /// The same with rules set aside for a step, by name and with a reason. Only staff do that.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to anybody else; [`Refusal::Fields`] for a rule that the step does not go by, for names without a reason, and for
    /// a reason without names.
    pub fn overriding(self, step: Step, names: &[Override], reason: Option<OverrideReason>) -> Result<Self, Refusal> {
        if !names.is_empty() && !matches!(self.side, Side::Staff(_)) {
            return Err(Refusal::Forbidden { operation: step.operation() });
        }
        Ok(Self { overrides: Overrides::parse(step, names, reason)?, ..self })
    }
}

/// How much a client has booked already, besides what is being decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// Sessions that are yet to take place.
    pub open: usize,
    /// Sessions in the week of the one that is asked for, past ones too.
    pub in_week: usize,
}

impl Booked {
    /// Whether the practice's limits leave room for one more.
    ///
    /// # Errors
    /// [`Refusal::LimitReached`] naming the setting.
    pub fn leaves_room(self, limits: &ClientLimits) -> Result<(), Refusal> {
        let limits = [
            ("max_open_bookings_per_client", self.open, limits.max_open_bookings_per_client),
            ("max_bookings_per_client_per_week", self.in_week, limits.max_bookings_per_client_per_week),
        ];
        for (limit, booked, most) in limits {
            if most.and_then(|most| usize::try_from(most).ok()).is_some_and(|most| booked >= most) {
                return Err(Refusal::LimitReached { limit });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_set_aside_where_it_holds_and_with_a_reason() {
        let parse = Overrides::parse;
        let fees = [Override::CancellationFee];
        let given = parse(Step::Cancel, &fees, Some(OverrideReason::Goodwill)).unwrap();
        assert!(given.contains(Override::CancellationFee) && !given.contains(Override::CancellationWindow));
        let twice = parse(Step::Cancel, &[Override::CancellationFee; 2], Some(OverrideReason::Goodwill));
        assert!(twice.unwrap().contains(Override::CancellationFee), "said twice it is said");
        let faults = |given: Result<Overrides, Refusal>| match given {
            Err(Refusal::Fields(faults)) => faults.into_iter().map(|fault| fault.pointer).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(faults(parse(Step::Cancel, &fees, None)), ["/override_reason"]);
        assert_eq!(faults(parse(Step::Cancel, &[], Some(OverrideReason::Other))), ["/override_reason"]);
        assert_eq!(faults(parse(Step::NoShow, &fees, Some(OverrideReason::Other))), ["/override/0"]);
        assert_eq!(parse(Step::Correct, &[], None), Ok(Overrides::default()));
        assert!(parse(Step::Correct, &[Override::NoShowFee], Some(OverrideReason::Illness)).is_ok());
    }

    #[test]
    fn only_staff_set_rules_of_time_aside_and_say_why() {
        let given = SetAside::parse(&[Waiver::Grid], Some(OverrideReason::Goodwill)).unwrap();
        assert!(given.rules.contains(Waiver::Grid) && !given.rules.contains(Waiver::Limits));
        assert!(
            SetAside::parse(&[Waiver::Grid], None).is_err()
                && SetAside::parse(&[], Some(OverrideReason::Other)).is_err()
        );
        let staff = Some(Side::Staff(crate::kernel::actor::Role::FrontDesk));
        assert_eq!(given.by(staff, "bookings.request"), Ok(()));
        assert_eq!(SetAside::default().by(Some(Side::Client), "bookings.request"), Ok(()));
        let forbidden = Err(Refusal::Forbidden { operation: "bookings.request" });
        assert_eq!(given.by(Some(Side::Client), "bookings.request"), forbidden);
        assert_eq!(given.by(None, "bookings.request"), forbidden);
    }

    #[test]
    fn a_limit_is_reached_by_the_last_and_named() {
        let limits =
            |open, week| ClientLimits { max_open_bookings_per_client: open, max_bookings_per_client_per_week: week };
        let booked = Booked { open: 3, in_week: 2 };
        assert_eq!(booked.leaves_room(&limits(None, None)), Ok(()));
        assert_eq!(booked.leaves_room(&limits(Some(4), Some(3))), Ok(()));
        let open = Err(Refusal::LimitReached { limit: "max_open_bookings_per_client" });
        assert_eq!(booked.leaves_room(&limits(Some(3), Some(3))), open);
        let week = Err(Refusal::LimitReached { limit: "max_bookings_per_client_per_week" });
        assert_eq!(booked.leaves_room(&limits(Some(4), Some(2))), week);
    }
}
