//! ISO 4217 currencies.

use serde::Serialize;

/// The currencies of ISO 4217 that people pay with; funds, metals and testing codes are left out.
const CODES: &str = "\
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK \
DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR \
KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB \
PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// A currency, by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Currency(&'static str);

impl Currency {
    /// The currency of a code in capitals, or `None` if there is none such.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        CODES.split(' ').find(|known| *known == code).map(Self)
    }

    /// Its three-letter code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_currencies_people_pay_with_are_known() {
        assert_eq!(Currency::parse("EUR").map(Currency::as_str), Some("EUR"));
        for wrong in ["", "eur", "XXX", "XAU", "EURO", "EUR USD", " EUR"] {
            assert_eq!(Currency::parse(wrong), None, "{wrong:?}");
        }
        assert!(CODES.split(' ').all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
    }
}
