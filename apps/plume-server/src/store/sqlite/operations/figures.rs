//! Numbers for operators.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::model::{Figures, ScopeKind, StatusCounts, status};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::statement::{Tx, millis, time, unsigned};
use crate::store::traits::FigureStore;

#[async_trait]
impl FigureStore for SqliteStore {
    async fn figures(&self, now: DateTime<Utc>) -> Result<Figures> {
        self.read(move |tx| {
            let mut figures = Figures { homes: homes(tx)?, bytes: bytes(tx)?, ..Figures::default() };
            // From the index alone: a storm has as many open incidents as homes.
            let open = tx.all(
                "SELECT scope, status, count(*) FROM incident WHERE closed IS NULL AND fleet IS NULL GROUP BY scope, status",
                [],
                |row| Ok((ScopeKind::of_code(row.get(0)?), status(row.get(1)?), unsigned(row.get(2)?))),
            )?;
            for (scope, status, number) in open {
                figures.count(scope, status, number);
            }
            let outbox = tx.first(
                "SELECT count(*) FILTER (WHERE due IS NOT NULL), count(*) FILTER (WHERE is_dead), \
                 min(alive_since) FILTER (WHERE due <= ?1 OR due IS NOT NULL AND attempts > 0) \
                 FROM outbox WHERE due IS NOT NULL OR is_dead",
                [millis(now)],
                |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?), row.get::<_, Option<i64>>(2)?)),
            )?;
            let (waiting, dead, oldest) = outbox.unwrap_or_default();
            (figures.waiting, figures.dead, figures.oldest) = (waiting, dead, oldest.map(time));
            Ok(figures)
        })
        .await
    }
}

fn homes(tx: &Tx<'_>) -> Result<Vec<(TenantId, StatusCounts)>> {
    let rows = tx.all(
        "SELECT tenant.id, status, homes FROM tenant LEFT JOIN home_count ON home_count.tenant = tenant.key",
        [],
        |row| Ok((TenantId::new(row.get::<_, String>(0)?), row.get::<_, Option<u8>>(1)?, row.get(2)?)),
    )?;
    let mut homes: BTreeMap<TenantId, StatusCounts> = BTreeMap::new();
    for (tenant, rank, number) in rows {
        let counts = homes.entry(tenant).or_default();
        if let (Some(rank), Some(number)) = (rank, number) {
            counts.add(rank, unsigned(number));
        }
    }
    Ok(homes.into_iter().collect())
}

fn bytes(tx: &Tx<'_>) -> Result<u64> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
    Ok(tx.first(sql, [], |row| row.get(0))?.map_or(0, unsigned))
}
