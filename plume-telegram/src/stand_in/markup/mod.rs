//! Telegram's markup, parsed as strictly as Telegram does.

pub mod html;
pub mod markdown;
