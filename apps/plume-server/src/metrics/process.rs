//! Numbers of this process by the names that every exporter uses. Empty on systems without `/proc`.

use std::fs;

use chrono::{DateTime, Utc};

use crate::metrics::sheet::Sheet;

/// Clock ticks per second in `/proc`, on all Linux systems that Rust supports.
const TICKS: f64 = 100.0;

pub(super) fn add(sheet: &mut Sheet, started: DateTime<Utc>) {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are below 2^53")]
    let started = started.timestamp_millis() as f64 / 1e3;
    sheet.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970", started);
    if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_seconds) {
        sheet.counter("process_cpu_seconds", "Time on processors, user and system", seconds);
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = |name| kibibytes(&status, name).map(|number| number * 1024.0);
    sheet.known("process_resident_memory_bytes", "Memory in use", memory("VmRSS:"));
    sheet.known("process_virtual_memory_bytes", "Address space in use", memory("VmSize:"));
    let open = fs::read_dir("/proc/self/fd").ok().and_then(|entries| u32::try_from(entries.count()).ok());
    sheet.known("process_open_fds", "Open files and connections", open.map(f64::from));
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    sheet.known("process_max_fds", "Maximum number of open files and connections", max_files(&limits));
}

/// The fields after the name of the program, which may contain spaces and parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn kibibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn max_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_system_are_read() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 100 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds(""), None);
        assert_eq!(kibibytes("Name:\tx\nVmRSS:\t   512 kB\n", "VmRSS:"), Some(512.0));
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024       4096      files\n";
        assert_eq!(max_files(limits), Some(1024.0));
        assert_eq!(max_files("Max open files  unlimited  unlimited  files"), None);
    }
}
