//! The words for a form or a query that cannot be read.

/// Returns the words for a rejection, which names the field and the cause. `label` returns the name of a field for readers.
pub(in crate::web) fn unreadable(rejection: &str, label: impl Fn(&str) -> String) -> String {
    let cause = rejection.split_once(": ").map_or(rejection, |(_, cause)| cause);
    if let Some((_, field)) = cause.split_once("duplicate field `") {
        return format!("{} is there more than once.", label(field.trim_end_matches('`')));
    }
    if let Some((_, rest)) = cause.split_once("unknown field `") {
        return format!("unknown field `{rest}");
    }
    match cause.split_once(": ") {
        Some((field, why)) if ["integer", "digit", "number"].iter().any(|word| why.contains(word)) => {
            format!("{} must be a whole number.", label(field))
        }
        Some((field, _)) => format!("{} cannot be read.", label(field)),
        None => "A value cannot be read.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_and_no_internals() {
        for (rejection, words) in [
            (
                "Failed to deserialize form body: limit: cannot parse integer from empty string",
                "<limit> must be a whole number.",
            ),
            (
                "Failed to deserialize query string: before: invalid digit found in string",
                "<before> must be a whole number.",
            ),
            (
                "Failed to deserialize form body: hours: number too large to fit in target type",
                "<hours> must be a whole number.",
            ),
            ("Failed to deserialize query string: since: input is out of range", "<since> cannot be read."),
            (
                "Failed to deserialize query string: duplicate field `tenant`",
                "<tenant> is there more than once.",
            ),
            (
                "Failed to deserialize query string: tenant: duplicate field `tenant`",
                "<tenant> is there more than once.",
            ),
            ("Failed to buffer the request body", "A value cannot be read."),
        ] {
            assert_eq!(unreadable(rejection, |name| format!("<{name}>")), words, "{rejection}");
        }
    }
}
