//! Texts that may be secrets, and the recognition of secrets.
//!
//! A message with a secret is deleted, so the rules err on the safe side: a message that is deleted by mistake costs a
//! repetition, a missed one costs a credential.

use std::{fmt, sync::LazyLock};

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

/// Minimum length of base64 or a token anywhere in a text.
const TOKEN: usize = 16;
/// Minimum length after `Basic`, `Bearer` or the name of a secret.
const NAMED: usize = 8;
/// Names whose value is a secret, in lower case and without `_` and `-`.
const NAMES: &str = "accesstoken apikey clientsecret idtoken oauth2bearer password plumeauthheader refreshtoken secret \
    telegrambottoken";

/// A text that may be a secret.
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns whether the text contains a credential: an authorization header with or without its name, base64 of an id and
    /// a secret, a token, a line of `curl`, a URL with a password.
    pub fn looks_secret(&self) -> bool {
        let text = neutral(self.expose());
        let words: Vec<&str> = text.split(is_separator).map(bare).filter(|word| !word.is_empty()).collect();
        is_whole_header(&words)
            || is_pair(&text.split_whitespace().collect::<String>())
            || words.iter().any(|word| has_pair(word))
            || FORMS.is_match(&text)
            || has_named_secret(&words)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Removes invisible characters and decodes what a URL encodes.
fn neutral(text: &str) -> String {
    let visible = |character: &char| character.is_whitespace() || !plume_text::is_hidden(*character);
    let text: String = text.chars().filter(visible).collect();
    [' ', '"', '+', '/', ':', '='].into_iter().fold(text, |text, plain| {
        let encoded = format!("%{:02X}", u32::from(plain));
        text.replace(&encoded.to_ascii_lowercase(), &encoded)
            .replace(&encoded, plain.encode_utf8(&mut [0; 4]))
    })
}

/// Returns whether a word that may be a credential ends here. `:` and `=` can be part of one.
fn is_separator(character: char) -> bool {
    let foreign = !character.is_ascii() && !character.is_alphanumeric();
    foreign || character.is_whitespace() || "\"'`<>()[]{},;|\\".contains(character)
}

/// Removes the punctuation around a word.
fn bare(word: &str) -> &str {
    word.trim_matches(|character: char| ".!?*".contains(character)).trim_matches(':')
}

/// Returns whether a message is only a header. Then a shorter word counts, unless it is an ordinary word.
fn is_whole_header(words: &[&str]) -> bool {
    let unnamed = match words {
        [name, rest @ ..] if name.eq_ignore_ascii_case("authorization") => rest,
        all => all,
    };
    match unnamed {
        [scheme, word] if is_scheme(scheme) => word.len() >= TOKEN || !word.chars().all(char::is_alphabetic),
        _ => false,
    }
}

fn is_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("basic") || word.eq_ignore_ascii_case("bearer")
}

/// Returns whether a word contains base64 of `id:secret`, after a name or with marks around it.
fn has_pair(word: &str) -> bool {
    is_pair(word)
        || is_pair(word.trim_matches(['_', '~', '-']))
        || word.trim_end_matches('=').split([':', '=', '&', '?', '#', '/']).any(is_pair)
}

/// Returns whether a word is base64 of `id:secret`, in either alphabet and with or without padding.
fn is_pair(word: &str) -> bool {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    if word.len() < TOKEN {
        return false;
    }
    [STANDARD, URL_SAFE].iter().any(|alphabet| {
        let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(word).ok();
        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).map(SecretString::from);
        pair.as_ref().and_then(|pair| pair.expose_secret().split_once(':')).is_some_and(|(id, secret)| {
            !id.is_empty()
                && id.chars().all(|character| character.is_ascii_graphic())
                && !secret.chars().any(char::is_control)
        })
    })
}

/// Credentials that have a known form.
#[expect(clippy::expect_used, reason = "constants of a valid form, which a test reads")]
static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    const FORMS: [&str; 4] = [
        // `https://id:secret@host`
        r"://[^\s/?\x23:]+:[^\s/?\x23]+@",
        // A bot token: `123456:` and 35 characters.
        r"[0-9]{6}:[A-Za-z0-9_-]{30}",
        // A JWT: three parts of base64, or five of an encrypted one. The first begins as `{"` does.
        r"(?:^|[^\w.-])eyJ[\w-]*\.(?:[\w-]*\.[\w-]*\.)?[\w-]{8,}\.[\w-]*(?:[^\w-]|$)",
        // `curl -u id:secret`, also without the blank, and as `-sSu id:secret`.
        r#"(?is)(?:^|[\s"'`])curl(?:\.exe)?[\s"'`](?:.*[\s"'`])?(?:--proxy-user|--user|-[a-z]*u)[\s"'`=]*[^\s"'`:]+:/?[^\s"'`/]"#,
    ];
    Regex::new(&FORMS.join("|")).expect("a regular expression")
});

/// Returns whether a scheme, or a name such as `client_secret`, is followed by a word that is not an ordinary one.
fn has_named_secret(words: &[&str]) -> bool {
    let mut named = false;
    // The `=` of base64 is at its end only.
    let pieces =
        words.iter().flat_map(|word| word.split([':', '=', '&', '?', '#'])).filter(|piece| !piece.is_empty());
    for piece in pieces {
        if named && is_no_word(piece) {
            return true;
        }
        let name = piece.replace(['-', '_'], "").to_ascii_lowercase();
        named = is_scheme(piece) || NAMES.split(' ').any(|known| known == name);
    }
    false
}

