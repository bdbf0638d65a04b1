//! What the client owes, before a step and after it.

use super::booking::Booking;
use super::fee::{Fee, FeeCode};
use super::policy::{Asked, Override};
use super::state::{BookingState, Source, Step};

impl Booking {
    /// What a step taken at the client's wish costs them: what the preview tells and what the step charges. Nobody pays for a request that
    /// nobody has agreed to, nor for a session that could not have taken place.
    #[must_use]
    pub fn fee_of(&self, step: Step, asked: Asked) -> Option<Fee> {
        let (terms, overrides) = (self.terms, asked.overrides);
        if !self.is_bound() {
            return None;
        }
        match (self.state, step) {
            // What was recorded by mistake, nobody had agreed to.
            (BookingState::Completed, Step::Cancel | Step::Correct) if self.source == Source::PastSession => None,
            (_, Step::Cancel) if self.is_late(asked.now) && !overrides.contains(Override::CancellationFee) => {
                Fee::share(FeeCode::LateCancel, self.price_minor, terms.late_cancel_fee_percent?)
            }
            (_, Step::NoShow) | (BookingState::Completed, Step::Correct)
                if !overrides.contains(Override::NoShowFee) =>
            {
                Fee::share(FeeCode::NoShow, self.price_minor, terms.no_show_fee_percent)
            }
            _ => None,
        }
    }

    /// What the client owes: the price of a session that took place, or a fee. `None` where there is nothing to give a receipt for.
    #[must_use]
    pub fn total_minor(&self) -> Option<i64> {
        match self.state {
            BookingState::Completed => Some(self.price_minor),
            _ => self.fee.map(|fee| fee.minor),
        }
    }
}
