//! Paged lists of every length and page size, from correct and faulty servers: nothing is lost or repeated.

use plume_client::{Client, Filter, Notes};
use serde_json::json;

use gauges::{Reading, Settings};

use crate::runtime::block_on;
use testkit::pages::{Manner, Server, Verdict, Walked, client, judge, walk};

const ROUNDS: usize = 60;

/// The naive loop: page by page, until one is shorter than requested.
async fn naive(client: &Client, limit: u32) -> Walked {
    let mut rows = Vec::new();
    let mut notes = Notes::default();
    for page in 0..500 {
        let filter = Filter::new().limit(limit).offset(page * limit);
        match client.customers().filter(filter).list().await {
            Ok(list) => {
                notes.unreadable += list.unreadable() as u64;
                let number = |id: &str| id.trim_start_matches('r').parse().unwrap_or(u64::MAX);
                rows.extend(list.iter().map(|customer| number(customer.id.as_str())));
                if list.len() + list.unreadable() < limit as usize {
                    break;
                }
            }
            Err(error) => return Walked { rows, error: Some(error), notes },
        }
    }
    Walked { rows, error: None, notes }
}

/// Half of the lists are short, where the edges are, and half long.
fn count(lot: &mut fastrand::Rng) -> usize {
    if lot.bool() { lot.usize(..30) } else { lot.usize(..600) }
}

fn limit(lot: &mut fastrand::Rng, count: usize) -> u32 {
    // More than a few hundred pages show nothing new.
    let least = u32::try_from(count / 200).unwrap_or(u32::MAX).max(1);
    if lot.bool() { lot.u32(least..least + 20) } else { lot.u32(least..1_000) }
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let mut lot = fastrand::Rng::with_seed(settings.seed);
    let (mut lost, mut repeated, mut wrong, mut walks, mut rows, mut requests) = (0, 0, Vec::new(), 0, 0, 0);
    for round in 0..ROUNDS {
        for manner in Manner::ALL {
            // One length is enough for an endless list.
            if manner == Manner::Endless && round % 20 > 0 {
                continue;
            }
            let count = count(&mut lot);
            let limit = if manner == Manner::Endless { lot.u32(1..20) } else { limit(&mut lot, count) };
            let seed = lot.u64(..);
            let resume_after =
                (!settings.plant && round % 3 == 0 && manner.keeps_still()).then(|| lot.usize(1..50));
            let (client, server) = client(Server::new(manner, count, seed))?;
            let walked = block_on(async {
                if settings.plant {
                    naive(&client, limit).await
                } else {
                    walk(&client, limit, resume_after).await
                }
            })?;
            let server = server.lock().map_err(|_| "the server panicked")?;
            let Verdict { lost: missing, repeated: again, wrong_note } = judge(&server, &walked, limit);
            if (missing, again) != (0, 0) || wrong_note.is_some() {
                wrong.push(format!("{manner:?}, {count} by {limit}, seed {seed}: {missing} lost, {again} repeated, {wrong_note:?}"));
            }
            lost += missing;
            repeated += again;
            walks += 1;
            rows += walked.rows.len();
            requests += server.requests;
        }
    }
    Ok(Reading {
        value: json!({
            "lost": lost,
            "repeated": repeated,
            "wrong_note": wrong.len(),
            "first_wrong": wrong.first(),
            "walks": walks,
            "requests": requests,
            "rows": rows,
        }),
        goal: "0 lost, 0 repeated and no wrong note, for random counts, page sizes and server faults",
        pass: lost == 0 && repeated == 0 && wrong.is_empty(),
        scanned: rows as u64,
    })
}
