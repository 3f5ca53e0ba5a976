//! Macros for the repetitive parts of the models.
//!
//! **Models are written by a `macro_rules!` macro, not by serde's derive.** The macro reads an object field by field
//! with a small context that carries the path and counts what is unexpected, so tolerance and drift cost no second
//! parse, no intermediate `Value` and no `flatten`. The crate needs no proc macro and compiles in seconds. Every
//! model implements serde's traits, with the same tolerance.

/// Declares an API object.
///
/// A field is a `Field` if a verdict may rest on it, else an `Option`. The field under `key` is required:
/// `name: Type = "json" or other` takes the value of the text field `other` if its own is not known. JSON names after
/// `|` are alternatives, tried in order if the first is not known.
macro_rules! model {
    (
        $(#[$meta:meta])*
        pub struct $name:ident ($expected:literal $(, bare = $bare:path)?)
        $(key {
            $(#[$rmeta:meta])*
            $rfield:ident : $rtype:ty = $rjson:literal $(or $fallback:ident)? ,
        })?
        fields {
            $(
                $(#[$ometa:meta])*
                $ofield:ident : $slot:ident < $otype:ty > = $ojson:literal $(| $oalias:literal)* ,
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$rmeta])* pub $rfield: $rtype, )?
            $( $(#[$ometa])* pub $ofield: $slot<$otype>, )*
        }

        const _: () = {
            use $crate::{
                decode::{Context, Decode, Model},
                field::{Field, Marker, Slot},
            };

            /// The fields read so far, with one slot for each name of a field.
            #[derive(Default)]
            #[allow(unreachable_pub, reason = "an associated type must be as visible as its trait")]
            pub struct Partial {
                $( $rfield: Field<$rtype>, )?
                $( $ofield: (Field<$otype>, [Field<$otype>; <[&str]>::len(&[$( $oalias ),*])]), )*
            }

            impl Model for $name {
                const EXPECTED: &'static str = $expected;
                type Partial = Partial;

                fn take<'de, A: serde::de::MapAccess<'de>>(
                    partial: &mut Partial,
                    key: &str,
                    map: &mut A,
                    cx: &mut Context,
                ) -> Result<bool, A::Error> {
                    match key {
                        $( $rjson => cx.field($rjson, &mut partial.$rfield, map)?, )?
                        $( $ojson => cx.field($ojson, &mut partial.$ofield.0, map)?, )*
                        _ => {
                            $(
                                let at = <[&str]>::iter(&[$( $oalias ),*]).position(|alias| *alias == key);
                                if let Some(slot) = at.and_then(|at| partial.$ofield.1.get_mut(at)) {
                                    cx.field($ojson, slot, map)?;
                                    return Ok(true);
                                }
                            )*
                            return Ok(false);
                        }
                    }
                    Ok(true)
                }

                fn finish(partial: Partial) -> Result<Self, &'static str> {
                    $(
                        let $rfield = partial.$rfield.into_known()
                            $( .or_else(|| partial.$fallback.0.known().cloned().map(<$rtype>::from)) )?
                            .ok_or($rjson)?;
                    )?
                    Ok(Self {
                        $( $rfield, )?
                        $( $ofield: Slot::of(partial.$ofield.0.or_first(partial.$ofield.1)), )*
                    })
                }

                $(
                    fn from_bare(scalar: $crate::decode::Scalar<'_>) -> Option<Self> {
                        $bare(scalar)
                    }
                )?
            }

            impl Decode for $name {
                fn decode<'de, D: serde::Deserializer<'de>>(
                    deserializer: D,
                    cx: &mut Context,
                ) -> Result<Field<Self>, D::Error> {
                    $crate::decode::decode_model(deserializer, cx)
                }
            }

            $crate::macros::deserialize_by_decode!($name);

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    use serde::ser::SerializeMap;
                    let mut map = serializer.serialize_map(None)?;
                    $( map.serialize_entry($rjson, &self.$rfield)?; )?
                    $(
                        match Slot::get(&self.$ofield) {
                            Field::Known(value) => map.serialize_entry($ojson, value)?,
                            Field::Unreadable => map.serialize_entry($ojson, &Marker)?,
                            Field::Absent => {}
                        }
                    )*
                    map.end()
                }
            }
        };

        model!(@construct $name [$( $rfield: $rtype )?] [$( $ofield )*]);
    };
    (@construct $name:ident [] [$( $ofield:ident )*]) => {
        impl Default for $name {
            fn default() -> Self {
                Self { $( $ofield: Default::default(), )* }
            }
        }
    };
    (@construct $name:ident [$rfield:ident : $rtype:ty] [$( $ofield:ident )*]) => {
        impl $name {
            /// Creates a value in which only this field is known.
            #[must_use]
            pub fn new($rfield: impl Into<$rtype>) -> Self {
                Self { $rfield: $rfield.into(), $( $ofield: Default::default(), )* }
            }
        }
    };
}
pub(crate) use model;

