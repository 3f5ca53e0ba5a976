//! The named homes.

use std::{fmt, str::FromStr};

/// Defines the homes: their names, and the last digit of their ids.
macro_rules! homes {
    ($(#[$meta:meta])* $($home:ident $name:literal $number:literal,)*) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Home {
            $(#[doc = concat!("`", $name, "`")] $home,)*
        }

        impl Home {
            /// Every home, in the order of their ids.
            pub const ALL: [Self; 8] = [$(Self::$home),*];

            /// Returns the name, and the ids of customer and location.
            const fn row(self) -> [&'static str; 3] {
                match self {
                    $(Self::$home => [
                        $name,
                        concat!("5ca1ab1e0000000c0000000", $number),
                        concat!("5ca1ab1e0000010f0000000", $number),
                    ],)*
                }
            }
        }
    };
}

homes! {
    /// A household with a known state, for demos and tests.
    ///
    /// Each home is one customer with one location called "Home". Ids, serial numbers and names are the same in every
    /// simulator; the seed changes measured values only.
    ///
    /// | home | what is there |
    /// |---|---|
    /// | `healthy` | one pod, `Living Room Pod`, and six devices, all connected |
    /// | `one-pod-down` | gateway and `Bedroom` connected, `Living Room` lost two hours ago with its devices |
    /// | `two-pods-down` | gateway connected, `Living Room` and `Bedroom` lost with their devices |
    /// | `gateway-down` | nothing connected, the location offline for two hours |
    /// | `poor-qoe` | everything connected, video conferencing of poor quality |
    /// | `device-gone` | everything connected but `Alexa`, `AA:BB:CC:00:11:22`, gone for two hours |
    /// | `reduced-service` | everything connected, service level `basicService` |
    /// | `empty` | a location without nodes, devices or a network state |
    ///
    /// ```
    /// use plume_sim::Home;
    ///
    /// let home: Home = "one-pod-down".parse()?;
    /// assert_eq!(home, Home::OnePodDown);
    /// assert_eq!(home.customer_id(), "5ca1ab1e0000000c00000002");
    /// # Ok::<(), plume_sim::ParseHomeError>(())
    /// ```
    Healthy "healthy" 1,
    OnePodDown "one-pod-down" 2,
    TwoPodsDown "two-pods-down" 3,
    GatewayDown "gateway-down" 4,
    PoorQoe "poor-qoe" 5,
    DeviceGone "device-gone" 6,
    ReducedService "reduced-service" 7,
    Empty "empty" 8,
}

impl Home {
    /// Returns the name, for example for a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row()[0]
    }

    /// Returns the id of the home's customer.
    #[must_use]
    pub const fn customer_id(self) -> &'static str {
        self.row()[1]
    }

    /// Returns the id of the home's only location.
    #[must_use]
    pub const fn location_id(self) -> &'static str {
        self.row()[2]
    }

    /// Returns the customer number from which ids, serial numbers and MAC addresses are built: the position in
    /// [`Home::ALL`].
    pub(crate) const fn number(self) -> u32 {
        self as u32 + 1
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Home {
    type Err = ParseHomeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|home| home.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| ParseHomeError { given: text.to_owned() })
    }
}

/// A name that belongs to no [`Home`]. The message lists every name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown home {given:?} (known: {})", names())]
pub struct ParseHomeError {
    given: String,
}

fn names() -> String {
    Home::ALL.map(Home::name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ids::{LocationKey, customer_id};

    #[test]
    fn every_name_parses_to_its_home() {
        for home in Home::ALL {
            assert_eq!(home.to_string().parse(), Ok(home));
        }
        assert_eq!(format!("{:>8}", Home::Empty), "   empty");
    }

    #[test]
    fn an_unknown_name_is_an_error_with_all_names() {
        let message = "helthy".parse::<Home>().unwrap_err().to_string();
        assert!(message.contains("\"helthy\""), "{message}");
        for home in Home::ALL {
            assert!(message.contains(home.name()), "{message}");
        }
    }

    #[test]
    fn the_written_ids_follow_the_rule_of_all_ids() {
        for home in Home::ALL {
            assert_eq!(home.customer_id(), customer_id(home.number()));
            assert_eq!(home.location_id(), LocationKey { customer: home.number(), ordinal: 1 }.id());
        }
    }
}
