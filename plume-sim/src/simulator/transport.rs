//! The in-process transport: no sockets, the simulator's clock, the errors of a real connection.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use plume_runtime::{Limits, Transport, TransportError, TransportErrorKind};

use crate::faults::ResetStage;
use crate::simulator::cloud::Simulator;
use crate::simulator::exchange::{Delivery, HERE, Origin, Shape};

impl Simulator {
    /// Returns a transport whose requests are answered in this process, without a network.
    ///
    /// Faults appear as over a network: a broken connection is the same typed error, latency is waited for on the
    /// simulator's clock, and the client's limits apply.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_runtime::Limits;
    /// use plume_sim::Simulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = Simulator::builder().build();
    /// let url = format!("{}/Customers/count", simulator.endpoints().api_base());
    /// let request = http::Request::get(url).body(Bytes::new())?;
    /// let response = simulator.transport().send(request, &Limits::default()).await?;
    /// assert_eq!(response.status(), 401);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        self.transport_from(HERE)
    }

    /// Returns a transport from another egress address. The firewall and the oracles count calls by address.
    #[must_use]
    pub fn transport_from(&self, address: &str) -> Arc<dyn Transport> {
        Arc::new(CloudTransport { simulator: self.clone(), address: address.into() })
    }
}

/// A simulator as seen by a client at one address.
pub(crate) struct CloudTransport {
    pub(crate) simulator: Simulator,
    pub(crate) address: Arc<str>,
}

impl fmt::Debug for CloudTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudTransport").field("address", &self.address).finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for CloudTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, TransportError> {
        let (reply, in_flight) = self.simulator.begin(request, &self.address, Origin::InProcess);
        let result = self.deliver(reply, limits).await;
        in_flight.finish(result.is_ok());
        result
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

impl CloudTransport {
    async fn deliver(&self, reply: Delivery, limits: &Limits) -> Result<Response<Bytes>, TransportError> {
        let Delivery { delay, shape } = reply;
        let patience = limits.first_byte_timeout.min(limits.total_timeout);
        if matches!(shape, Shape::Hang) || delay > patience {
            return self.give_up(patience, "no response within the time limit").await;
        }
        self.wait(delay).await;
        let left = limits.total_timeout.saturating_sub(delay);
        match shape {
            Shape::Answer(response) => within(response, limits),
            Shape::Slow(response, bytes_per_second) => {
                let rate = f64::from(bytes_per_second.max(1));
                let length = u32::try_from(response.body().len()).unwrap_or(u32::MAX);
                let lasts = Duration::from_secs_f64(f64::from(length) / rate);
                if Duration::from_secs_f64(1.0 / rate) > limits.idle_read_timeout {
                    return self
                        .give_up(limits.idle_read_timeout.min(left), "the response body stalled")
                        .await;
                }
                if lasts > left {
                    return self.give_up(left, "the response did not end within the time limit").await;
                }
                self.wait(lasts).await;
                within(response, limits)
            }
            Shape::Bomb(mut response, bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                if bytes > limits.max_body_bytes {
                    return Err(too_large(limits));
                }
                *response.body_mut() = Bytes::from(vec![b' '; bytes]);
                Ok(response)
            }
            Shape::Broken(stage, _) => Err(broken(stage)),
            Shape::Hang => self.give_up(left, "no response within the time limit").await,
        }
    }

    async fn wait(&self, duration: Duration) {
        if !duration.is_zero() {
            self.simulator.clock().sleep(duration).await;
        }
    }

    async fn give_up<T>(&self, after: Duration, message: &str) -> Result<T, TransportError> {
        self.wait(after).await;
        Err(TransportError::new(TransportErrorKind::Timeout, message))
    }
}

fn within(response: Response<Bytes>, limits: &Limits) -> Result<Response<Bytes>, TransportError> {
    match response.body().len() > limits.max_body_bytes {
        true => Err(too_large(limits).with_status(response.status())),
        false => Ok(response),
    }
}

fn too_large(limits: &Limits) -> TransportError {
    TransportError::new(
        TransportErrorKind::TooLarge,
        format!("the response is larger than the limit of {} bytes", limits.max_body_bytes),
    )
}

fn broken(stage: ResetStage) -> TransportError {
    match stage {
        ResetStage::Connect => TransportError::new(TransportErrorKind::Connect, "the connection was refused"),
        ResetStage::Request | ResetStage::Headers => TransportError::new(
            TransportErrorKind::Interrupted,
            "the connection was reset before the response",
        ),
        ResetStage::AfterHeaders | ResetStage::Body => TransportError::new(
            TransportErrorKind::Interrupted,
            "the connection was reset during the response",
        ),
    }
}
