//! The division of permits for a store that claims homes with a query.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::budget::load::{Census, Heads, Load};
use crate::budget::shares::{Ready, Shares};
use crate::ids::TenantId;
use crate::schedule::{CheckClass, CheckDetail};

/// The due homes of one tenant and class: one row of a query that groups the homes with `due <= now`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Waiting {
    /// The tenant.
    pub tenant: TenantId,
    /// The class.
    pub class: CheckClass,
    /// The number of due homes.
    pub homes: u64,
    /// The earliest [`since`](crate::schedule::HomeSchedule::since) of them.
    pub oldest: DateTime<Utc>,
}

impl Waiting {
    /// Returns a row.
    #[must_use]
    pub fn new(tenant: TenantId, class: CheckClass, homes: u64, oldest: DateTime<Utc>) -> Self {
        Self { tenant, class, homes, oldest }
    }
}

/// The number of homes of one tenant and class to claim, those with the earliest `since` first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quota {
    /// The tenant.
    pub tenant: TenantId,
    /// The class.
    pub class: CheckClass,
    /// The number of homes.
    pub homes: u32,
}

/// The due homes of a query. Those of one row count as evenly spread from the oldest until now.
struct Rows<'a> {
    waiting: BTreeMap<&'a TenantId, [Option<Row>; CheckClass::ALL.len()]>,
    census: &'a BTreeMap<TenantId, Census>,
    now: DateTime<Utc>,
}

#[derive(Clone, Copy)]
struct Row {
    homes: u64,
    oldest: DateTime<Utc>,
    taken: u32,
}

impl Row {
    /// Returns the oldest home that is not taken.
    fn head(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let left = self.homes.checked_sub(self.taken.into()).filter(|left| *left > 0)?;
        let age = now.signed_duration_since(self.oldest).num_milliseconds().max(0);
        let age = i128::from(age) * i128::from(left) / i128::from(self.homes);
        let age = TimeDelta::milliseconds(i64::try_from(age).unwrap_or(i64::MAX));
        Some(now.checked_sub_signed(age).unwrap_or(self.oldest))
    }
}

impl<'a> Rows<'a> {
    fn of(waiting: &'a [Waiting], census: &'a BTreeMap<TenantId, Census>, now: DateTime<Utc>) -> Self {
        let mut rows = Self { waiting: BTreeMap::new(), census, now };
        for Waiting { tenant, class, homes, oldest } in waiting {
            if let Some(row) = rows.waiting.entry(tenant).or_default().get_mut(*class as usize) {
                *row = Some(Row { homes: *homes, oldest: *oldest, taken: 0 });
            }
        }
        rows
    }

    fn take(&mut self, tenant: &TenantId, class: CheckClass) {
        let rows = self.waiting.get_mut(tenant);
        if let Some(Some(row)) = rows.and_then(|rows| rows.get_mut(class as usize)) {
            row.taken = row.taken.saturating_add(1);
        }
    }

    fn quotas(&self) -> impl Iterator<Item = Quota> {
        self.waiting.iter().flat_map(|(tenant, rows)| {
            let taken =
                CheckClass::ALL.into_iter().zip(rows).filter_map(|(class, row)| Some((class, (*row)?.taken)));
            taken.filter(|(_, taken)| *taken > 0).map(|(class, homes)| Quota {
                tenant: (*tenant).clone(),
                class,
                homes,
            })
        })
    }
}

impl Ready for Rows<'_> {
    fn heads(&self, tenant: &TenantId) -> Heads {
        let rows = self.waiting.get(tenant).copied().unwrap_or_default();
        rows.map(|row| row.and_then(|row| row.head(self.now)))
    }

    fn census(&self, tenant: &TenantId) -> Census {
        self.census.get(tenant).copied().unwrap_or_default()
    }
}

impl Shares {
    /// Divides `permits` calls between the due homes of tenants and classes. `census` has all homes of each tenant.
    ///
    /// Every check counts as a cheap one. Take the calls of full checks from the permits of the next division. The work is
    /// linear in the rows and permits.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use plume_monitor::budget::{BudgetPolicy, Census, Shares, Waiting};
    /// use plume_monitor::ids::TenantId;
    /// use plume_monitor::schedule::{CheckClass, SchedulePolicy};
    ///
    /// let (large, small) = (TenantId::new("large"), TenantId::new("small"));
    /// let census = BTreeMap::from([
    ///     (large.clone(), Census::new().with(CheckClass::Normal, 9_000)),
    ///     (small.clone(), Census::new().with(CheckClass::Normal, 20)),
    /// ]);
    /// let now = "2026-01-15T10:00:00Z".parse()?;
    /// let oldest = "2026-01-15T09:54:00Z".parse()?;
    /// let rows = [
    ///     Waiting::new(large.clone(), CheckClass::Normal, 1_234, oldest),
    ///     Waiting::new(small.clone(), CheckClass::Normal, 1, oldest),
    /// ];
    /// let mut shares = Shares::new(BudgetPolicy::standard(), SchedulePolicy::standard());
    /// let quotas = shares.quotas(&census, &rows, 16, now);
    /// assert_eq!(quotas.iter().map(|quota| quota.homes).collect::<Vec<_>>(), [15, 1]);
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn quotas(
        &mut self,
        census: &BTreeMap<TenantId, Census>,
        waiting: &[Waiting],
        permits: u32,
        now: DateTime<Utc>,
    ) -> Vec<Quota> {
        let mut rows = Rows::of(waiting, census, now);
        let load = Load::of(&self.budget, &self.schedule, &Census::sum(census.values()));
        for row in waiting {
            self.update(&row.tenant, &rows.heads(&row.tenant), &rows.census(&row.tenant));
        }
        for _ in 0..permits {
            let Some((tenant, class)) = self.choose(&rows, &load, now) else { break };
            self.charge(&rows, (&tenant, class), CheckDetail::Nodes);
            rows.take(&tenant, class);
            self.update(&tenant, &rows.heads(&tenant), &rows.census(&tenant));
        }
        let quotas = rows.quotas().collect();
        // The next query has rows of its own.
        for row in waiting {
            self.update(&row.tenant, &Heads::default(), &rows.census(&row.tenant));
        }
        quotas
    }
}
