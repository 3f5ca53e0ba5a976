//! The parts of a record, in their order.

/// Takes bytes from the front; `None` where there are none or they mean nothing.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next bytes, as many as fit.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// A number of eight bytes, the highest first.
    pub fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A byte that is 0 or 1.
    pub fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// A text behind its length of four bytes.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = u32::from_be_bytes(self.array()?);
        std::str::from_utf8(self.bytes(usize::try_from(length).ok()?)?).ok()
    }
}
