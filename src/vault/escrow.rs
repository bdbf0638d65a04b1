//! A master key as it can be written on paper, and read back: Crockford's base 32 in groups of four, with a check.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::master::MasterKey;

/// No I, L, O or U, so that nothing is taken for a digit.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 256 bits, five to a digit.
const KEY_DIGITS: usize = 52;
/// What the check adds: twenty bits.
const CHECK_DIGITS: usize = 4;

/// The recovery copy of a master key: fourteen groups of four, the last of which checks the others.
#[must_use]
pub fn to_escrow(key: &MasterKey) -> Zeroizing<String> {
    let mut digits = in_digits(key.bytes(), KEY_DIGITS);
    digits.push_str(&check(key));
    let mut text = Zeroizing::new(String::with_capacity(80));
    for (index, digit) in digits.chars().enumerate() {
        match index {
            0 => {}
            _ if index % 28 == 0 => text.push('\n'),
            _ if index % 4 == 0 => text.push('-'),
            _ => {}
        }
        text.push(digit);
    }
    text
}

/// The master key of a recovery copy, however it is spaced and whichever case it is in.
///
/// # Errors
/// What is wrong with it; never the key.
pub fn from_escrow(text: &str) -> Result<MasterKey, String> {
    let mut values = Zeroizing::new(Vec::with_capacity(KEY_DIGITS + CHECK_DIGITS));
    for typed in text.chars().filter(|c| c.is_ascii_alphanumeric()) {
        let digit = match typed.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let value = DIGITS.iter().position(|one| char::from(*one) == digit);
        values.push(value.ok_or_else(|| format!("{typed} is no digit of a recovery copy"))?);
    }
    if values.len() != KEY_DIGITS + CHECK_DIGITS {
        return Err(format!("a recovery copy has {} digits, not {}", KEY_DIGITS + CHECK_DIGITS, values.len()));
    }
    let mut bits = Zeroizing::new(Vec::with_capacity(260));
    for value in values.iter().take(KEY_DIGITS) {
        bits.extend((0..5).rev().map(|shift| (value >> shift) & 1 == 1));
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    for (byte, eight) in bytes.iter_mut().zip(bits.chunks(8)) {
        *byte = eight.iter().fold(0, |byte, bit| (byte << 1) | u8::from(*bit));
    }
    let key = MasterKey::from_bytes(bytes);
    let typed = values.iter().skip(KEY_DIGITS).filter_map(|value| DIGITS.get(*value));
    if typed.copied().map(char::from).eq(check(&key).chars()) {
        Ok(key)
    } else {
        Err("the recovery copy does not check: a digit is wrong, or two are swapped".to_owned())
    }
}

fn check(key: &MasterKey) -> String {
    in_digits(&Sha256::digest(key.bytes()), CHECK_DIGITS).to_string()
}

/// So many digits of some bytes, five bits each, filled up with zeros.
fn in_digits(bytes: &[u8], count: usize) -> Zeroizing<String> {
    let mut digits = Zeroizing::new(String::with_capacity(count + CHECK_DIGITS));
    for index in 0..count {
        let bits =
            (index * 5..index * 5 + 5).map(|bit| bytes.get(bit / 8).is_some_and(|byte| byte >> (7 - bit % 8) & 1 == 1));
        let value = bits.fold(0_usize, |value, bit| value * 2 + usize::from(bit));
        digits.extend(DIGITS.get(value).copied().map(char::from));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_copy_is_read_back_and_a_slip_is_noticed(bytes in any::<[u8; 32]>(), at in 0_usize..56, other in 0_usize..32) {
            let key = MasterKey::from_bytes(Zeroizing::new(bytes));
            let text = to_escrow(&key);
            prop_assert_eq!(text.lines().count(), 2);
            let read = from_escrow(&text.to_lowercase().replace('-', " ").replace('0', "o")).unwrap();
            prop_assert_eq!(read.bytes(), key.bytes());
            let mut digits: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let slip = char::from(DIGITS[other]);
            // The last digit of the key holds one bit of it.
            if digits[at] != slip && at != 51 {
                digits[at] = slip;
                prop_assert!(from_escrow(&digits.iter().collect::<String>()).is_err());
            }
        }
    }

    #[test]
    fn what_is_no_copy_is_refused() {
        assert!(from_escrow("short").err().unwrap().contains("56 digits"));
        assert!(from_escrow("u").err().unwrap().contains("no digit"));
    }
}
