//! How numbers are written.

/// Three decimals without the leading zero, as the paper prints; a dash for what is not
/// there or not defined.
#[must_use]
pub fn number(value: Option<f64>) -> String {
    match value.filter(|v| v.is_finite()) {
        None => "–".into(),
        Some(v) => {
            let text = format!("{v:.3}");
            match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
                (Some(rest), _) => format!(".{rest}"),
                (_, Some(rest)) => format!("-.{rest}"),
                _ => text,
            }
        }
    }
}

/// As [`number`], with its sign: a change.
#[must_use]
pub fn signed(value: Option<f64>) -> String {
    let text = number(value);
    match value {
        Some(v) if v >= 0.0 && v.is_finite() => format!("+{text}"),
        _ => text,
    }
}

/// All digits for a CSV; nothing for what is not there or not defined.
#[must_use]
pub fn exact(value: Option<f64>) -> String {
    value
        .filter(|v| v.is_finite())
        .map_or(String::new(), |v| v.to_string())
}

/// A signed percentage with one decimal.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    match value.filter(|v| v.is_finite()) {
        None => "–".into(),
        Some(v) => format!("{v:+.1}"),
    }
}
