//! A reader of the parts of a record.

/// Reads values from the front of some bytes. Each method returns `None` if there are too few bytes or they are invalid.
///
/// ```
/// let mut reader = plume_seal::Reader::new(&[1, 0, 0, 0, 2, b'h', b'i']);
/// assert_eq!((reader.flag(), reader.text()), (Some(true), Some("hi")));
/// assert!(reader.rest().is_empty());
/// assert_eq!(reader.number(), None);
/// ```
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Returns a reader of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes that were not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Reads `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads an array.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// Reads a big-endian number of eight bytes.
    pub fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads a byte that is 0 or 1.
    pub fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// Reads a text with a length prefix of four bytes.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = u32::from_be_bytes(self.array()?);
        std::str::from_utf8(self.bytes(usize::try_from(length).ok()?)?).ok()
    }
}
