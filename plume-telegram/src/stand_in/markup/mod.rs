//! Telegram's markup, read as strictly as Telegram reads it.

pub mod html;
pub mod markdown;
