//! The shares of suspects and of tenants.

use chrono::{DateTime, Utc};

use crate::budget::lanes::PARTS;
use crate::budget::load::{Census, Heads, Load};
use crate::budget::policy::BudgetPolicy;
use crate::budget::turns::Turns;
use crate::ids::TenantId;
use crate::schedule::{CheckClass, CheckDetail, SchedulePolicy};

/// The memory of the shares of suspects and of tenants in past checks.
///
/// It is a memory of seconds: a new one after a restart is as good.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    pub(super) budget: BudgetPolicy,
    pub(super) schedule: SchedulePolicy,
    regular: Turns,
    suspects: Turns,
    /// The calls that suspects took beyond their share, in calls; negative if they took less.
    excess: f64,
}

/// The calls that suspects may take at once before the others, and the memory of their share: those of two seconds of the
/// lane. The least is that of a full check, and more would starve the suspects of a slow lane for minutes.
const AT_ONCE: (f64, f64) = (2.0, 8.0);

/// The homes of tenants that wait for a check.
pub(super) trait Ready {
    /// Returns the oldest waiting home of each class.
    fn heads(&self, tenant: &TenantId) -> Heads;
    /// Returns the number of all homes of the tenant.
    fn census(&self, tenant: &TenantId) -> Census;
}

impl Shares {
    /// Returns shares without a memory.
    #[must_use]
    pub fn new(budget: BudgetPolicy, schedule: SchedulePolicy) -> Self {
        Self { budget, schedule, ..Self::default() }
    }

    /// Records that the waiting homes of a tenant, or all of its homes, have changed.
    pub(super) fn update(&mut self, tenant: &TenantId, heads: &Heads, census: &Census) {
        let [suspect, others @ ..] = heads;
        self.suspects.set_waiting(tenant, suspect.is_some(), suspects(census));
        let regular = census.regular_checks(&self.schedule);
        self.regular.set_waiting(tenant, others.iter().any(Option::is_some), regular);
    }

    /// Removes a tenant without homes.
    pub(super) fn forget(&mut self, tenant: &TenantId) {
        self.suspects.forget(tenant);
        self.regular.forget(tenant);
    }

    /// Chooses the tenant and class of the next check.
    pub(super) fn choose(
        &self,
        ready: &impl Ready,
        load: &Load,
        now: DateTime<Utc>,
    ) -> Option<(TenantId, CheckClass)> {
        let suspect = self.suspects.next().map(|tenant| (tenant.clone(), CheckClass::Suspect));
        let Some(tenant) = self.regular.next().filter(|_| suspect.is_none() || self.excess > 0.0) else {
            return suspect;
        };
        Some((tenant.clone(), load.choose(&self.schedule, &ready.heads(tenant), now)?))
    }

    /// Charges a check. A tenant pays for a check, not for its detail: the share of full checks is the same for all.
    pub(super) fn charge(
        &mut self,
        ready: &impl Ready,
        (tenant, class): (&TenantId, CheckClass),
        detail: CheckDetail,
    ) {
        let calls = f64::from(detail.calls());
        let census = ready.census(tenant);
        if class == CheckClass::Suspect {
            self.suspects.charge(tenant, suspects(&census));
            self.excess += calls * (1.0 - self.budget.suspects_share);
        } else {
            self.regular.charge(tenant, census.regular_checks(&self.schedule));
            self.excess -= calls * self.budget.suspects_share;
        }
        let at_once = (self.budget.checks_per_second() * 2.0).clamp(AT_ONCE.0, AT_ONCE.1);
        self.excess = self.excess.clamp(-at_once, at_once);
    }
}

/// Returns the weight of a tenant's suspects.
fn suspects(census: &Census) -> u128 {
    u128::from(census.suspect).saturating_mul(PARTS)
}
