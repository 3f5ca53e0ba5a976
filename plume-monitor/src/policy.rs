//! Policies in configuration: checked when they are read.

/// Implements `Serialize` and `Deserialize` for a policy that derives them with `#[serde(remote = "Self")]`. Reading
/// ends with its `validate`.
macro_rules! checked {
    ($policy:ty) => {
        impl serde::Serialize for $policy {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $policy {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let policy = Self::deserialize(deserializer)?;
                policy.validate().map_err(serde::de::Error::custom)?;
                Ok(policy)
            }
        }
    };
}

pub(crate) use checked;
