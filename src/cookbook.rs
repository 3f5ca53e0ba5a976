//! Recipes: whole programs for common tasks.
//!
//! The pages lie in `docs/cookbook/`. Each program is compiled, and run where it needs no account.

macro_rules! pages {
    ($($(#[$meta:meta])* $name:ident $file:literal)*) => {
        $(
            $(#[$meta])*
            #[doc = include_str!(concat!("../docs/cookbook/", $file))]
            pub mod $name {}
        )*
    };
}

pages! {
    fleet "fleet.md"
    watch "watch.md"
    tenants "tenants.md"
    metrics "metrics.md"
    web_handler "web-handler.md"
    testing "testing.md"
    transport "transport.md"
    private_cloud "private-cloud.md"
    errors "errors.md"
    #[cfg(feature = "record")]
    #[cfg_attr(docsrs, doc(cfg(feature = "record")))]
    record "record.md"
    #[cfg(feature = "store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "store")))]
    token_store "token-store.md"
}
