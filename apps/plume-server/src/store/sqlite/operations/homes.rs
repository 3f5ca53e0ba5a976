//! Tenants and homes.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use plume::monitor::{
    ids::{HomeId, TenantId},
    schedule::CheckClass,
};
use rusqlite::{Row, ToSql, params};

use crate::store::error::Result;
use crate::store::model::{
    Announcer, ChangeKind, Cursor, Home, HomeQuery, NewHome, Page, RecordKind, RouteNames, StatusCounts,
    Tenant, Traits, Verdict, class_code, natural, rank, sought, status, words,
};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::file::open_unknown;
use crate::store::sqlite::operations::decisions::{self, Owner};
use crate::store::sqlite::statement::{Tx, conflict, count, millis, missing, tags, time, unsigned};
use crate::store::traits::HomeStore;

const UNKNOWN: u8 = 3;
/// A condition that fewer homes fulfil selects the candidates of a list.
const RARE: i64 = 300;

#[async_trait]
impl HomeStore for SqliteStore {
    async fn put_tenant(&self, tenant: Tenant) -> Result<()> {
        self.write(move |tx| {
            tx.run(
                "INSERT INTO tenant (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = ?2",
                params![tenant.id.as_str(), tenant.name],
            )?;
            Ok(())
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<Tenant>> {
        let tenant =
            |row: &Row<'_>| Ok(Tenant { id: TenantId::new(row.get::<_, String>(0)?), name: row.get(1)? });
        self.read(move |tx| tx.all("SELECT id, name FROM tenant ORDER BY id", [], tenant)).await
    }

    async fn route_names(&self, tenant: &TenantId) -> Result<RouteNames> {
        let tenant = tenant.clone();
        self.read(move |tx| route_names(tx, &tenant)).await
    }

    async fn put_homes(&self, homes: Vec<NewHome>) -> Result<usize> {
        let now = millis(self.inner.clock.wall());
        self.write(move |tx| {
            let mut added = 0;
            for home in &homes {
                added += usize::from(put_home(tx, home, now)?);
            }
            Ok(added)
        })
        .await
    }

    async fn remove_home(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()> {
        let (tenant, home, now) = (tenant.clone(), home.clone(), self.inner.clock.wall());
        let announcer = Arc::clone(announcer);
        self.write(move |tx| {
            let key = tx.home(&tenant, &home)?.ok_or_else(|| missing("home", &home))?;
            let owner = tx.known_tenant(&tenant)?;
            decisions::close_of_home(tx, Owner { key: owner, id: &tenant }, key, announcer.as_ref(), now)?;
            tx.run(
                "INSERT INTO record (tenant, kind, id, edition, changed, body) \
                 SELECT tenant, ?3, id, 1, ?4, CAST(name AS BLOB) FROM home WHERE tenant = ?1 AND key = ?2 \
                 ON CONFLICT DO UPDATE SET edition = edition + 1, changed = excluded.changed, body = excluded.body",
                params![owner, key, RecordKind::Removed.as_str(), millis(now)],
            )?;
            tx.run("DELETE FROM home WHERE tenant = ?1 AND key = ?2", params![owner, key])?;
            tx.change(owner, ChangeKind::Home, home.as_str())
        })
        .await
    }

    async fn home(&self, tenant: &TenantId, home: &HomeId) -> Result<Option<Home>> {
        let (tenant, home) = (tenant.clone(), home.clone());
        self.read(move |tx| match tx.home(&tenant, &home)? {
            Some(key) => read_home(tx, &tenant, key),
            None => Ok(None),
        })
        .await
    }

    async fn homes_of(&self, tenant: &TenantId, ids: Vec<HomeId>) -> Result<Vec<Home>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let mut found = Vec::with_capacity(ids.len());
            for id in &ids {
                if let Some(key) = tx.home(&tenant, id)? {
                    found.extend(read_home(tx, &tenant, key)?);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn homes(&self, tenant: &TenantId, query: HomeQuery) -> Result<Page<Home, Cursor>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let mut keys = match tx.tenant(&tenant)? {
                Some(key) => select(tx, key, &query)?,
                None => Vec::new(),
            };
            let has_more = keys.len() > query.limit;
            keys.truncate(query.limit);
            let mut items = Vec::with_capacity(keys.len());
            for key in keys {
                items.extend(read_home(tx, &tenant, key)?);
            }
            let next = items.last().filter(|_| has_more).map(Cursor::of);
            Ok(Page { items, next })
        })
        .await
    }

    async fn counts(&self, tenant: &TenantId) -> Result<StatusCounts> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let rows = tx.all(
                "SELECT status, homes FROM home_count JOIN tenant ON tenant.key = home_count.tenant WHERE tenant.id = ?1",
                [tenant.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let mut counts = StatusCounts::default();
            rows.into_iter().for_each(|(rank, homes)| counts.add(rank, unsigned(homes)));
            Ok(counts)
        })
        .await
    }
}

impl SqliteStore {
    /// Returns the names of all tenants in a file that routes refer to. Another process may use the file.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError), also if there is no such file.
    pub fn route_names_of(path: &Path) -> Result<Vec<RouteNames>> {
        let Some(connection) = open_unknown(path)? else { return Ok(Vec::new()) };
        let tx = Tx::new(&connection);
        let tenants = tx.all("SELECT id FROM tenant ORDER BY id", [], |row| row.get::<_, String>(0))?;
        tenants.into_iter().map(|tenant| route_names(&tx, &TenantId::new(tenant))).collect()
    }
}

/// Returns the names of a tenant that routes refer to.
fn route_names(tx: &Tx<'_>, tenant: &TenantId) -> Result<RouteNames> {
    let mut names = RouteNames::new(tenant.clone());
    let Some(key) = tx.tenant(tenant)? else { return Ok(names) };
    let traits =
        tx.all("SELECT DISTINCT firmware, model, region FROM home WHERE tenant = ?1", [key], |row| {
            Ok(Traits { firmware: row.get(0)?, model: row.get(1)?, region: row.get(2)? })
        })?;
    traits.iter().for_each(|traits| names.add(traits, []));
    names.tags.extend(tx.all("SELECT DISTINCT tag FROM tag WHERE tenant = ?1", [key], |row| row.get(0))?);
    let channels = "SELECT id FROM record WHERE tenant = ?1 AND kind = ?2";
    names.channels.extend(tx.all(channels, params![key, RecordKind::Channel.as_str()], |row| row.get(0))?);
    Ok(names)
}

/// Adds or changes a home. Returns whether it is new.
fn put_home(tx: &Tx<'_>, home: &NewHome, now: i64) -> Result<bool> {
    let tenant = tx.known_tenant(&home.tenant)?;
    let sorted = natural(&home.name);
    let (id, names) = (
        home.id.as_str(),
        params![tenant, home.id.as_str(), home.customer, home.location, home.name, home.region, sorted],
    );
    let changed = tx.first(
        "UPDATE home SET customer = ?3, location = ?4, name = ?5, region = ?6, sorted = ?7 WHERE id = ?2 AND tenant = ?1 \
         RETURNING key",
        names,
        |row| row.get::<_, i64>(0),
    )?;
    let (key, is_new) = match changed {
        Some(key) => (key, false),
        None => {
            let added = tx.run(
                "INSERT INTO home (tenant, id, customer, location, name, region, sorted, status, since, headline) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'not checked yet') ON CONFLICT (id) DO NOTHING",
                params![tenant, id, home.customer, home.location, home.name, home.region, sorted, UNKNOWN, now],
            )?;
            if added == 0 {
                // Without the name of the other tenant.
                return Err(conflict("home", id));
            }
            (tx.last_key(), true)
        }
    };
    if is_new {
        tx.run(
            "INSERT INTO work (home, tenant, class, due, since, runs_since_full, wants_full) \
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 1)",
            params![key, tenant, class_code(CheckClass::Normal), millis(home.due), now],
        )?;
    }
    tx.run("DELETE FROM tag WHERE tenant = ?1 AND home = ?2", params![tenant, key])?;
    for tag in &home.tags {
        tx.run(
            "INSERT INTO tag (tenant, tag, home) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![tenant, tag, key],
        )?;
    }
    tx.run("DELETE FROM word WHERE tenant = ?1 AND home = ?2", params![tenant, key])?;
    for word in words(&format!("{} {id} {} {}", home.name, home.customer, home.location)) {
        tx.run("INSERT INTO word (tenant, word, home) VALUES (?1, ?2, ?3)", params![tenant, word, key])?;
    }
    tx.change(tenant, ChangeKind::Home, id)?;
    Ok(is_new)
}

fn read_home(tx: &Tx<'_>, tenant: &TenantId, key: i64) -> Result<Option<Home>> {
    tx.first(
        "SELECT home.id, customer, location, home.name, firmware, model, region, status, home.since, headline, checked, \
         (SELECT group_concat(tag, char(31)) FROM tag WHERE tag.home = home.key), data \
         FROM home JOIN work ON work.home = home.key JOIN tenant ON tenant.key = home.tenant \
         WHERE home.key = ?1 AND tenant.id = ?2",
        params![key, tenant.as_str()],
        |row| {
            Ok(Home {
                tenant: tenant.clone(),
                id: HomeId::new(row.get::<_, String>(0)?),
                customer: row.get(1)?,
                location: row.get(2)?,
                name: row.get(3)?,
                traits: Traits { firmware: row.get(4)?, model: row.get(5)?, region: row.get(6)? },
                tags: tags(row, 11)?,
                verdict: Verdict {
                    status: status(row.get(7)?),
                    since: time(row.get(8)?),
                    headline: row.get(9)?,
                },
                checked: row.get::<_, Option<i64>>(10)?.map(time),
                data: row.get::<_, Option<i64>>(12)?.map(time),
            })
        },
    )
}

/// A condition of a list with an index of its own: a tag, or the begin of a word.
struct Filter {
    /// The homes that fulfil it, by this index.
    homes: &'static str,
    /// Their number, counted up to a limit.
    counted: &'static str,
    /// Whether a home fulfils it, by the index of homes.
    of_home: &'static str,
    values: Vec<String>,
}

impl Filter {
    fn all(query: &HomeQuery) -> Vec<Self> {
        let tag = query.tag.iter().map(|tag| Self {
            homes: "SELECT home FROM tag WHERE tenant = ? AND tag = ?",
            counted: "SELECT count(*) FROM (SELECT 1 FROM tag WHERE tenant = ? AND tag = ? LIMIT ?)",
            of_home: "EXISTS (SELECT 1 FROM tag WHERE home = home.key AND tenant = ? AND tag = ?)",
            values: vec![tag.clone()],
        });
        let words = query.text.as_deref().map(sought).unwrap_or_default().into_iter().map(|word| Self {
            homes: "SELECT home FROM word WHERE tenant = ? AND word >= ? AND word < ?",
            counted: "SELECT count(*) FROM (SELECT 1 FROM word WHERE tenant = ? AND word >= ? AND word < ? LIMIT ?)",
            of_home: "EXISTS (SELECT 1 FROM word WHERE home = home.key AND tenant = ? AND word >= ? AND word < ?)",
            // No text that begins with the word is above it with the highest character.
            values: vec![word.clone(), format!("{word}\u{10ffff}")],
        });
        tag.chain(words).collect()
    }

    fn bind(&self, tenant: i64, values: &mut Vec<Box<dyn ToSql>>) {
        values.push(Box::new(tenant));
        values.extend(self.values.iter().map(|value| Box::new(value.clone()) as Box<dyn ToSql>));
    }

    /// Returns whether few homes fulfil it.
    fn is_rare(&self, tx: &Tx<'_>, tenant: i64) -> Result<bool> {
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        self.bind(tenant, &mut values);
        values.push(Box::new(RARE));
        let found = tx.first(self.counted, rusqlite::params_from_iter(values), |row| row.get::<_, i64>(0))?;
        Ok(found.unwrap_or_default() < RARE)
    }
}

/// Returns the keys of a part of the list, and one more if there is one.
///
/// A condition that few homes fulfil gives the candidates, which are sorted. Otherwise the list is walked in its order, and
/// each condition is looked up for each home: a common one is soon fulfilled often enough.
fn select(tx: &Tx<'_>, tenant: i64, query: &HomeQuery) -> Result<Vec<i64>> {
    let filters = Filter::all(query);
    let mut rare = None;
    for (place, filter) in filters.iter().enumerate() {
        if rare.is_none() && filter.is_rare(tx, tenant)? {
            rare = Some(place);
        }
    }
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(tenant)];
    let mut sql = match rare {
        // The sign keeps the order of the list from being used: the candidates are fewer.
        Some(_) => "SELECT key FROM home WHERE +tenant = ?".to_owned(),
        None => "SELECT key FROM home WHERE tenant = ?".to_owned(),
    };
    if let Some(wanted) = query.status {
        sql.push_str(if rare.is_some() { " AND +status = ?" } else { " AND status = ?" });
        values.push(Box::new(rank(wanted)));
    }
    if let Some(Cursor { rank, name, id }) = &query.after {
        sql.push_str(" AND (status, sorted, id) > (?, ?, ?)");
        values.extend([
            Box::new(*rank) as Box<dyn ToSql>,
            Box::new(name.clone()),
            Box::new(id.as_str().to_owned()),
        ]);
    }
    for (place, filter) in filters.iter().enumerate() {
        sql.push_str(" AND ");
        if rare == Some(place) {
            sql.push_str("key IN (");
            sql.push_str(filter.homes);
            sql.push(')');
        } else {
            sql.push_str(filter.of_home);
        }
        filter.bind(tenant, &mut values);
    }
    sql.push_str(" ORDER BY status, sorted, id LIMIT ?");
    values.push(Box::new(count(query.limit.saturating_add(1))));
    tx.all(&sql, rusqlite::params_from_iter(values), |row| row.get(0))
}
