//! Panics that end one task and not the program.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::FutureExt;

/// Runs a future to its end. A panic becomes an error with its message; the future is not used again.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message() {
        assert_eq!(caught(async { 7 }).await, Ok(7));
        assert_eq!(caught(async { panic!("first") }).await, Err::<(), _>("first".to_owned()));
        let later = async {
            tokio::task::yield_now().await;
            panic!("after {}", 1)
        };
        assert_eq!(caught(later).await, Err::<(), _>("after 1".to_owned()));
    }
}
