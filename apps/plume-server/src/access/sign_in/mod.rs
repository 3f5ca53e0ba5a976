//! Sign-in: its settings and limits, passwords, and addresses behind proxies.

mod limit;
pub mod password;
mod proxies;
mod settings;

pub use limit::{SignInLimit, network};
pub use proxies::Proxies;
pub use settings::{ProviderSettings, SignIn};
