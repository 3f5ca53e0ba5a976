//! Files that settings name, and the secrets in them.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Maximum size of a secret, more than any header, token or key has.
const MAX_SECRET: usize = 64 << 10;

/// Reads a secret from the file that a setting names: a regular file of at most 64 KiB with UTF-8 text. The path may be a
/// link, as mounted secrets are. A byte order mark is removed.
///
/// # Errors
///
/// [`InvalidFile`]. Its text continues the name of the setting and repeats neither the text nor the path, because people
/// paste secrets in place of a path.
///
/// ```
/// let error = plume_seal::read_secret_file("Basic bm90LWEtcmVhbDpzZWNyZXQ=").unwrap_err();
/// assert!(error.to_string().starts_with("looks like the secret itself"));
/// ```
pub fn read_secret_file(path: impl AsRef<Path>) -> Result<SecretString, InvalidFile> {
    let bytes = read_file(path, MAX_SECRET)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    // UTF-16 without a mark has a zero beside every letter.
    if matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || text.contains(&0) {
        return Err(InvalidFile::Utf16);
    }
    std::str::from_utf8(text).map(SecretString::from).map_err(|_| InvalidFile::NotText)
}

/// Reads the file that a setting names: a regular one of at most `max` bytes.
///
/// # Errors
///
/// Like [`read_secret_file`].
pub fn read_file(path: impl AsRef<Path>, max: usize) -> Result<Zeroizing<Vec<u8>>, InvalidFile> {
    let path = path.as_ref();
    let failed = |error: io::Error| InvalidFile::of(path, &error);
    // Checked first, because opening a FIFO would block.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(InvalidFile::NotRegular);
    }
    let file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    // Checked again, now that it cannot be exchanged. Some regular files report no size, for example in `/proc`.
    let size = usize::try_from(found.len()).unwrap_or(usize::MAX);
    if !found.is_file() {
        return Err(InvalidFile::NotRegular);
    }
    if size > max {
        return Err(InvalidFile::TooLarge { max });
    }
    // Reserved at once, because a buffer that grows leaves copies in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max {
        return Err(InvalidFile::TooLarge { max });
    }
    Ok(bytes)
}

/// The reason why a file that a setting names was not read. The text continues the name of the setting, and never repeats
/// the path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidFile {
    /// The setting contains the secret that the file should contain.
    SecretItself,
    /// There is no such file.
    Missing,
    /// The operating system refused to read it.
    Unreadable(io::ErrorKind),
    /// A directory, a device or a pipe.
    NotRegular,
    /// The file is larger than allowed.
    TooLarge {
        /// The maximum size, in bytes.
        max: usize,
    },
    /// Text in UTF-16, as some editors on Windows write it.
    Utf16,
    /// Neither UTF-8 nor UTF-16.
    NotText,
}

impl InvalidFile {
    pub(crate) fn of(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            _ if path.to_str().is_some_and(is_secret) => Self::SecretItself,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            kind => Self::Unreadable(kind),
        }
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretItself => {
                f.write_str("looks like the secret itself; it must be the path of a file that contains it")
            }
            Self::Missing => f.write_str("names a file that cannot be read: it does not exist"),
            Self::Unreadable(kind) => write!(f, "names a file that cannot be read: {kind}"),
            Self::NotRegular => {
                f.write_str("names a directory, a device or a pipe; it must be a regular file")
            }
            Self::TooLarge { max } => write!(f, "names a file of more than {} KiB", max >> 10),
            Self::Utf16 => f.write_str("names a file in UTF-16; save it as UTF-8"),
            Self::NotText => f.write_str("names a file that is not UTF-8 text"),
        }
    }
}

impl fmt::Debug for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "the setting {self}");
        }
        match self {
            Self::SecretItself => f.write_str("SecretItself"),
            Self::Missing => f.write_str("Missing"),
            Self::Unreadable(kind) => f.debug_tuple("Unreadable").field(kind).finish(),
            Self::NotRegular => f.write_str("NotRegular"),
            Self::TooLarge { max } => f.debug_struct("TooLarge").field("max", max).finish(),
            Self::Utf16 => f.write_str("Utf16"),
            Self::NotText => f.write_str("NotText"),
        }
    }
}

