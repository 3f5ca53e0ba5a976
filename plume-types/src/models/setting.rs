//! Settings that recur: on, off or automatic. (`plume-api` models §3)

use chrono::{DateTime, Utc};

use crate::decode::Scalar;
use crate::macros::{model, open_enum};
use crate::values::flag_of;

model! {
    /// Steering of clients between bands or pods.
    pub struct Steering("steering settings") fields {
        /// Deprecated form of `mode`.
        auto: Option<bool> = "auto",
        /// On, off or automatic.
        mode: Option<Setting> = "mode",
        /// Whether steering is on, on devices.
        enable: Option<bool> = "enable",
        /// Class of steering.
        steering_class: Option<String> = "steeringClass",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

open_enum! {
    /// A switch with a position of its own for "let the cloud choose".
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
    /// How much the cloud controls a location.
    pub struct ControlModeSetting("a control mode") fields {
        /// The mode.
        mode: Option<ControlMode> = "mode",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

open_enum! {
    /// How much the cloud controls a location.
    pub enum ControlMode {
        /// Everything. The default.
        Full = "full",
        /// Only watches.
        Monitor = "monitor",
        /// Less than everything.
        Reduced = "reduced",
        /// Runs on battery.
        Battery = "battery",
    }
}

model! {
    /// Something that is on or off. Some answers give the bare flag instead of the object.
    pub struct Toggle("a switch", bare = Toggle::from_flag) fields {
        /// Whether it is on.
        enable: Option<bool> = "enable",
        /// When it was created.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// When it was last changed.
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
