//! Tenants and homes.

use std::sync::Arc;

use async_trait::async_trait;
use plume::{
    health::Status,
    monitor::{
        ids::{HomeId, TenantId},
        incident::{ChangeKind as IncidentKind, CloseReason, IncidentChange, Scope},
        schedule::{HomeSchedule, SchedulePolicy},
    },
};

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, Stored, conflict, missing};
use crate::store::model::{
    Announcer, ChangeKind, Cursor, Home, HomeQuery, NewHome, Page, Record, RecordKind, RouteNames,
    StatusCounts, Tenant, Traits, Verdict, rank,
};
use crate::store::traits::HomeStore;

#[async_trait]
impl HomeStore for MemoryStore {
    async fn put_tenant(&self, tenant: Tenant) -> Result<()> {
        self.write(|state| {
            state.tenants.insert(tenant.id, tenant.name);
            Ok(())
        })
    }

    async fn tenants(&self) -> Result<Vec<Tenant>> {
        let tenant = |(id, name): (&TenantId, &String)| Tenant { id: id.clone(), name: name.clone() };
        Ok(self.read(|state| state.tenants.iter().map(tenant).collect()))
    }

    async fn route_names(&self, tenant: &TenantId) -> Result<RouteNames> {
        Ok(self.read(|state| {
            let mut names = RouteNames::new(tenant.clone());
            for stored in state.homes.values().filter(|stored| stored.new.tenant == *tenant) {
                names.add(&stored.traits, &stored.new.tags);
            }
            let is_own =
                |key: &&(TenantId, &str, String)| key.0 == *tenant && key.1 == RecordKind::Channel.as_str();
            names.channels = state.records.keys().filter(is_own).map(|(_, _, id)| id.clone()).collect();
            names
        }))
    }

    async fn put_homes(&self, homes: Vec<NewHome>) -> Result<usize> {
        let now = self.clock.wall();
        self.write(|state| {
            let mut added = 0;
            for new in homes {
                state.check_tenant(&new.tenant)?;
                let (tenant, id) = (new.tenant.clone(), new.id.clone());
                match state.homes.get_mut(&id) {
                    Some(stored) if stored.new.tenant != tenant => return Err(conflict("home", &id)),
                    Some(stored) => {
                        stored.traits.region.clone_from(&new.region);
                        stored.new = new;
                    }
                    None => {
                        added += 1;
                        let mut schedule = HomeSchedule::new(&id, &SchedulePolicy::standard(), now);
                        (schedule.due, schedule.runs_since_full, schedule.wants_full) = (new.due, 0, true);
                        let verdict = Verdict {
                            status: Status::Unknown,
                            since: now,
                            headline: "not checked yet".to_owned(),
                        };
                        let traits = Traits { region: new.region.clone(), ..Traits::default() };
                        state.homes.insert(id.clone(), Stored::new(new, traits, verdict, schedule));
                    }
                }
                state.change(&tenant, ChangeKind::Home, id.as_str());
            }
            Ok(added)
        })
    }

    async fn remove_home(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()> {
        let now = self.clock.wall();
        self.write(|state| {
            state.home(tenant, home).ok_or_else(|| missing("home", home))?;
            let scope = Scope::Home(home.clone());
            let open: Vec<_> = state
                .incidents
                .values()
                .filter(|kept| kept.filed.incident.scope == scope && kept.filed.incident.is_open())
                .map(|kept| kept.filed.clone())
                .collect();
            for mut filed in open {
                let id = filed.incident.id.clone();
                let mut change = IncidentChange::new(id, scope.clone(), IncidentKind::Closed, now);
                (change.version, change.reason) = (filed.incident.version, Some(CloseReason::Gone));
                filed.incident.apply(&change);
                state.write(tenant, filed, announcer.as_ref(), now)?;
            }
            if let Some(removed) = state.homes.remove(home) {
                state.uptimes.remove(home);
                let key = (tenant.clone(), RecordKind::Removed.as_str(), home.to_string());
                let edition = state.records.get(&key).map_or(1, |record| record.edition.saturating_add(1));
                let body = removed.new.name.into_bytes();
                state.records.insert(key, Record { id: home.to_string(), edition, changed: now, body });
            }
            state.change(tenant, ChangeKind::Home, home.as_str());
            Ok(())
        })
    }

    async fn home(&self, tenant: &TenantId, home: &HomeId) -> Result<Option<Home>> {
        Ok(self.read(|state| state.home(tenant, home).map(Stored::shown)))
    }

    async fn homes_of(&self, tenant: &TenantId, ids: Vec<HomeId>) -> Result<Vec<Home>> {
        Ok(self.read(|state| {
            let found = ids.iter().filter_map(|id| state.home(tenant, id));
            found.map(Stored::shown).collect()
        }))
    }

    async fn homes(&self, tenant: &TenantId, query: HomeQuery) -> Result<Page<Home, Cursor>> {
        let mut items: Vec<Home> = self.read(|state| {
            let own = state.homes.values().filter(|stored| stored.new.tenant == *tenant);
            own.map(Stored::shown).filter(|home| query.selects(home)).collect()
        });
        items.retain(|home| query.after.as_ref().is_none_or(|after| Cursor::of(home) > *after));
        items.sort_by_key(Cursor::of);
        let has_more = items.len() > query.limit;
        items.truncate(query.limit);
        let next = items.last().filter(|_| has_more).map(Cursor::of);
        Ok(Page { items, next })
    }

    async fn counts(&self, tenant: &TenantId) -> Result<StatusCounts> {
        Ok(self.read(|state| {
            let mut counts = StatusCounts::default();
            let own = state.homes.values().filter(|stored| stored.new.tenant == *tenant);
            own.for_each(|stored| counts.add(rank(stored.verdict.status), 1));
            counts
        }))
    }
}

impl Stored {
    fn new(new: NewHome, traits: Traits, verdict: Verdict, schedule: HomeSchedule) -> Self {
        Self {
            new,
            traits,
            verdict,
            checked: None,
            data: None,
            schedule,
            fence: 0,
            leased_until: None,
            state: None,
            points: Vec::new(),
            hours: Default::default(),
            days: Default::default(),
            transitions: Vec::new(),
        }
    }

    fn shown(&self) -> Home {
        let mut tags = self.new.tags.clone();
        tags.sort();
        tags.dedup();
        Home {
            tenant: self.new.tenant.clone(),
            id: self.new.id.clone(),
            customer: self.new.customer.clone(),
            location: self.new.location.clone(),
            name: self.new.name.clone(),
            traits: self.traits.clone(),
            tags,
            verdict: self.verdict.clone(),
            checked: self.checked,
            data: self.data,
        }
    }
}
