//! Decisions about messages that are made before their time, because their circumstances have changed.

use chrono::TimeDelta;

use crate::store::StoreError;
use crate::worker::leader::Leader;

/// A wall clock that is set back by less delays a message by less.
const SET_BACK: TimeDelta = TimeDelta::minutes(1);

impl Leader {
    /// Makes the incidents of tenants due whose windows have changed, and those of all tenants after the wall clock was set
    /// back: the time for which each waits was computed before.
    pub(super) async fn decide_again(&mut self) -> Result<(), StoreError> {
        let (store, clock) = (&self.parts.store, &self.parts.clock);
        let step = self.agreement.step(clock.as_ref(), SET_BACK);
        self.is_set_back |= step.is_some_and(|step| step < TimeDelta::zero());
        if self.is_set_back {
            self.again.extend(store.tenants().await?.into_iter().map(|tenant| tenant.id));
            self.is_set_back = false;
        }
        let now = clock.wall();
        while let Some(tenant) = self.again.first() {
            store.hasten(tenant, now).await?;
            self.again.pop_first();
        }
        Ok(())
    }
}
