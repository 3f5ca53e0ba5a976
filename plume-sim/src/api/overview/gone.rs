//! Views that put much of a location into one answer.
