//! Length limits of messages.

/// Returns the length as Telegram counts it.
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Checks that every limit holds and cuts between lines. Returns how many texts were cut.
pub fn check_limits(write: impl Fn(usize) -> String) -> usize {
    let mut cut = 0;
    let whole = write(usize::MAX);
    let lines: Vec<&str> = whole.lines().map(str::trim_end).collect();
    for limit in (0..units(&whole) + 2).step_by(if whole.len() > 2_000 { 211 } else { 1 }) {
        let text = write(limit);
        assert!(units(&text) <= limit, "{limit}: {text}");
        assert_eq!(text.is_empty(), limit == 0);
        if limit == 0 {
            continue;
        }
        if limit >= units(&whole) {
            assert_eq!(text, whole);
            continue;
        }
        cut += 1;
        let mut kept: Vec<&str> = text.lines().map(str::trim_end).collect();
        let last = kept.pop().unwrap();
        assert!(last.starts_with('…'), "{limit}: {text}");
        assert_eq!(kept, lines[..kept.len()], "{limit}");
    }
    cut
}
