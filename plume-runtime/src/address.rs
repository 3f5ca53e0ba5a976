//! Public addresses, and the resolution of names.
//!
//! **Addresses are checked when a connection is made.** A service whose users enter URLs must not be led into its own
//! network. A check of the name before the request would leave time in which the name can change its address, so the
//! filter of `HttpTransport` is part of the resolver: the connection is made to the addresses that it checked. An address
//! in place of a name does not reach a resolver and is checked before the request is sent. A proxy would resolve names
//! itself, so filter and proxy exclude each other. (`plume-runtime/tests/address_filter.rs`)

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use async_trait::async_trait;

/// Blocks of IPv4 that are not the public internet: the IANA special-purpose registry, multicast and class E.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, cloud metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, broadcast
];

/// The only block of IPv6 that is allocated as public unicast.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks inside [`GLOBAL_V6`] that are not the public internet, or that carry an IPv4 address of any kind.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo, ORCHID
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Returns whether `address` is an ordinary address of the public internet.
///
/// Special addresses are not: private, loopback, link-local, carrier-grade NAT, unique local, multicast, broadcast,
/// documentation, benchmark and reserved blocks. Neither is an IPv6 address that contains an IPv4 address (mapped, NAT64,
/// 6to4, Teredo), even a public one: it could bypass this check, and no server requires it. So a network whose resolver
/// returns NAT64 addresses only cannot use the check.
///
/// ```
/// use plume_runtime::is_public_address;
///
/// assert!(is_public_address("9.9.9.9".parse()?));
/// assert!(!is_public_address("169.254.169.254".parse()?));
/// assert!(!is_public_address("::ffff:9.9.9.9".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[must_use]
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|(block, bits)| {
            let shift = 32 - bits;
            address.to_bits() >> shift == block.to_bits() >> shift
        }),
        IpAddr::V6(address) => {
            let within = |(block, bits): &(Ipv6Addr, u32)| {
                let shift = 128 - bits;
                address.to_bits() >> shift == block.to_bits() >> shift
            };
            within(&GLOBAL_V6) && !SPECIAL_V6.iter().any(within)
        }
    }
}

/// Resolves host names to addresses.
///
/// For a name service of your own, and for tests with a hostile one. By default [`HttpTransport`] uses the system's
/// resolver for every new connection; simultaneous look-ups of one name are shared. The connection is made to the returned
/// addresses, after the address filter has checked all of them.
///
/// [`HttpTransport`]: https://docs.rs/plume-runtime/latest/plume_runtime/struct.HttpTransport.html
///
/// ```
/// use std::{io, net::IpAddr};
/// use async_trait::async_trait;
/// use plume_runtime::Resolver;
///
/// #[derive(Debug)]
/// struct Pinned;
///
/// #[async_trait]
/// impl Resolver for Pinned {
///     async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
///         match host {
///             "api.example.net" => Ok(vec![IpAddr::from([9, 9, 9, 9])]),
///             _ => Err(io::Error::new(io::ErrorKind::NotFound, "not pinned")),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync {
    /// Resolves `host`.
    ///
    /// # Errors
    ///
    /// Any [`io::Error`]. The request fails with [`TransportErrorKind::Connect`](crate::TransportErrorKind::Connect).
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and last address of a block, and its neighbours outside where those are public.
    #[test]
    fn every_special_block_is_refused_from_its_first_to_its_last_address() {
        for (address, public) in [
            ("0.0.0.0", false),
            ("0.255.255.255", false),
            ("1.0.0.0", true),
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("10.255.255.255", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("127.0.0.1", false),
            ("127.255.255.255", false),
            ("128.0.0.0", true),
            ("169.253.255.255", true),
            ("169.254.0.0", false),
            ("169.254.169.254", false),
            ("169.255.0.0", true),
            ("172.15.255.255", true),
            ("172.16.0.0", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.0.0.8", false),
            ("192.0.1.0", true),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.167.255.255", true),
            ("192.168.0.0", false),
            ("192.168.255.255", false),
            ("192.169.0.0", true),
            ("198.17.255.255", true),
            ("198.18.0.0", false),
            ("198.19.255.255", false),
            ("198.20.0.0", true),
            ("198.51.100.7", false),
            ("203.0.113.7", false),
            ("223.255.255.255", true),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:9.9.9.9", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("1fff::1", false),
            ("2001::1", false),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", false),
            ("2001:1ff:ffff::1", false),
            ("2001:200::1", true),
            ("2001:db8::1", false),
            ("2001:4860:4860::8888", true),
            ("2002:7f00:1::1", false),
            ("2606:4700::1", true),
            ("3fff::1", false),
            ("3fff:1000::1", true),
            ("4000::1", false),
            ("fc00::1", false),
            ("fdff::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public_address(address.parse().unwrap()), public, "{address}");
        }
    }
}
