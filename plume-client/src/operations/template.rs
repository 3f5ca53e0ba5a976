//! Path templates and the values of their placeholders.

/// Everything but RFC 3986's unreserved characters is encoded.
const SEGMENT: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Longer than any id, name or keyword the API knows.
const MAX_SEGMENT: usize = 512;

/// Returns the names of the placeholders of a template, in order.
pub(crate) fn placeholders(template: &'static str) -> impl Iterator<Item = &'static str> {
    template.split('/').filter_map(placeholder)
}

fn placeholder(segment: &str) -> Option<&str> {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
}

/// A path template and what fills it.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<Segment>);

#[derive(Debug, Clone)]
enum Segment {
    Fixed(&'static str),
    Value(&'static str, Option<String>),
}

impl Template {
    pub(crate) fn parse(template: &'static str) -> Self {
        let segment = |segment| match placeholder(segment) {
            Some(name) => Segment::Value(name, None),
            None => Segment::Fixed(segment),
        };
        Self(template.split('/').skip(1).map(segment).collect())
    }

    /// Returns the place of the value of a placeholder, if there is one of this name.
    pub(crate) fn value_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        self.0.iter_mut().find_map(|segment| match segment {
            Segment::Value(known, value) if *known == name => Some(value),
            _ => None,
        })
    }

    /// Returns the placeholders that have a value, with their values.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, &String)> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Value(name, Some(value)) => Some((*name, value)),
            _ => None,
        })
    }

    /// Returns the path: each value becomes exactly one encoded segment. An error is the placeholder, and why its value is
    /// invalid; `None` without a value.
    pub(crate) fn path(&self) -> Result<String, (&'static str, Option<&'static str>)> {
        let mut path = String::with_capacity(128);
        for segment in &self.0 {
            path.push('/');
            match segment {
                Segment::Fixed(text) => path.push_str(text),
                Segment::Value(name, None) => return Err((name, None)),
                Segment::Value(name, Some(value)) => {
                    push_segment(&mut path, value).map_err(|why| (*name, Some(why)))?;
                }
            }
        }
        Ok(path)
    }
}

/// Appends one path segment that stays one segment. Servers and URL libraries resolve `.` and `..`, and an empty
/// value would call another operation.
fn push_segment(path: &mut String, value: &str) -> Result<(), &'static str> {
    if value.trim().is_empty() {
        return Err("it is empty");
    }
    if let Some(why) = unclean(value) {
        return Err(why);
    }
    if value.len() > MAX_SEGMENT {
        return Err("it is longer than 512 bytes");
    }
    // The encoded forms count as well: something on the way may decode once more.
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    if [value, decoded.as_ref()].iter().any(|text| matches!(*text, "." | "..")) {
        return Err("it must not be `.` or `..`");
    }
    path.extend(percent_encoding::utf8_percent_encode(value, SEGMENT));
    Ok(())
}

/// Returns what copying added invisibly to an id or name. The API would respond that there is no such resource.
pub(crate) fn unclean(value: &str) -> Option<&'static str> {
    if plume_text::on_screen(value) != value {
        return Some("it holds a line break, a direction mark or an invisible character");
    }
    (value.trim() != value).then_some("it begins or ends with a blank")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "/partners/nodes/{nodeId}";

    fn filled(value: &str) -> Result<String, (&'static str, Option<&'static str>)> {
        let mut template = Template::parse(TEMPLATE);
        *template.value_mut("nodeId").unwrap() = Some(value.to_owned());
        template.path()
    }

    #[test]
    fn a_value_stays_one_segment() {
        for value in [
            "a/b",
            "?x",
            "#x",
            "a b",
            "%2F",
            "ä",
            "😀",
            "a;b",
            "AA:BB:CC:00:11:22",
            "a\\b",
            "می\u{200c}خواهم",
        ] {
            let path = filled(value).unwrap();
            assert_eq!(path.matches('/').count(), 3, "{value}: {path}");
            let last = path.rsplit('/').next().unwrap();
            assert!(
                last.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)),
                "{path}"
            );
            assert_eq!(percent_encoding::percent_decode_str(last).decode_utf8().unwrap(), value);
        }
        let long = "x".repeat(513);
        let hidden =
            ["x\r", "\u{200b}x", "x\u{feff}", "a\u{202e}b", "\u{0}", " x", "x ", "a\nb", "a\u{200d}b"];
        for value in ["", " ", ".", "..", "%2e%2e", "%2E.", &long].into_iter().chain(hidden) {
            assert!(filled(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_value_that_is_missing_is_named() {
        assert_eq!(Template::parse(TEMPLATE).path().unwrap_err().0, "nodeId");
        assert_eq!(placeholders("/a/{b}/c/{d}").collect::<Vec<_>>(), ["b", "d"]);
    }
}
