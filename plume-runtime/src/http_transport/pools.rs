//! Connections, apart for each runtime.
//!
//! A connection makes progress only while the runtime on which it was made is driven. In one pool for all, a request on one
//! runtime gets a connection of another that nobody drives, and waits for an answer to what was never sent. So each
//! runtime has clients of the library of its own. They are dropped with it.
//!
//! **Each runtime has its own connections.** A connection makes progress only while the runtime on which it was made
//! is driven, so a transport keeps a pool for each and drops it with the runtime. The same holds for a token fetch:
//! callers on another runtime wait for its outcome and take over if it shows no sign of life. A runtime that cannot
//! carry a request (none, or no I/O or timers) is the mistake of its own callers: they get an error of kind
//! `Runtime`, the fetch is taken over at once, nothing rests, and neither a permit of the call limit nor one of a
//! tenant's token requests is used up. (`plume-runtime/src/http_transport/pools.rs`,
//! `plume-auth/src/cache/flight.rs`, `plume-client/tests/runtimes.rs`) The defaults of the HTTP library, each with
//! what was chosen, are in `http_transport/setup/library.rs`.

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

/// The clients of one runtime. What failed to be made is tried again by the next request.
pub(super) struct Pool {
    runtime: RuntimeId,
    /// Whether the runtime has what the library needs.
    is_fit: bool,
    tls: OnceLock<reqwest::Client>,
    plain: OnceLock<reqwest::Client>,
    /// A task of the runtime that ends with it.
    sentinel: OnceLock<AbortHandle>,
}

impl Pools {
    /// The clients of the runtime that polls the caller.
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

    // A panic under the lock can only come from the allocator, and no change is left half-done by it.
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
    /// The client for requests over TLS or to this machine, made by `make` if there is none.
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
        // With the transport; with the runtime, the task is gone.
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

/// Whether the runtime here has I/O and timers.
///
/// Tokio 1.54 shows it in no other way than by a panic, so the panic is caught, once for each runtime: a panic hook sees it,
/// the caller does not. In a program that is built with `panic = "abort"` no panic can be caught, and a request on a runtime
/// without them ends the process with tokio's message. A caller outside of tokio never comes here.
#[expect(clippy::disallowed_methods, reason = "a timer that is never waited for")]
fn is_fit() -> bool {
    let timers = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
    let io = catch_unwind(|| {
        // Anything that is registered with the driver.
        if let Ok(socket) = std::net::UdpSocket::bind(("127.0.0.1", 0))
            && socket.set_nonblocking(true).is_ok()
        {
            drop(tokio::net::UdpSocket::from_std(socket));
        }
    });
    timers.is_ok() && io.is_ok()
}
