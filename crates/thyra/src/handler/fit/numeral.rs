//! JSON numbers by their digits, so that no integer is rounded on its way through a float.

/// What a JSON number is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Numeral {
    /// Something stands behind the decimal point.
    Fraction,
    /// A whole number with more digits than any integer type holds.
    Huge,
    /// A whole number, in plain digits.
    Whole(String),
}

/// The least and the greatest value of an integer type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    least: i128,
    greatest: u128,
}

impl Numeral {
    /// `literal` is a JSON number (RFC 8259, section 6).
    pub(super) fn of(literal: &str) -> Self {
        /// As many digits as `u128::MAX` has.
        const MOST_DIGITS: usize = 39;
        let (sign, unsigned) = match literal.strip_prefix('-') {
            Some(unsigned) => ("-", unsigned),
            None => ("", literal),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent),
            None => (unsigned, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let mut digits = [whole, fraction].concat();
        let zeros = digits.len() - digits.trim_start_matches('0').len();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Self::Whole("0".to_owned());
        }
        // An exponent beyond `i64` is far beyond every number of digits that a message holds.
        let exponent = exponent.parse::<i64>().unwrap_or_else(|_| {
            if exponent.starts_with('-') {
                i64::MIN
            } else {
                i64::MAX
            }
        });
        let fraction = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        // How many zeros to add; below zero, how many digits stand behind the point.
        let shift = exponent.saturating_sub(fraction);
        if let Ok(zeros) = usize::try_from(shift) {
            if digits.len().saturating_add(zeros) > MOST_DIGITS {
                return Self::Huge;
            }
            digits.extend(std::iter::repeat_n('0', zeros));
        } else {
            let behind = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
            let Some(point) = digits.len().checked_sub(behind) else {
                return Self::Fraction;
            };
            if digits.bytes().skip(point).any(|digit| digit != b'0') {
                return Self::Fraction;
            }
            digits.truncate(point);
            if digits.len() > MOST_DIGITS {
                return Self::Huge;
            }
        }
        Self::Whole([sign, &digits].concat())
    }
}

impl Range {
    /// Whether a whole number in digits lies within.
    pub(super) fn holds(self, digits: &str) -> bool {
        match digits.parse::<u128>() {
            Ok(number) => number <= self.greatest,
            Err(_) => digits
                .parse::<i128>()
                .is_ok_and(|number| number >= self.least),
        }
    }

    pub(super) fn in_words(self) -> String {
        format!("an integer from {} to {}", self.least, self.greatest)
    }
}

/// The range of the type that schemars names in `format`.
pub(super) fn range(format: &str) -> Option<Range> {
    let signed = |least: i128| Range {
        least,
        greatest: least.unsigned_abs() - 1,
    };
    let unsigned = |greatest: u128| Range { least: 0, greatest };
    let range = match format {
        "int8" => signed(i8::MIN.into()),
        "int16" => signed(i16::MIN.into()),
        "int32" => signed(i32::MIN.into()),
        "int64" => signed(i64::MIN.into()),
        "int128" => signed(i128::MIN),
        "int" => signed(isize::MIN as i128),
        "uint8" => unsigned(u8::MAX.into()),
        "uint16" => unsigned(u16::MAX.into()),
        "uint32" => unsigned(u32::MAX.into()),
        "uint64" => unsigned(u64::MAX.into()),
        "uint128" => unsigned(u128::MAX),
        "uint" => unsigned(usize::MAX as u128),
        _ => return None,
    };
    Some(range)
}
