//! Rust source reduced to its code, so that a word in a comment or a string is not mistaken for a use.

/// The source with the contents of comments, strings and characters replaced by spaces. Lines keep their numbers.
pub(crate) fn code_only(source: &str) -> String {
    let mut scanner =
        Scanner { chars: source.chars().collect(), at: 0, out: String::with_capacity(source.len()) };
    while scanner.step() {}
    scanner.out
}

/// Whether `word` stands in `code` as a whole identifier.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    })
}

/// The line number, from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

pub(crate) fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    out: String,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.out.extend(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        if let Some(character) = self.peek(0) {
            self.out.push(if character == '\n' { '\n' } else { ' ' });
        }
        self.at += 1;
    }

    /// Handles one token's worth of text; false at the end.
    fn step(&mut self) -> bool {
        match (self.peek(0), self.peek(1)) {
            (None, _) => return false,
            (Some('/'), Some('/')) => {
                while self.peek(0).is_some_and(|character| character != '\n') {
                    self.blank();
                }
            }
            (Some('/'), Some('*')) => self.block_comment(),
            (Some('"'), _) => self.string(),
            (Some('r'), Some('"' | '#')) if self.raw_hashes().is_some() => self.raw_string(),
            (Some('\''), _) => self.character_or_lifetime(),
            // A whole identifier at once, so that the `r` at the end of `for` starts no raw string. `br` and `cr` do.
            (Some(first), _) if is_identifier(first) => {
                if matches!(first, 'b' | 'c') && self.peek(1) == Some('r') {
                    self.keep();
                    if self.raw_hashes().is_some() {
                        return true;
                    }
                }
                while self.peek(0).is_some_and(is_identifier) {
                    self.keep();
                }
            }
            _ => self.keep(),
        }
        true
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => return,
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.blank();
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.blank();
                }
                _ => {}
            }
            self.blank();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.keep();
        while let Some(character) = self.peek(0) {
            match character {
                '"' => {
                    self.keep();
                    return;
                }
                '\\' => {
                    self.blank();
                    self.blank();
                }
                _ => self.blank(),
            }
        }
    }

    /// The number of `#` of a raw string that starts here with `r`, or nothing if none does.
    fn raw_hashes(&self) -> Option<usize> {
        let mut hashes = 0;
        while self.peek(1 + hashes) == Some('#') {
            hashes += 1;
        }
        (self.peek(0) == Some('r') && self.peek(1 + hashes) == Some('"')).then_some(hashes)
    }

    fn raw_string(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        for _ in 0..hashes + 2 {
            self.keep();
        }
        while let Some(character) = self.peek(0) {
            if character == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                for _ in 0..=hashes {
                    self.keep();
                }
                return;
            }
            self.blank();
        }
    }

    fn character_or_lifetime(&mut self) {
        self.keep();
        if self.peek(0) == Some('\\') {
            self.blank();
            self.blank();
            while self.peek(0).is_some_and(|character| character != '\'') {
                self.blank();
            }
            self.keep();
        } else if self.peek(1) == Some('\'') {
            self.blank();
            self.keep();
        }
        // Anything else is a lifetime: the quote was all of it that needed care.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_vanish_and_code_stays() {
        let source = "a(\"x \\\" hidden\"); // hidden\n/* hidden /* hidden */ hidden */ b::<'s>('\"', '\\'', r#\"hidden \" hidden\"#, br\"hidden\");\nseen";
        let code = code_only(source);
        assert!(!code.contains("hidden"), "{code}");
        assert!(code.contains("b::<'s>("), "{code}");
        assert!(code.ends_with("\nseen"), "{code}");
        assert_eq!(code.lines().count(), source.lines().count());
    }

    #[test]
    fn raw_identifiers_and_words_that_end_in_r_start_no_string() {
        assert_eq!(code_only("for r#type in bar {seen}"), "for r#type in bar {seen}");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("use tool::x", "tool"));
        assert!(!has_word("use my_tool::x", "tool"));
        assert!(!has_word("use toolbox::x", "tool"));
    }
}
