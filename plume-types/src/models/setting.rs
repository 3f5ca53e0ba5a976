//! Settings that several models share: on, off or automatic. (`plume-api` models §3)

use chrono::{DateTime, Utc};

use crate::decode::Scalar;
use crate::macros::{model, open_enum};
use crate::values::flag_of;

model! {
    /// Steering of clients between bands or pods.
    pub struct Steering("steering settings") fields {
        /// The deprecated form of `mode`.
        auto: Option<bool> = "auto",
        /// On, off or automatic.
        mode: Option<Setting> = "mode",
        /// Whether steering is on, for a device.
        enable: Option<bool> = "enable",
        /// The class of steering.
        steering_class: Option<String> = "steeringClass",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

open_enum! {
    /// On, off, or chosen by the cloud.
    pub enum Setting {
        /// Chosen by the cloud.
        Auto = "auto",
        /// On.
        Enable = "enable",
        /// Off.
        Disable = "disable",
    }
}

model! {
    /// The degree to which the cloud controls a location.
    pub struct ControlModeSetting("a control mode") fields {
        /// The mode.
        mode: Option<ControlMode> = "mode",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

open_enum! {
    /// The degree to which the cloud controls a location.
    pub enum ControlMode {
        /// Full control. The default.
        Full = "full",
        /// The cloud only monitors.
        Monitor = "monitor",
        /// Reduced control.
        Reduced = "reduced",
        /// The location runs on battery.
        Battery = "battery",
    }
}

model! {
    /// Something that is on or off. Some responses have the bare flag instead of the object.
    pub struct Toggle("a switch", bare = Toggle::from_flag) fields {
        /// Whether it is on.
        enable: Option<bool> = "enable",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

impl Toggle {
    fn from_flag(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(enable) => Some(Self { enable: Some(enable), ..Self::default() }),
            Scalar::Text(text) => Some(Self { enable: Some(flag_of(text)?), ..Self::default() }),
            _ => None,
        }
    }
}
