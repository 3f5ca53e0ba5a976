//! A store whose process is killed at random moments.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use plume::monitor::incident::{ChangeKind, Scope};
use plume_server::store::{CheckStore, HistoryStore, IncidentStore, OutboxStore, model::Committed};

use crate::contract::*;
use crate::sqlite::{Folder, SqliteBed, reopened};

/// The variable that makes the test [`victim`] a process to be killed.
const VICTIM: &str = "PLUME_SERVER_TEST_VICTIM";
const KILLS: u64 = 25;
/// Maximum number of commits of one process.
const LONGEST: u64 = 40;

/// The number of commits, which every part of the database must agree on.
async fn commits(bed: &SqliteBed) -> u64 {
    let (owner, h) = (tenant("a"), home("h"));
    let period = bed.now()..bed.now() + seconds(30 * 86_400);
    let points = bed.store.points(&owner, &h, period.clone()).await.unwrap().len();
    let transitions = bed.store.transitions(&owner, &h, period.clone()).await.unwrap().len();
    let edition =
        bed.store.incident(&owner, &incident_id("i1")).await.unwrap().map_or(0, |filed| filed.edition);
    let messages = match bed.store.queues(period.end).await.unwrap().as_slice() {
        [] => 0,
        [queue] => bed.store.take_messages(queue, period.end, LEASE, 100_000).await.unwrap().len(),
        _ => panic!("one channel"),
    };
    let due = bed.store.due(period.end, period.end, 1).await.unwrap();
    let claim = bed.store.claim(&due, LEASE).await.unwrap().pop().unwrap();
    let state = claim.state.map_or(0, |state| String::from_utf8(state).unwrap().parse().unwrap());
    assert_eq!([points, transitions, messages].map(|count| count as u64), [state; 3]);
    assert_eq!((edition, claim.schedule.runs_since_full), (state, state as u32));
    state
}

/// Commits until it is killed, and prints the number of each commit after it.
#[tokio::test]
async fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let bed = reopened(Path::new(&path));
    let mut number = 0;
    let mut output = std::io::stdout();
    loop {
        let due = bed.store.due(bed.now() + seconds(30 * 86_400), bed.now(), 1).await.unwrap();
        let claimed = bed.store.claim(&due, LEASE).await.unwrap().pop().unwrap();
        if let Some(state) = &claimed.state {
            number = String::from_utf8(state.clone()).unwrap().parse().unwrap();
        }
        number += 1;
        let at = bed.now() + seconds(60 * number);
        let mut written = result(&bed, &claimed);
        written.point.at = at;
        written.state = number.to_string().into_bytes();
        written.schedule.due = at;
        written.schedule.runs_since_full = u32::try_from(number).unwrap();
        written.transitions = vec![transition(at, plume::health::Status::Green, plume::health::Status::Red)];
        let (scope, version) = (Scope::Home(home("h")), u32::try_from(number).unwrap());
        written.incidents = vec![changes(&bed, "i1", scope, ChangeKind::Updated, version)];
        if number == 1 {
            written.incidents = vec![opens(&bed, "i1", "h")];
        }
        assert_eq!(bed.store.commit(written, &pager()).await.unwrap(), Committed::Done);
        writeln!(output, "commit {number}").unwrap();
        output.flush().unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_leaves_whole_commits_and_loses_none() {
    let folder = Folder::new();
    let path = folder.database();
    {
        let bed = reopened(&path);
        add_tenant(&bed, "a").await;
        add_home(&bed, "a", "h").await;
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut total = 0;
    for kill in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::victim", "--nocapture", "--test-threads=1"])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = (random >> 33) % LONGEST;
        let mut acknowledged = total;
        let commits_of = |line: String| line.rsplit_once("commit ")?.1.trim().parse::<u64>().ok();
        for number in
            lines.map_while(Result::ok).filter_map(commits_of).take(usize::try_from(wanted).unwrap() + 1)
        {
            acknowledged = number;
        }
        // Anywhere in the next commit.
        for _ in 0..(random >> 40) % 200_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let found = commits(&reopened(&path)).await;
        assert!(found >= acknowledged && acknowledged > total, "kill {kill}: {found} of {acknowledged}");
        total = found;
    }
}
