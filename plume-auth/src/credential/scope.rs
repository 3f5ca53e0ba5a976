//! The scope of a token.

/// The scope of a token request (RFC 6749 §3.3).
///
/// ```
/// use plume_auth::Scope;
///
/// let scope = Scope::partner_admin("5e00000000000000000000aa");
/// assert_eq!(scope.as_str(), "partnerId:5e00000000000000000000aa role:partnerIdAdmin");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

impl Scope {
    /// Returns the scope of a partner's integration: `partnerId:<id> role:partnerIdAdmin`. (`plume-api` auth §1)
    #[must_use]
    pub fn partner_admin(partner_id: &str) -> Self {
        Self(format!("partnerId:{partner_id} role:partnerIdAdmin"))
    }

    /// Uses any other scope as it is.
    #[must_use]
    pub fn raw(scope: impl Into<String>) -> Self {
        Self(scope.into())
    }

    /// Returns the scope as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the words of this scope that `granted` lacks. `None` means that all of it was granted (RFC 6749 §5.1).
    ///
    /// ```
    /// use plume_auth::Scope;
    ///
    /// let scope = Scope::partner_admin("example");
    /// assert_eq!(scope.not_granted(Some("partnerId:example")), ["role:partnerIdAdmin"]);
    /// assert!(scope.not_granted(None).is_empty());
    /// ```
    #[must_use]
    pub fn not_granted(&self, granted: Option<&str>) -> Vec<String> {
        let Some(granted) = granted else { return Vec::new() };
        let has = |word: &&str| granted.split_ascii_whitespace().any(|other| other == *word);
        self.0.split_ascii_whitespace().filter(|word| !has(word)).map(str::to_owned).collect()
    }
}
