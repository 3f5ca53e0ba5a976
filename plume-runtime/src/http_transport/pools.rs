//! Connection pools, one for each runtime.
//!
//! **Each runtime has its own connections.** A connection makes progress only while the runtime on which it was made is
//! driven. With one pool for all, a request could get a connection of a runtime that is not driven and wait for a response
//! to something that was never sent. So a transport keeps a pool of library clients for each runtime and drops it with the
//! runtime. The same holds for a token fetch: callers on another runtime wait for its result and take over if it makes no
//! progress. A runtime that cannot send a request (none, or no I/O or timers) affects only its own callers: they get an
//! error of kind `Runtime`, the fetch is taken over at once without a backoff, and it uses neither a permit of the call
//! limit nor one of a tenant's token requests. (`plume-runtime/src/http_transport/pools.rs`,
//! `plume-auth/src/cache/flight.rs`, `plume-client/tests/runtimes.rs`) The defaults of the HTTP library, each with the
//! chosen value, are in `http_transport/setup/library.rs`.

use std::{
    future::pending,
    panic::catch_unwind,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, task::AbortHandle};

use crate::error::{TransportError, TransportErrorKind};
use crate::spawn::{RuntimeId, current_runtime};

#[derive(Default)]
pub(super) struct Pools {
    pools: RwLock<Vec<Arc<Pool>>>,
}

/// The clients of one runtime. A client that could not be built is built again by the next request.
pub(super) struct Pool {
    runtime: RuntimeId,
    /// Whether the runtime has what the library needs.
    is_fit: bool,
    tls: OnceLock<reqwest::Client>,
    plain: OnceLock<reqwest::Client>,
    /// A task that ends with the runtime.
    sentinel: OnceLock<AbortHandle>,
}

impl Pools {
    /// Returns the clients of the runtime that polls the caller.
    pub(super) fn here(self: &Arc<Self>) -> Result<Arc<Pool>, TransportError> {
        let unfit = |message: &str| TransportError::new(TransportErrorKind::Runtime, message);
        let outside = || unfit("HTTP needs a tokio runtime, and the caller is outside of one");
        let runtime = current_runtime().ok_or_else(outside)?;
        let known = self.read().iter().find(|pool| pool.runtime == runtime).cloned();
        let pool = known.unwrap_or_else(|| self.add(runtime));
        if pool.is_fit {
            Ok(pool)
        } else {
            Err(unfit(
                "HTTP needs a tokio runtime with I/O and timers (`enable_all`), and this one lacks them",
            ))
        }
    }

    fn add(self: &Arc<Self>, runtime: RuntimeId) -> Arc<Pool> {
        let pool = Arc::new(Pool {
            runtime,
            is_fit: is_fit(),
            tls: OnceLock::new(),
            plain: OnceLock::new(),
            sentinel: OnceLock::new(),
        });
        let mut pools = self.write();
        if let Some(other) = pools.iter().find(|pool| pool.runtime == runtime) {
            return Arc::clone(other);
        }
        pools.push(Arc::clone(&pool));
        drop(pools);
        let removal = Removal { pools: Arc::downgrade(self), runtime };
        let sentinel = Handle::current().spawn(async move {
            let _removal = removal;
            pending::<()>().await;
        });
        let _ = pool.sentinel.set(sentinel.abort_handle());
        pool
    }

    // Only the allocator can panic under the lock, and no change is left incomplete by it.
    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Pool>>> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<Pool>>> {
        self.pools.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.read().len()
    }
}

impl Pool {
    /// Returns the client for requests over TLS or to this machine, built by `make` if there is none.
    pub(super) fn client(
        &self,
        tls: bool,
        make: impl FnOnce() -> Result<reqwest::Client, TransportError>,
    ) -> Result<&reqwest::Client, TransportError> {
        let slot = if tls { &self.tls } else { &self.plain };
        match slot.get() {
            Some(client) => Ok(client),
            None => make().map(|client| slot.get_or_init(|| client)),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // When the runtime shut down, the task is gone already.
        if let Some(sentinel) = self.sentinel.get() {
            sentinel.abort();
        }
    }
}

/// Removes the pool of a runtime when it is dropped with that runtime.
struct Removal {
    pools: Weak<Pools>,
    runtime: RuntimeId,
}

impl Drop for Removal {
    fn drop(&mut self) {
        let Some(pools) = self.pools.upgrade() else { return };
        let mut table = pools.write();
        let gone: Vec<_> = table.extract_if(.., |pool| pool.runtime == self.runtime).collect();
        drop(table);
        // Connections are closed outside the lock.
        drop(gone);
    }
}

/// Returns whether the current runtime has I/O and timers.
///
/// Tokio 1.54 shows it only by a panic, so the panic is caught, once for each runtime: a panic hook sees it, the caller
/// does not. A program that is built with `panic = "abort"` cannot catch it, and ends with tokio's message. The caller must
/// be on a tokio runtime.
#[expect(clippy::disallowed_methods, reason = "a timer that is not waited for")]
fn is_fit() -> bool {
    let timers = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
    let io = catch_unwind(|| {
        // Any registration with the I/O driver.
        if let Ok(socket) = std::net::UdpSocket::bind(("127.0.0.1", 0))
            && socket.set_nonblocking(true).is_ok()
        {
            drop(tokio::net::UdpSocket::from_std(socket));
        }
    });
    timers.is_ok() && io.is_ok()
}
