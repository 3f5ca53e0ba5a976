//! The address of a browser behind proxies.

use std::net::IpAddr;

/// Networks of proxies whose header `X-Forwarded-For` counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<(IpAddr, u32)>);

impl Proxies {
    /// Reads addresses, and networks such as `10.0.0.0/8`.
    ///
    /// # Errors
    ///
    /// The first text that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        texts.iter().map(|text| network(text).ok_or_else(|| text.clone())).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether an address is that of a proxy.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, length)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                network.to_bits().checked_shr(32 - length) == address.to_bits().checked_shr(32 - length)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                network.to_bits().checked_shr(128 - length) == address.to_bits().checked_shr(128 - length)
            }
            _ => false,
        })
    }

    /// Returns the address of a browser: the last one that no trusted proxy has. `forwarded` is the content of the headers.
    #[must_use]
    pub fn sender<'a>(&self, peer: IpAddr, forwarded: impl IntoIterator<Item = &'a str>) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.has(peer) {
            return peer;
        }
        let texts: Vec<&str> = forwarded.into_iter().flat_map(|text| text.split(',')).collect();
        let mut last = peer;
        for text in texts.into_iter().rev() {
            // A text that is no address is from a browser, not from a proxy.
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            last = address.to_canonical();
            if !self.has(last) {
                break;
            }
        }
        last
    }
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    (length <= most).then_some((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies::parse(&trusted.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        proxies.sender(peer.parse().unwrap(), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn only_the_word_of_a_trusted_proxy_counts() {
        for (trusted, peer, forwarded, found) in [
            (&[][..], "192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            (&["10.0.0.0/8"], "10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            (&["10.0.0.0/8"], "10.1.2.3", &["203.0.113.9, 198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            (&["10.0.0.0/8"], "10.1.2.3", &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
            (&["10.0.0.0/8"], "10.1.2.3", &["198.51.100.7, x"], "10.1.2.3"),
            (&["10.0.0.0/8"], "11.1.2.3", &["198.51.100.7"], "11.1.2.3"),
            (&["10.1.2.3"], "::ffff:10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            (&["2001:db8::/32"], "2001:db8::1", &["2001:db9::1"], "2001:db9::1"),
            (&["0.0.0.0/0"], "10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
        ] {
            assert_eq!(sender(trusted, peer, forwarded), found, "{trusted:?} {peer} {forwarded:?}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "host", "10.0.0.0/"] {
            assert!(Proxies::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
