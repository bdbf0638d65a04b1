//! Names and telephone numbers, parsed once at the edge. E-mail addresses are those of [accounts](crate::accounts::model::EmailAddress).
//!
//! Their `Debug` hides what they hold, so that no log line can carry it.

use std::fmt;

use crate::kernel::refusal::Violation;

/// Declares a text that only its own parser can make.
macro_rules! parsed_text {
    ($($(#[$meta:meta])* $name:ident = $rule:path;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text without spaces around it, if it is one.
            ///
            /// # Errors
            /// A violation at `pointer` that says what is wrong.
            pub fn parse(pointer: &str, text: &str) -> Result<Self, Violation> {
                let text = text.trim();
                $rule(text).map_err(|(code, message)| Violation::at(pointer, code, message))?;
                Ok(Self(text.to_owned()))
            }

            /// What the store kept: parsed when it came in, and not judged again by rules that may have changed since.
            #[must_use]
            pub fn kept(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

parsed_text! {
    /// What a person is called: 1 to 200 characters, none of them a control character.
    PersonName = check_name;
    /// A telephone number: 5 to 20 digits, with `+` in front and spaces, dots, hyphens, slashes and brackets between.
    Phone = check_phone;
}

type Fault = (&'static str, &'static str);

fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(("required", "a name is needed"));
    }
    if name.chars().count() > 200 {
        return Err(("too_long", "at most 200 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(("control_character", "no control characters"));
    }
    Ok(())
}

fn check_phone(phone: &str) -> Result<(), Fault> {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let rest = phone.strip_prefix('+').unwrap_or(phone);
    let known = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '/' | '(' | ')');
    if !(5..=20).contains(&digits) || !rest.chars().all(known) || phone.len() > 40 {
        return Err(("invalid_phone", "expected a telephone number such as +43 1 234 5678"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault<T>(parsed: Result<T, Violation>) -> Option<&'static str> {
        parsed.err().map(|violation| violation.code)
    }

    #[test]
    fn a_name_is_trimmed_and_has_one_to_two_hundred_characters() {
        assert_eq!(PersonName::parse("/name", "  Zoë O'Neill ").unwrap().as_str(), "Zoë O'Neill");
        assert_eq!(fault(PersonName::parse("/name", " \t ")), Some("required"));
        assert_eq!(fault(PersonName::parse("/name", &"ö".repeat(200))), None);
        assert_eq!(fault(PersonName::parse("/name", &"ö".repeat(201))), Some("too_long"));
        assert_eq!(fault(PersonName::parse("/name", "a\u{0}b")), Some("control_character"));
        assert_eq!(PersonName::parse("/name", "").unwrap_err().pointer, "/name");
    }

    #[test]
    fn a_number_looks_like_one() {
        for good in ["+43 1 234 5678", "(01) 234-5678", "0664/1234567", "12345"] {
            assert_eq!(fault(Phone::parse("/phone", good)), None, "{good}");
        }
        for bad in ["", "1234", "+43+1234567", "call me 12345", "123456789012345678901"] {
            assert_eq!(fault(Phone::parse("/phone", bad)), Some("invalid_phone"), "{bad}");
        }
    }

    #[test]
    fn they_do_not_print_what_they_hold() {
        assert_eq!(format!("{:?}", Phone::kept("12345".to_owned())), "Phone(..)");
    }

    proptest! {
        #[test]
        fn what_was_parsed_parses_again_to_itself(text in ".{0,210}") {
            if let Ok(name) = PersonName::parse("/name", &text) {
                prop_assert_eq!(PersonName::parse("/name", name.as_str()), Ok(name));
            }
        }
    }
}
