//! A call in flight that is `Sync`.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};

/// A boxed future that is `Sync`, so that streams are. The mutex is never locked: polling has exclusive access.
pub(in crate::resources) struct Flight<T>(Mutex<BoxFuture<'static, T>>);

impl<T> Flight<T> {
    pub(in crate::resources) fn new(call: BoxFuture<'static, T>) -> Self {
        Self(Mutex::new(call))
    }
}

impl<T> Future for Flight<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).poll_unpin(cx)
    }
}
