//! Configures a simulator.

use std::{sync::Arc, time::Duration};

use plume_runtime::{Clock, SystemClock};

use crate::faults::{CALLS, Effect, FaultPlan, FaultRule, WINDOW};
use crate::simulator::cloud::Simulator;
use crate::simulator::tenants::Tenant;
use crate::world::{
    FIRST_GENERATED, Home, Identity, ListShape, MOST_GENERATED, PARTNER_NAME, StoryPlan, World, Written,
    millis,
};

/// Configures a [`Simulator`]. Created by [`Simulator::builder`].
///
/// ```
/// use std::time::Duration;
/// use std::sync::Arc;
/// use plume_runtime::{ManualClock, chrono::DateTime};
/// use plume_sim::{Home, Simulator};
///
/// let simulator = Simulator::builder()
///     .seed(42)
///     .home(Home::OnePodDown)
///     .customers(0)
///     .clock(Arc::new(ManualClock::new(DateTime::UNIX_EPOCH)))
///     .token_lifetime(Duration::from_secs(60))
///     .build();
/// # let _ = simulator;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SimulatorBuilder {
    seed: u64,
    homes: Option<Vec<Home>>,
    customers: u32,
    clock: Option<Arc<dyn Clock>>,
    token_lifetime: Duration,
    list_shape: ListShape,
    stories: Vec<StoryPlan>,
    faults: FaultPlan,
    firewall: bool,
    tenants: Vec<(String, u32)>,
}

impl SimulatorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            seed: 0,
            homes: None,
            customers: 250,
            clock: None,
            token_lifetime: Duration::from_secs(600),
            list_shape: ListShape::default(),
            stories: Vec::new(),
            faults: FaultPlan::default(),
            firewall: false,
            tenants: Vec::new(),
        }
    }

    /// Sets the seed of generated customers, measured values and tokens. Defaults to 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a home. Without this call every home exists; after it, only the added ones.
    pub fn home(mut self, home: Home) -> Self {
        let homes = self.homes.get_or_insert_default();
        if !homes.contains(&home) {
            homes.push(home);
        }
        self
    }

    /// Sets the homes, replacing any that were added before.
    pub fn homes(mut self, homes: impl IntoIterator<Item = Home>) -> Self {
        self.homes = Some(Vec::new());
        homes.into_iter().fold(self, Self::home)
    }

    /// Sets the number of generated customers. Defaults to 250; the maximum is about 16 million. A customer is
    /// computed when it is requested.
    pub fn customers(mut self, customers: u32) -> Self {
        self.customers = customers.min(MOST_GENERATED);
        self
    }

    /// Sets the clock for token expiry and states. Defaults to the system clock.
    ///
    /// Expiry is checked against the wall clock, as on a server that cannot see the client's clock. To simulate a
    /// client with a wrong clock, give client and simulator different clocks.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets the lifetime of tokens, in whole seconds. Defaults to 600 s.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Sets the envelope of node and device lists.
    pub fn list_shape(mut self, shape: ListShape) -> Self {
        self.list_shape = shape;
        self
    }

    /// Adds a story of events in the homes. Several stories run concurrently.
    pub fn story(mut self, story: impl Into<StoryPlan>) -> Self {
        self.stories.push(story.into());
        self
    }

    /// Sets the fault plan. Defaults to no faults.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = plan;
        self
    }

    /// Puts the firewall before API and reports, as in the real cloud: after 2,000 calls within 300 s an address is
    /// blocked for the rest of the window. Without it, calls are counted and reported as
    /// [`ViolationKind::CallLimit`](crate::ViolationKind::CallLimit), but no address is blocked.
    pub fn firewall(mut self) -> Self {
        self.firewall = true;
        self
    }

    /// Adds a provider with its own OAuth client and this number of generated customers.
    /// [`Simulator::tenant_endpoints`] returns its settings by this name.
    ///
    /// A repeated name replaces the earlier number of customers. Every simulator has the provider `Example ISP`, whose
    /// customers are the homes and those of [`SimulatorBuilder::customers`].
    pub fn tenant(mut self, name: impl Into<String>, customers: u32) -> Self {
        let name = name.into();
        if name == PARTNER_NAME {
            return self.customers(customers);
        }
        match self.tenants.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = customers,
            None => self.tenants.push((name, customers)),
        }
        self
    }

    /// Builds the simulator. States are dated relative to this call: a node lost two hours ago was lost two hours
    /// before it.
    #[must_use]
    pub fn build(self) -> Simulator {
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let anchor = millis(clock.wall());
        let (seed, list_shape, stories) = (self.seed, self.list_shape, self.stories);
        let world = |homes, first_generated, generated| World {
            seed,
            homes,
            first_generated,
            generated,
            first_registered: 0,
            most_registered: 0,
            anchor,
            now: anchor,
            list_shape,
            stories: stories.clone(),
            written: Written::default(),
        };
        let homes = self.homes.unwrap_or_else(|| Home::ALL.to_vec());
        let mut taken = self.customers;
        let mut worlds = vec![(Identity::first(), world(homes, FIRST_GENERATED, taken))];
        for ((name, customers), index) in self.tenants.into_iter().zip(1..) {
            let generated = customers.min(MOST_GENERATED - taken);
            let world = world(Vec::new(), FIRST_GENERATED + taken, generated);
            worlds.push((Identity::further(index, &name), world));
            taken += generated;
        }
        // The remaining numbers are for customers that requests will register.
        let share = (MOST_GENERATED - taken) / u32::try_from(worlds.len()).unwrap_or(u32::MAX).max(1);
        for ((_, world), index) in worlds.iter_mut().zip(0..) {
            world.first_registered = FIRST_GENERATED + taken + index * share;
            world.most_registered = share;
        }
        let tenants = worlds.into_iter().map(|(identity, world)| Tenant::new(identity, world)).collect();
        let mut faults = self.faults;
        if self.firewall {
            let real = Effect::Firewall { calls: CALLS, window: WINDOW };
            faults = faults.rule(FaultRule::new(real));
        }
        // A later end than that of the calendar has no meaning and could overflow.
        let lifetime = i64::try_from(self.token_lifetime.as_secs()).unwrap_or(i64::MAX).min(200_000_000_000);
        Simulator::new(tenants, clock, lifetime, faults)
    }
}

impl Simulator {
    /// Returns a builder. By default the simulator has every [`Home`](crate::Home) and 250 generated customers, and
    /// uses the system clock.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::new()
    }
}