fn is_no_word(piece: &str) -> bool {
    let mut last = ' ';
    let mut mixed = false;
    for character in piece.chars() {
        mixed |= character.is_ascii_digit() || "._+/%~".contains(character);
        mixed |= last.is_lowercase() && character.is_uppercase();
        last = character;
    }
    piece.len() >= TOKEN || (piece.len() >= NAMED && mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// base64 of "0oaEXAMPLE:not-a-real-secret"
    const PAIR: &str = "MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
    const JWT: &str = "eyJhbGciOiJub25lIn0.eyJub3QiOiJhIHJlYWwgdG9rZW4ifQ.bm9uZQ";

    fn looks(text: &str) -> bool {
        Secret::new(text.to_owned()).looks_secret()
    }

    #[test]
    fn credential_is_found_anywhere_in_a_message() {
        let texts = [
            PAIR.to_owned(),
            PAIR.trim_end_matches('=').to_owned(),
            format!("Basic {PAIR}"),
            format!("  basic: {PAIR}\n"),
            format!("Authorization: Basic {PAIR}"),
            format!("here: Basic {PAIR} thanks"),
            format!("it is {PAIR}, thanks."),
            format!("the header is \"{PAIR}\"!"),
            format!("(Basic {PAIR})"),
            format!("Basic\n{PAIR}"),
            format!("Basic {}\n{}", &PAIR[..20], &PAIR[20..]),
            format!("{}\n{}", &PAIR[..20], &PAIR[20..]),
            format!("Basic {}\u{200b}{}", &PAIR[..9], &PAIR[9..]),
            format!("Basic%20{PAIR}"),
            format!("curl -H 'Authorization: Basic {PAIR}' https://sso.example.net/token"),
            format!("curl -H \"authorization:basic {PAIR}\" https://sso.example.net/token"),
            "curl -u 0oaEXAMPLE:not-a-real-secret https://sso.example.net/token".to_owned(),
            "curl -s --user '0oaEXAMPLE:not-a-real-secret' https://sso.example.net/token".to_owned(),
            "curl -u0oaEXAMPLE:not-a-real-secret https://sso.example.net/token".to_owned(),
            "curl -u 0oaEXAMPLE:/not-a-real-secret https://sso.example.net/token".to_owned(),
            "see https://0oaEXAMPLE:not-a-real-secret@sso.example.net/token".to_owned(),
            format!("PLUME_AUTH_HEADER=\"Basic {PAIR}\""),
            format!("export PLUME_AUTH_HEADER={PAIR}"),
            format!("{{\"headers\":{{\"Authorization\":\"Basic {PAIR}\"}}}}"),
            format!("{{\"access_token\":\"{JWT}\",\"expires_in\":600}}"),
            format!("my token: {JWT}"),
            format!("https://api.example.net/?access_token={JWT}"),
            "grant_type=client_credentials&client_secret=not4real".to_owned(),
            "client-secret: notARealSecret".to_owned(),
            "Bearer a.fake.token".to_owned(),
            "bearer aVeryLongFakeTokenOfLettersOnly".to_owned(),
            "this is Bearer abc.fake01 of today".to_owned(),
            "123456789:not-a-real-token-not-a-real-token-1".to_owned(),
            "https://api.example.net/bot123456789:not-a-real-token-not-a-real-token-1/getMe".to_owned(),
            format!("{}%3D%3D", PAIR.trim_end_matches('=')),
            format!("auth:{PAIR}"),
            format!("header={PAIR}"),
            format!("header→{PAIR}，thanks"),
            format!("it is—{PAIR}…"),
            format!("__{PAIR}__"),
            format!("https://sso.example.net/?basic={PAIR}&x=y"),
            format!("{}\u{180e}{}", &PAIR[..9], &PAIR[9..]),
            format!("https://app.example.net/#access_token={JWT}&state=y"),
            format!("https://app.example.net/{JWT}/y"),
            "eyJhbGciOiJkaXIifQ..bm90LXJlYWw.bm90LWEtcmVhbC10b2tlbg.bm9uZQ".to_owned(),
            "curl -sSu 0oaEXAMPLE:not-a-real-secret https://sso.example.net/token".to_owned(),
            "curl --proxy-user canary:not-a-real-secret https://sso.example.net/token".to_owned(),
            "wget --user=0oaEXAMPLE --password=not4real https://sso.example.net/token".to_owned(),
            "secret: notARealSecret".to_owned(),
        ];
        assert_eq!(texts.iter().filter(|text| !looks(text)).collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn plain_text_is_not_a_credential() {
        let texts = [
            "",
            "Basic",
            "Basic question",
            "Basic question: what is this?",
            "Basic service at that home is slow",
            "Is basic auth supported?",
            "Bearer of bad news",
            "a basic, well-known problem",
            "authorization: what is that?",
            "5ca1ab1e0000000a00000001",
            "/health 5ca1ab1e0000000c00000001 5ca1ab1e0000000100000001",
            "https://sso.example.net/oauth2/ausEXAMPLE/v1/token",
            "https://api.example.net/api https://api.example.net/reports",
            "curl https://sso.example.net:443/token",
            "The device 00:00:5E:00:53:01 is gone since 10:30",
            "Internationalization of the documentation",
            "mail anna@example.net",
            "the access token has expired",
            "the password has changed",
            "secret: what is that?",
            "curl -su https://sso.example.net/token",
            "https://portal.example.net/customers/5ca1ab1e0000000c00000001?from=2026-11-02T10:00:00Z&to=now",
            "text_link\nbot_command\nmention\nphone_number\n",
        ];
        assert_eq!(texts.iter().filter(|text| looks(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn debug_of_a_secret_is_redacted() {
        assert_eq!(format!("{:?}", Secret::new("canary".to_owned())), "[redacted]");
    }
}
