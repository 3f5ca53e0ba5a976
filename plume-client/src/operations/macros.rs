//! The macros of the tables.

/// `parameters![Query "name", "other" = "one" | "two", "third": required]`
macro_rules! parameters {
    ($place:ident $( $name:literal $(= $( $value:literal )|+ )? $(: $required:ident)? ),* $(,)?) => {
        &[ $( $crate::operations::descriptor::Parameter {
            name: $name,
            place: $crate::operations::descriptor::Place::$place,
            required: $crate::operations::macros::required!($($required)?),
            values: &[ $( $( $value ),+ )? ],
        } ),* ]
    };
}
pub(super) use parameters;

macro_rules! required {
    () => {
        false
    };
    (required) => {
        true
    };
}
pub(super) use required;

/// The parameters of a row: a named set, a list for the URL, a list for the body, or both lists.
macro_rules! all_parameters {
    () => { &[] };
    (set $set:ident) => { $set };
    (query [ $( $query:tt )* ]) => { $crate::operations::macros::parameters![Query $( $query )*] };
    (body [ $( $body:tt )* ]) => { $crate::operations::macros::parameters![Body $( $body )*] };
}
pub(super) use all_parameters;

macro_rules! or_default {
    ($type:ident $default:ident) => {
        $crate::operations::descriptor::$type::$default
    };
    ($type:ident $default:ident $value:ident) => {
        $crate::operations::descriptor::$type::$value
    };
}
pub(super) use or_default;

macro_rules! is_deprecated {
    () => {
        false
    };
    (deprecated) => {
        true
    };
}
pub(super) use is_deprecated;

/// One table: `NAME = "short.name": METHOD (Safety) "/path" Grade deprecated {parameters} pages Paging -> ResponseShape, "what";`
/// The default of the safety is `Safe`.
macro_rules! operations {
    ($table:ident, $area:ident, $service:ident, $prefix:literal, $source:literal;
    $(
        $constant:ident = $name:literal : $method:ident $(($safety:ident))? $path:literal $grade:ident
        $([$deprecated:ident])? $({ $($parameters:tt)* })? $(pages $paging:ident)?
        -> $response:ident $(($model:ident))?, $summary:literal;
    )+) => {
        $(
            #[doc = concat!($summary, " (`", stringify!($method), " ", $prefix, $path, "`).")]
            pub static $constant: $crate::operations::descriptor::Operation = $crate::operations::descriptor::Operation {
                name: $name,
                area: $crate::operations::descriptor::Area::$area,
                method: http::Method::$method,
                service: $crate::operations::descriptor::Service::$service,
                path: concat!($prefix, $path),
                safety: $crate::operations::macros::or_default!(Safety Safe $($safety)?),
                parameters: $crate::operations::macros::all_parameters!($($($parameters)*)?),
                response: $crate::operations::descriptor::ResponseShape::$response $((stringify!($model)))?,
                paging: $crate::operations::macros::or_default!(Paging None $($paging)?),
                grade: $crate::operations::descriptor::Grade::$grade,
                deprecated: $crate::operations::macros::is_deprecated!($($deprecated)?),
                source: $source,
                summary: $summary,
            };
        )+

        pub(crate) const $table: &[&$crate::operations::descriptor::Operation] = &[ $( &$constant ),+ ];
    };
}
pub(super) use operations;