impl std::error::Error for InvalidFile {}

/// Returns whether a text that names no file is a header (also as a part of a line), an id and secret, a JWT or a PEM text.
fn is_secret(text: &str) -> bool {
    let text = plume_text::trim(text);
    let mut words = text.split(|character: char| character.is_whitespace() || matches!(character, ':' | '='));
    let is_scheme = |word: &str| {
        let word = word.trim_start_matches(['"', '\'']);
        ["basic", "bearer", "authorization"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
    };
    let is_pair = || {
        // It may have been copied without its padding.
        let decoded = STANDARD_NO_PAD.decode(text.trim_end_matches('=')).map(Zeroizing::new);
        decoded.is_ok_and(|pair| pair.contains(&b':') && std::str::from_utf8(&pair).is_ok())
    };
    words.any(is_scheme) || text.starts_with("eyJ") || text.contains("-----BEGIN") || is_pair()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use secrecy::ExposeSecret;

    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("plume-seal-setting-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, bytes: &[u8]) -> PathBuf {
            let path = self.0.join("file");
            std::fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_secret_file_is_small_text() {
        let place = Place::new("text");
        let read =
            |bytes: &[u8]| read_secret_file(place.file(bytes)).map(|text| text.expose_secret().to_owned());
        assert_eq!(read("\u{feff}Basic x\r\n".as_bytes()), Ok("Basic x\r\n".to_owned()));
        assert_eq!(read(&[b'x'; MAX_SECRET]).map(|text| text.len()), Ok(MAX_SECRET));
        assert_eq!(read(&[b'x'; MAX_SECRET + 1]), Err(InvalidFile::TooLarge { max: MAX_SECRET }));
        assert_eq!(read(b"\xff\xfeB\0a\0"), Err(InvalidFile::Utf16));
        assert_eq!(read(b"\xfe\xff\0B\0a"), Err(InvalidFile::Utf16));
        assert_eq!(read(b"B\0a\0"), Err(InvalidFile::Utf16));
        assert_eq!(read(b"B\xffa"), Err(InvalidFile::NotText));
        assert_eq!(read(b""), Ok(String::new()));
    }

    #[test]
    #[cfg(unix)]
    fn only_regular_files_are_opened() {
        let place = Place::new("kinds");
        let file = place.file(b"Basic x");
        let link = place.0.join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(read_secret_file(&link).is_ok(), "mounted secrets are links");
        for path in [place.0.as_path(), Path::new("/dev/zero"), Path::new("/dev/null")] {
            assert_eq!(read_secret_file(path).unwrap_err(), InvalidFile::NotRegular, "{}", path.display());
        }
        // They report no size, but have contents.
        assert!(!Path::new("/proc/self/status").exists() || read_secret_file("/proc/self/status").is_ok());
    }

    #[test]
    fn a_secret_in_the_place_of_a_path_is_recognised_and_not_repeated() {
        for secret in [
            "Basic ZXhhbXBsZTpjYW5hcnk=",
            "basic: Y2FuYXJ5/Y2FuYXJ5",
            "Bearer canary",
            "Authorization: Basic canary",
            "eyJjYW5hcnkiOiJjYW5hcnkifQ.canary.canary",
            "ZXhhbXBsZTpjYW5hcnk=",
            "ZXhhbXBsZTpjYW5hcnk",
            "PLUME_AUTH_HEADER=Basic canary",
            "curl -H 'Authorization: canary' https://canary.example.net",
            "-----BEGIN CERTIFICATE----- canary",
        ] {
            assert_eq!(read_secret_file(secret).unwrap_err(), InvalidFile::SecretItself, "{secret}");
        }
        for path in ["/nonexistent/canary", "canary", "Cargo.toml/canary", "/etc/basic/canary-basic"] {
            let error = read_secret_file(path).unwrap_err();
            assert_eq!(error, InvalidFile::Missing, "{path}");
            assert!(!error.to_string().contains("canary"));
        }
    }
}
