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
    /// Homes that are those of another tenant in the store, so they are not written.
    pub foreign: Vec<NewHome>,
    /// Tenants that are not in the store.
    pub tenants: Vec<TenantId>,
    /// The fate of the homes that are [`gone`](Self::gone).
    pub fate: Fate,
}

/// The fate of the homes that an import does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// They stay in the store.
    #[default]
    Kept,
    /// They stay, because the import is not complete.
    Incomplete,
    /// They would be removed: the import only shows what would change, or is refused.
    Planned,
    /// They are removed with their history.
    Removed,
}

/// The part of the homes that an import may remove, as a divisor.
const REMOVED: usize = 10;

impl Plan {
    /// Compares homes with those of their tenants in the store.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    pub async fn of(store: &dyn Store, homes: &[NewHome], tenants: &BTreeSet<TenantId>) -> Result<Self> {
        let (mut stored, mut others) = (BTreeMap::new(), BTreeSet::new());
        let known: BTreeSet<TenantId> = store.tenants().await?.into_iter().map(|tenant| tenant.id).collect();
        for tenant in &known {
            for home in all(store, tenant).await? {
                match tenants.contains(tenant) {
                    true => drop(stored.insert(home.id.clone(), home)),
                    false => drop(others.insert(home.id)),
                }
            }
        }
        let mut plan = Self { tenants: tenants.difference(&known).cloned().collect(), ..Self::default() };
        for home in homes {
            let is_foreign = stored.get(&home.id).is_some_and(|known| known.tenant != home.tenant);
            if is_foreign || others.contains(&home.id) {
                stored.remove(&home.id);
                plan.foreign.push(home.clone());
                continue;
            }
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

    /// Returns a line for each home that cannot be written. The name of the other tenant is not in it.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        let line = |home: &NewHome| {
            let shown = format!(
                "the home `{}` cannot be one of `{}`: it is one of another tenant",
                home.id, home.tenant
            );
            plume_text::on_screen(&shown).into_owned()
        };
        self.foreign.iter().map(line).collect()
    }

    /// Returns the maximum number of homes that may be removed, if it is exceeded: a tenth of them, unless people say more. A
    /// list that was cut must not delete the history of a fleet.
    #[must_use]
    pub fn too_many(&self, at_most: Option<usize>) -> Option<usize> {
        let all = self.unchanged + self.changed.len() + self.gone.len() + self.kept.len();
        let limit = at_most.unwrap_or((all / REMOVED).max(1));
        (self.gone.len() > limit).then_some(limit)
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
        for tenant in &self.tenants {
            writeln!(f, "* new tenant {}", plume_text::on_screen(tenant.as_str()))?;
        }
        let lists: [(&str, Vec<String>); 4] =
            [("+", added), ("~", changed.collect()), (self.fate.mark(), gone), ("=", kept)];
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
        if kept > 0 {
            write!(f, ", {kept} of them still in the cloud")?;
        }
        match (gone, self.fate) {
            (0, _) => Ok(()),
            (gone, Fate::Kept) => write!(f, "; {gone} kept, because only --remove removes homes"),
            (gone, Fate::Incomplete) => write!(f, "; {gone} kept, because the import is not complete"),
            (gone, Fate::Planned) => write!(f, "; {gone} would be removed"),
            (gone, Fate::Removed) => write!(f, "; {gone} removed"),
        }
    }
}

impl Fate {
    /// The mark before each home.
    fn mark(self) -> &'static str {
        match self {
            Self::Kept | Self::Incomplete => "=",
            Self::Planned | Self::Removed => "-",
        }
    }
}
