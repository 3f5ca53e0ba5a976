//! Passwords of accounts: argon2id with the parameters that OWASP recommends (19 MiB, two passes).

use argon2::{Algorithm, Argon2, Params, Version};

use crate::access::secret::{hex, same};

const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Minimum length of a password in characters, and the maximum in bytes.
const LENGTH: (usize, usize) = (12, 256);

/// Returns the hash of a new password with a random salt.
///
/// # Errors
///
/// The reason in words.
pub fn hash(password: &str) -> Result<String, String> {
    if password.chars().count() < LENGTH.0 || password.len() > LENGTH.1 {
        return Err(format!("a password has {} to {} characters", LENGTH.0, LENGTH.1));
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| format!("no random numbers: {error}"))?;
    let salt = hex(&salt);
    let digest = digest(password, &salt).ok_or("the password cannot be hashed")?;
    Ok(format!("argon2id {salt} {digest}"))
}

/// Returns whether a password has this hash. It takes about the same time for a missing hash as for a wrong password.
#[must_use]
pub fn matches(password: &str, hash: Option<&str>) -> bool {
    let mut parts = hash.unwrap_or("argon2id 00 -").split(' ').skip(1);
    let (salt, stored) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let password = if password.len() > LENGTH.1 { "" } else { password };
    // A salt has at least eight bytes.
    let digest = digest(password, &format!("{salt:0>8}")).unwrap_or_default();
    same(&digest, stored)
}

fn digest(password: &str, salt: &str) -> Option<String> {
    let params = Params::new(MEMORY, PASSES, 1, None).ok()?;
    let mut bytes = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt.as_bytes(), &mut bytes).ok()?;
    Some(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_has_its_hash_and_two_hashes_differ() {
        let password = "not-a-real-password";
        let (one, other) = (hash(password).unwrap(), hash(password).unwrap());
        assert_ne!(one, other);
        assert!(matches(password, Some(&one)) && matches(password, Some(&other)));
        assert!(!matches("not-a-real-passwore", Some(&one)));
        for broken in
            ["", "argon2id", "argon2id 00", "argon2id 0011223344556677 ", "plain not-a-real-password"]
        {
            assert!(!matches(password, Some(broken)), "{broken}");
            assert!(!matches("", Some(broken)), "{broken}");
        }
        assert!(!matches(password, None) && !matches("", None) && !matches("-", None));
        assert!(hash("too short").is_err() && hash(&"x".repeat(257)).is_err());
        assert!(!matches(&"x".repeat(257), Some(&one)));
    }
}
