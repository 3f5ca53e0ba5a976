//! The threads that read.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use rusqlite::Connection;

use crate::store::error::Result;
use crate::store::sqlite::file::open_reader;
use crate::store::sqlite::queue::{Job, Queue, thread};
use crate::store::sqlite::statement::{Tx, fail};

/// The number of threads. A read takes microseconds to milliseconds, so that few serve many callers.
const THREADS: usize = 4;

/// Returns the queue of the threads that read.
pub(super) fn readers(path: &Path) -> Result<Queue> {
    let (jobs, waiting) = mpsc::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let connection = open_reader(path)?;
        let waiting = Arc::clone(&waiting);
        threads.push(thread(&format!("reader-{number}"), move || run(&connection, &waiting))?);
    }
    Ok(Queue::new(jobs, threads))
}

fn run(connection: &Connection, waiting: &Mutex<mpsc::Receiver<Box<dyn Job>>>) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let execute = |sql| connection.prepare_cached(sql).and_then(|mut cached| cached.execute([])).map(drop);
    while let Ok(mut job) = next() {
        let began = execute("BEGIN").map_err(fail);
        if began.is_ok() {
            // The caller gets its error by `finish`.
            let _ = job.run(&Tx::new(connection));
            let _ = execute("ROLLBACK");
        }
        job.finish(began);
    }
}
