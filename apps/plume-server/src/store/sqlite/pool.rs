//! The threads that read.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
};

use rusqlite::Connection;

use crate::store::error::Result;
use crate::store::sqlite::file::open_reader;
use crate::store::sqlite::statement::{Tx, fail};
use crate::store::sqlite::writer::{Job, gone, job, thread};

/// The number of threads. A read takes microseconds to milliseconds, so that few serve many callers.
const THREADS: usize = 4;

/// The threads that read. Dropping them waits for what was handed over.
#[derive(Debug)]
pub(super) struct Readers {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut threads = Vec::new();
        for number in 0..THREADS {
            let connection = open_reader(path)?;
            let waiting = Arc::clone(&waiting);
            threads.push(thread(&format!("reader-{number}"), move || run(&connection, &waiting))?);
        }
        Ok(Self { jobs: Some(jobs), threads })
    }

    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (job, receiver) = job(work);
        self.jobs.as_ref().ok_or_else(gone)?.send(job).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, waiting: &Mutex<mpsc::Receiver<Box<dyn Job>>>) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let execute = |sql| connection.prepare_cached(sql).and_then(|mut cached| cached.execute([])).map(drop);
    while let Ok(mut job) = next() {
        let began = execute("BEGIN").map_err(fail);
        if began.is_ok() {
            job.run(&Tx::new(connection));
            let _ = execute("ROLLBACK");
        }
        job.finish(began);
    }
}
