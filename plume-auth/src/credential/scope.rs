//! What a token is asked for.

/// What a token is asked for (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

impl Scope {
    /// The scope of a provider's integration: `partnerId:<id> role:partnerIdAdmin`. (`plume-api` auth §1)
    #[must_use]
    pub fn partner_admin(partner_id: &str) -> Self {
        Self(format!("partnerId:{partner_id} role:partnerIdAdmin"))
    }

    /// Any other scope, as it stands.
    #[must_use]
    pub fn raw(scope: impl Into<String>) -> Self {
        Self(scope.into())
    }

    /// The scope as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words of this scope that a granted one lacks. An endpoint that says nothing granted all of it (RFC 6749
    /// §5.1).
    ///
    /// ```
    /// use plume_auth::Scope;
    ///
    /// let asked = Scope::partner_admin("example");
    /// assert_eq!(asked.not_granted(Some("partnerId:example")), ["role:partnerIdAdmin"]);
    /// assert!(asked.not_granted(None).is_empty());
    /// ```
    #[must_use]
    pub fn not_granted(&self, granted: Option<&str>) -> Vec<String> {
        let Some(granted) = granted else { return Vec::new() };
        let has = |word: &&str| granted.split_ascii_whitespace().any(|other| other == *word);
        self.0.split_ascii_whitespace().filter(|word| !has(word)).map(str::to_owned).collect()
    }
}