/// Declares an open enum: the words known today in any letter case, and `Unknown` for every other word, kept as
/// received.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$vmeta])* $variant, )+
            /// A word that this version does not know, as the API wrote it.
            Unknown($crate::word::UnknownWord),
        }

        impl $name {
            /// Returns the API's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Unknown(word) => word.as_str(),
                }
            }

            /// Returns whether this version does not know the word.
            #[must_use]
            pub fn is_unknown(&self) -> bool {
                matches!(self, Self::Unknown(_))
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )+
                    $( other if $crate::decode::is_word(other, $word) => Self::$variant, )+
                    other => Self::Unknown($crate::word::UnknownWord::new(other)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::decode::FromScalar for $name {
            const EXPECTED: &'static str = "a word";

            fn from_scalar(
                scalar: $crate::decode::Scalar<'_>,
                cx: &mut $crate::decode::Context,
            ) -> $crate::field::Field<Self> {
                // A number is not a word, and neither is a blank text.
                let value = match scalar {
                    $crate::decode::Scalar::Text(word) if !word.trim().is_empty() => Self::from(word),
                    _ => return $crate::field::Field::Unreadable,
                };
                if let Self::Unknown(word) = &value {
                    cx.unknown_value(word.as_str());
                }
                $crate::field::Field::Known(value)
            }
        }
        $crate::macros::decode_from_scalar!($name);
        $crate::macros::text_serde!($name);
    };
}
pub(crate) use open_enum;

/// serde's traits for a type with `as_str` and `Decode`.
macro_rules! text_serde {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::macros::deserialize_by_decode!($name);
    };
}
pub(crate) use text_serde;

/// serde's `Deserialize` for a type with `Decode`.
macro_rules! deserialize_by_decode {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::decode::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use deserialize_by_decode;

/// [`Decode`](crate::decode::Decode) for types that are read from one scalar value.
macro_rules! decode_from_scalar {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::decode::Decode for $type {
            fn decode<'de, D: serde::Deserializer<'de>>(
                deserializer: D,
                cx: &mut $crate::decode::Context,
            ) -> Result<$crate::field::Field<Self>, D::Error> {
                $crate::decode::decode_scalar(deserializer, cx)
            }
        }
    )+};
}
pub(crate) use decode_from_scalar;

/// Conversions from text into a type that holds a text as `.0`.
macro_rules! from_text {
    ($($name:ident),+) => {$(
        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&String> for $name {
            fn from(id: &String) -> Self {
                Self(id.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(id))
            }
        }
    )+};
}
pub(crate) use from_text;

/// `Display`, `Debug` and conversions into text for a type that holds a text as `.0`.
macro_rules! shown_as_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}
pub(crate) use shown_as_text;

/// Comparison with texts in both directions, by the method `is`.
macro_rules! equals_text {
    ($name:ident: $($text:ty),+) => {$(
        impl PartialEq<$text> for $name {
            fn eq(&self, other: &$text) -> bool {
                self.is(other)
            }
        }

        impl PartialEq<$name> for $text {
            fn eq(&self, other: &$name) -> bool {
                other.is(self)
            }
        }
    )+};
}
pub(crate) use equals_text;
