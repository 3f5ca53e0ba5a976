//! The difference between the homes of an import and those of the store.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use plume::monitor::ids::{HomeId, TenantId};

use crate::store::{
    Result, Store,
    model::{Home, HomeQuery, NewHome},
};

/// The number of homes that are read at once.
const PAGE: usize = 500;
/// The number of homes of each kind that are listed one by one.
const LISTED: usize = 20;

/// The effect of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Homes that are not in the store.
    pub added: Vec<NewHome>,
    /// Homes that are, with other values, and the names of these.
    pub changed: Vec<(NewHome, Vec<&'static str>)>,
    /// The number of homes that are in the store as they are.
    pub unchanged: usize,
    /// Homes of the store that the import does not have.
    pub gone: Vec<Home>,
    /// Homes among them that the cloud still has, so they are not removed.
    pub kept: Vec<Home>,
}

impl Plan {
    /// Compares homes with those of their tenants in the store.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    pub async fn of(store: &dyn Store, homes: &[NewHome], tenants: &BTreeSet<TenantId>) -> Result<Self> {
        let mut stored = BTreeMap::new();
        for tenant in tenants {
            for home in all(store, tenant).await? {
                stored.insert(home.id.clone(), home);
            }
        }
        let mut plan = Self::default();
        for home in homes {
            let differences = match stored.remove(&home.id) {
                None => {
                    plan.added.push(home.clone());
                    continue;
                }
                Some(known) => differences(&known, home),
            };
            match differences.is_empty() {
                true => plan.unchanged += 1,
                false => plan.changed.push((home.clone(), differences)),
            }
        }
        plan.gone = stored.into_values().collect();
        Ok(plan)
    }

    /// Returns the homes to write.
    pub fn to_write(&self) -> impl Iterator<Item = &NewHome> {
        self.added.iter().chain(self.changed.iter().map(|(home, _)| home))
    }
}

/// All homes of a tenant.
async fn all(store: &dyn Store, tenant: &TenantId) -> Result<Vec<Home>> {
    let mut found = Vec::new();
    let mut query = HomeQuery { limit: PAGE, ..HomeQuery::default() };
    loop {
        let page = store.homes(tenant, query.clone()).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

fn differences(known: &Home, home: &NewHome) -> Vec<&'static str> {
    let set = |tags: &[String]| tags.iter().cloned().collect::<BTreeSet<String>>();
    let compared = [
        ("tenant", known.tenant == home.tenant),
        ("customer", known.customer == home.customer),
        ("location", known.location == home.location),
        ("name", known.name == home.name),
        ("region", known.traits.region == home.region),
        ("tags", set(&known.tags) == set(&home.tags)),
    ];
    compared.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
}

impl fmt::Display for Plan {
    /// A line for each of the first homes, and the numbers of all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |tenant: &TenantId, id: &HomeId, name: &str| {
            plume_text::on_screen(&format!("{tenant}/{id} {name}")).into_owned()
        };
        let added = self.added.iter().map(|home| line(&home.tenant, &home.id, &home.name)).collect();
        let changed = self.changed.iter().map(|(home, differences)| {
            format!("{}: {}", line(&home.tenant, &home.id, &home.name), differences.join(", "))
        });
        let gone = self.gone.iter().map(|home| line(&home.tenant, &home.id, &home.name)).collect();
        let kept = self.kept.iter().map(|home| line(&home.tenant, &home.id, &home.name)).collect();
        let lists: [(&str, Vec<String>); 4] =
            [("+", added), ("~", changed.collect()), ("-", gone), ("=", kept)];
        for (mark, lines) in &lists {
            for line in lines.iter().take(LISTED) {
                writeln!(f, "{mark} {line}")?;
            }
            if lines.len() > LISTED {
                writeln!(f, "{mark} and {} more", lines.len() - LISTED)?;
            }
        }
        let [added, changed, gone, kept] = lists.map(|(_, lines)| lines.len());
        let missing = gone.saturating_add(kept);
        write!(
            f,
            "{added} added, {changed} changed, {} unchanged, {missing} not in the import",
            self.unchanged
        )?;
        match kept {
            0 => Ok(()),
            kept => write!(f, ", {kept} of them still in the cloud"),
        }
    }
}
