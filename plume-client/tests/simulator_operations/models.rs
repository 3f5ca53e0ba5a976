//! From the name of an answer in a descriptor to the decoder of its model.

use plume_client::ResponseShape;
use plume_types::{
    AppFacadeHome, AppQoe, AuditTrail, Backhaul, BandSeries, Capabilities, ControlModeSetting, Count,
    Customer, CustomerSearchHit, DecodeError, Device, DeviceBandwidth, DeviceBandwidthHistory,
    DeviceBandwidthSeries, DhcpReservation, DnsServers, Drift, Group, Ipv6Settings, KvConfig,
    LanConnectivityHistory, Location, LocationAlerts, LocationBandwidth, LocationQoe, LocationSummary,
    LteNetworkConfiguration, NetworkModeSetting, Node, NodeClaim, OnlineStats, OptimizationCounts,
    PartnerCustomerHit, PartnerLocation, PartnerNode, QoeHistory, QoeMetrics, RebootHistory, RssiSeries,
    ServiceLevel, SpeedTest, SpeedTestSeries, UplinkStatus, Upnp, WanConfiguration, WanSaturation,
    WanSaturationHistory, WanSettings, WanStats, WifiNetwork, WifiNetworkListItem, WifiSsid, decode,
};

/// The drift of a body.
pub(crate) fn drift(answer: ResponseShape, body: &[u8]) -> Result<Drift, DecodeError> {
    macro_rules! one {
        ($name:expr, [$($model:ident),* $(,)?]) => {
            match $name {
                $( stringify!($model) => decode::body::<$model>(body).map(|decoded| decoded.drift), )*
                other => panic!("no decoder for {other}"),
            }
        };
    }
    macro_rules! several {
        ($name:expr, [$($model:ident in $wrappers:expr),* $(,)?]) => {
            match $name {
                $( stringify!($model) => {
                    decode::list::<$model>(body, $wrappers).map(|decoded| {
                        assert_eq!(decoded.value.unreadable(), 0, "{}", stringify!($model));
                        decoded.drift
                    })
                } )*
                other => panic!("no decoder for lists of {other}"),
            }
        };
    }
    match answer {
        // The only one whose envelope the reference shows.
        ResponseShape::Model("WifiNetwork") => {
            decode::wrapped::<WifiNetwork>(body, &["wifiNetwork"]).map(|decoded| decoded.drift)
        }
        ResponseShape::Model(name) => one!(
            name,
            [
                AppFacadeHome,
                AppQoe,
                Backhaul,
                BandSeries,
                Capabilities,
                ControlModeSetting,
                Count,
                Customer,
                Device,
                DeviceBandwidth,
                DeviceBandwidthHistory,
                DeviceBandwidthSeries,
                DhcpReservation,
                DnsServers,
                Group,
                Ipv6Settings,
                LanConnectivityHistory,
                Location,
                LocationAlerts,
                LocationBandwidth,
                LocationQoe,
                LocationSummary,
                LteNetworkConfiguration,
                NetworkModeSetting,
                Node,
                NodeClaim,
                OnlineStats,
                OptimizationCounts,
                PartnerLocation,
                PartnerNode,
                QoeHistory,
                QoeMetrics,
                RebootHistory,
                RssiSeries,
                ServiceLevel,
                SpeedTest,
                SpeedTestSeries,
                UplinkStatus,
                Upnp,
                WanConfiguration,
                WanSaturation,
                WanSaturationHistory,
                WanSettings,
                WanStats,
                WifiSsid,
            ]
        ),
        ResponseShape::List(name) => several!(name, [
            AuditTrail in &[], Customer in &[], CustomerSearchHit in &["customers"], Device in &["devices"],
            DhcpReservation in &[], Group in &[], KvConfig in &[], Location in &[], Node in &["nodes"],
            PartnerCustomerHit in &[], PartnerNode in &[], WifiNetworkListItem in &["wifiNetworks"],
        ]),
        ResponseShape::Json => decode::body::<plume_types::FreeForm>(body).map(|decoded| decoded.drift),
        ResponseShape::Nothing => {
            assert!(body.is_empty(), "{body:?}");
            Ok(Drift::default())
        }
        _ => panic!("an answer that this test does not know"),
    }
}
