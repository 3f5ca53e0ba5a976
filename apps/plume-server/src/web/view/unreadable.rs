//! The words for a form or a query that cannot be read.

/// Returns the words for a rejection, which names the field and the cause. `label` returns the name of a field for readers.
pub(in crate::web) fn unreadable(rejection: &str, label: impl Fn(&str) -> String) -> String {
    let cause = rejection.split_once(": ").map_or(rejection, |(_, cause)| cause);
    if let Some((_, field)) = cause.split_once("duplicate field `") {
        return format!("{} is there more than once.", label(field.trim_end_matches('`')));
    }
    if let Some((name, known)) =
        cause.split_once("unknown field `").and_then(|(_, rest)| rest.split_once('`'))
    {
        return match names(known) {
            known if known.is_empty() => format!("unknown name `{name}`: none is known."),
            known => format!("unknown name `{name}`: known are {known}."),
        };
    }
    if let Some((at, rest)) = cause.split_once("unknown variant `")
        && let Some((found, known)) = rest.split_once('`')
    {
        let field = label(at.trim_end_matches(": "));
        return format!("{field} must be one of {}, not `{found}`.", names(known));
    }
    match cause.split_once(": ") {
        Some((field, why)) if ["integer", "digit", "number"].iter().any(|word| why.contains(word)) => {
            format!("{} must be a whole number.", label(field))
        }
        Some((field, why)) if why.starts_with("provided string was not `true`") => {
            format!("{} must be `true` or `false`.", label(field))
        }
        Some((field, _)) => format!("{} cannot be read.", label(field)),
        None => "A value cannot be read.".to_owned(),
    }
}

/// Returns the names in backticks of a list of what was expected.
fn names(expected: &str) -> String {
    let names = expected.split('`').skip(1).step_by(2);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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
            (
                "Failed to deserialize query string: x: unknown field `x`, expected one of `a`, `b`",
                "unknown name `x`: known are `a`, `b`.",
            ),
            (
                "Failed to deserialize query string: unknown field `x`, there are no fields",
                "unknown name `x`: none is known.",
            ),
            (
                "Failed to deserialize query string: state: unknown variant `x`, expected `a` or `b`",
                "<state> must be one of `a`, `b`, not `x`.",
            ),
            (
                "Failed to deserialize query string: all: provided string was not `true` or `false`",
                "<all> must be `true` or `false`.",
            ),
            ("Failed to buffer the request body", "A value cannot be read."),
        ] {
            assert_eq!(unreadable(rejection, |name| format!("<{name}>")), words, "{rejection}");
        }
    }
}
