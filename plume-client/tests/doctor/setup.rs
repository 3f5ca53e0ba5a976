//! A simulator and a doctor of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume_client::{
    CallRate, RateLimiter,
    doctor::{Check, Diagnosis, Doctor},
};
use plume_runtime::{Clock, ManualClock};
use plume_sim::{
    Simulator, SimulatorBuilder,
    faults::{FaultPlan, FaultRule},
};

pub(crate) const SSO: &str = "sso.example.net";
pub(crate) const CLOUD: &str = "cloud.example.net";

pub(crate) struct Setup {
    pub(crate) simulator: Simulator,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) clock: ManualClock,
}

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

pub(crate) fn setup() -> Setup {
    setup_of(Simulator::builder().seed(7).customers(30))
}

pub(crate) fn setup_of(builder: SimulatorBuilder) -> Setup {
    let clock = ManualClock::skipping(start());
    let simulator = builder.clock(Arc::new(clock.clone())).build();
    // The simulator answers for every host.
    let variables = simulator.environment().map(|(name, value)| {
        let host = if name == "PLUME_SSO_URL" { SSO } else { CLOUD };
        (name.to_owned(), value.replace("http://127.0.0.1:9", &format!("https://{host}")))
    });
    let variables = variables.collect();
    Setup { simulator, variables, clock }
}

impl Setup {
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut variables = self.variables;
        variables.insert(name.to_owned(), value.to_owned());
        Self { variables, ..self }
    }

    pub(crate) fn without(self, name: &str) -> Self {
        let mut variables = self.variables;
        variables.remove(name);
        Self { variables, ..self }
    }

    pub(crate) fn fault(self, rule: FaultRule) -> Self {
        self.simulator.set_faults(FaultPlan::new(7).rule(rule));
        self
    }

    pub(crate) fn doctor(&self) -> Doctor {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        Doctor::from_variables(self.variables.clone())
            .transport(self.simulator.transport())
            .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&clock)))
            .clock(clock)
    }

    pub(crate) async fn run(&self) -> Diagnosis {
        let diagnosis = self.doctor().run().await;
        assert_eq!(u64::from(diagnosis.calls), self.simulator.request_count());
        law(&diagnosis);
        diagnosis
    }
}

/// The promises of every diagnosis.
pub(crate) fn law(diagnosis: &Diagnosis) {
    for check in &diagnosis.checks {
        let text = check.to_string();
        assert!(!check.name.is_empty(), "{text}");
        if check.is_failed() {
            assert!(check.help().is_some_and(|help| !help.is_empty()), "{text}");
            assert!(check.seen().is_some_and(|seen| !seen.is_empty()), "{text}");
        }
        if check.is_skipped() {
            assert!(check.reason().is_some_and(|reason| !reason.is_empty()), "{text}");
        }
    }
    let json = serde_json::to_string(diagnosis).unwrap();
    let back: Diagnosis = serde_json::from_str(&json).unwrap();
    assert_eq!(&back, diagnosis);
}

pub(crate) fn check<'d>(diagnosis: &'d Diagnosis, name: &str) -> &'d Check {
    diagnosis.check(name).unwrap_or_else(|| panic!("{name} is missing:\n{diagnosis}"))
}
