//! A small client of the Telegram Bot API over the transport of the Plume SDK.
