//! The simulator and the client of one case.

use std::{fmt, sync::Arc, time::Duration};

use chrono::DateTime;
#[cfg(feature = "server")]
use plume_runtime::SystemClock;
use plume_runtime::{Clock, ManualClock};

use crate::conformance::subject::{Failure, Implementation, SeenNode, Setting, Subject, Way};
use crate::faults::{Effect, FaultPlan, FaultRule};
use crate::oracle::ViolationKind;
#[cfg(feature = "server")]
use crate::server::Server;
use crate::simulator::{Endpoints, Simulator, SimulatorBuilder};
use crate::world::Home;

/// The reason for which a case ends early.
pub(crate) enum Stop {
    Skip(&'static str),
    Fail(String),
}

pub(crate) type Checked<T = ()> = Result<T, Stop>;

/// The implementation under test, and how it reaches the simulator.
pub(crate) struct Bench<'i> {
    pub(crate) implementation: &'i dyn Implementation,
    pub(crate) way: Way,
}

/// A simulator and a client.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) subject: Box<dyn Subject>,
    /// Moves the time; in process only.
    clock: ManualClock,
    shown: Arc<dyn Clock>,
    #[cfg(feature = "server")]
    server: Option<Server>,
}

/// The route of most cases.
pub(crate) const NODES: &str = "/api/Customers/{id}/locations/{locationId}/nodes";

impl Bench<'_> {
    /// Skips a case that takes minutes where time cannot be moved.
    pub(crate) fn needs_clock(&self) -> Checked {
        match self.way {
            Way::InProcess if self.implementation.follows_the_clock() => Ok(()),
            Way::InProcess => Err(Stop::Skip("the client does not follow the clock of the suite")),
            #[cfg(feature = "server")]
            Way::Wire => Err(Stop::Skip("takes minutes of real time on the wire")),
        }
    }

    /// Returns a stage with one fault on the list of nodes.
    pub(crate) async fn with_fault(&self, effect: Effect, times: u64) -> Checked<Stage> {
        let rule = FaultRule::new(effect).route(NODES).to_request(times);
        self.stage(|builder| builder.faults(FaultPlan::new(7).rule(rule))).await
    }

    pub(crate) async fn stage(
        &self,
        describe: impl FnOnce(SimulatorBuilder) -> SimulatorBuilder,
    ) -> Checked<Stage> {
        // 2026-01-15T10:00:00Z.
        let start = DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_200);
        let clock = ManualClock::skipping(start);
        let shown: Arc<dyn Clock> = match self.way {
            Way::InProcess => Arc::new(clock.clone()),
            // Timeouts compete with real bytes there, so the time has to be real as well.
            #[cfg(feature = "server")]
            Way::Wire => Arc::new(SystemClock::new()),
        };
        let builder = Simulator::builder().seed(7).clock(Arc::clone(&shown));
        let simulator = describe(builder).build();
        #[cfg(feature = "server")]
        let server = match self.way {
            Way::InProcess => None,
            Way::Wire => Some(
                simulator
                    .serve(([127, 0, 0, 1], 0))
                    .await
                    .map_err(|error| Stop::Fail(format!("failed to serve the simulator: {error}")))?,
            ),
        };
        #[cfg(feature = "server")]
        let endpoints = server.as_ref().map_or_else(|| simulator.endpoints(), Server::endpoints);
        #[cfg(not(feature = "server"))]
        let endpoints = simulator.endpoints();
        let subject = self.subject(&simulator, &shown, endpoints);
        Ok(Stage {
            simulator,
            subject,
            clock,
            shown,
            #[cfg(feature = "server")]
            server,
        })
    }

    fn subject(
        &self,
        simulator: &Simulator,
        clock: &Arc<dyn Clock>,
        endpoints: Endpoints,
    ) -> Box<dyn Subject> {
        let transport = (self.way == Way::InProcess).then(|| simulator.transport());
        let setting = Setting { endpoints, transport, clock: Arc::clone(clock) };
        self.implementation.subject(&setting)
    }

    /// Returns an additional client, of the provider with this name.
    pub(crate) fn of_tenant(&self, stage: &Stage, name: &str) -> Checked<Box<dyn Subject>> {
        #[cfg(feature = "server")]
        let endpoints = match &stage.server {
            Some(server) => server.tenant_endpoints(name),
            None => stage.simulator.tenant_endpoints(name),
        };
        #[cfg(not(feature = "server"))]
        let endpoints = stage.simulator.tenant_endpoints(name);
        let endpoints = endpoints.map_err(|error| Stop::Fail(error.to_string()))?;
        Ok(self.subject(&stage.simulator, &stage.shown, endpoints))
    }
}

impl Stage {
    pub(crate) async fn nodes_of(&self, home: Home) -> Result<Vec<SeenNode>, Failure> {
        self.subject.nodes(home.customer_id(), home.location_id()).await
    }

    pub(crate) async fn nodes(&self) -> Result<Vec<SeenNode>, Failure> {
        self.nodes_of(Home::OnePodDown).await
    }

    /// Returns the nodes of a call that must succeed.
    pub(crate) async fn nodes_ok(&self, what: &str) -> Checked<Vec<SeenNode>> {
        self.nodes().await.map_err(|failure| Stop::Fail(format!("{what}: the call failed with {failure:?}")))
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Returns the number of requests to a route.
    pub(crate) fn calls_to(&self, template: &str) -> usize {
        let requests = self.simulator.requests();
        requests.iter().filter(|request| request.route == Some(template)).count()
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.simulator.verdict().counts().token_requests
    }

    /// Checks that no rule was broken, except those that the case breaks itself.
    pub(crate) fn clean(&self, ignoring: &[ViolationKind]) -> Checked {
        let verdict = self.simulator.verdict().ignoring(ignoring);
        check(verdict.is_clean(), || verdict.to_string())
    }
}

pub(crate) fn check(right: bool, why: impl FnOnce() -> String) -> Checked {
    if right { Ok(()) } else { Err(Stop::Fail(why())) }
}

/// Returns the failure of a call that must not succeed.
pub(crate) fn failed<T: fmt::Debug>(what: &str, result: Result<T, Failure>) -> Checked<Failure> {
    match result {
        Err(failure) => Ok(failure),
        Ok(value) => Err(Stop::Fail(format!("{what} was accepted as a result: {value:?}"))),
    }
}

/// Checks that the failure is one of these.
pub(crate) fn is_one_of(what: &str, failure: &Failure, accepted: &[Failure]) -> Checked {
    check(accepted.contains(failure), || format!("{what} is {failure:?}, expected one of {accepted:?}"))
}
