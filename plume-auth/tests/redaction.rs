//! Secrets in the entities of HTML, as a proxy's error page repeats them.

use plume_auth::Redactor;

#[test]
fn each_named_entity_is_its_character() {
    for (secret, shown) in [
        ("secret-<-word", "secret-&lt;-word"),
        ("secret->-word", "secret-&gt;-word"),
        ("secret-&-word", "secret-&amp;-word"),
        ("secret-\"-word", "secret-&quot;-word"),
        ("secret-'-word", "secret-&apos;-word"),
    ] {
        let page = format!("<p>{shown}</p>");
        assert_eq!(Redactor::default().and(secret).redact(&page), "<p>[redacted]</p>", "{shown}");
    }
}
