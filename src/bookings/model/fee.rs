//! What it costs a client to break the terms of a booking.

use crate::text_enum;

text_enum! {
    /// What a fee is for.
    pub enum FeeCode {
        /// The session was called off at the client's wish, later than agreed.
        LateCancel = "late_cancel",
        /// The client did not come.
        NoShow = "no_show",
    }
}

/// What a client owes in place of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// What for.
    pub code: FeeCode,
    /// How much, in minor units of the booking's currency; never nothing.
    pub minor: i64,
}

impl Fee {
    /// A share of a price, rounded half up to the minor unit.
    pub(super) fn share(code: FeeCode, price_minor: i64, percent: i32) -> Option<Self> {
        let minor = price_minor.saturating_mul(percent.into()).saturating_add(50) / 100;
        (minor > 0).then_some(Self { code, minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up_and_nothing_is_no_fee() {
        let share = |price, percent| Fee::share(FeeCode::NoShow, price, percent).map(|fee| fee.minor);
        assert_eq!([share(99, 50), share(101, 50), share(100, 50)], [Some(50), Some(51), Some(50)]);
        assert_eq!([share(149, 1), share(150, 1), share(49, 1)], [Some(1), Some(2), None]);
        assert_eq!([share(9_000, 0), share(0, 100), share(9_000, 100)], [None, None, Some(9_000)]);
        assert!(share(i64::MAX, 100).is_some());
    }
}
