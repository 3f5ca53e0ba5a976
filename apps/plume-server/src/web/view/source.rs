//! Sources of data in words. The name of one is a problem, with the tenant that it concerns: `unreachable:operator`.

use plume::monitor::{monitor::OPERATOR, source::SourceProblem};

fn parts(source: &str) -> (Option<SourceProblem>, &str, &str) {
    let (problem, tenant) = source.split_once(':').unwrap_or((source, OPERATOR));
    (problem.parse().ok(), problem, tenant)
}

/// Returns the name of a source for people.
pub(in crate::web) fn source_name(source: &str) -> String {
    let (known, problem, tenant) = parts(source);
    let name = match known {
        Some(SourceProblem::CredentialRefused) => "Credential for the cloud",
        Some(_) => "Cloud",
        None if problem == "disk" => "Disk of the monitor",
        None => source,
    };
    if tenant == OPERATOR || known.is_none() { name.to_owned() } else { format!("{name}, tenant {tenant}") }
}

/// Returns whether homes cannot be seen because of a problem of this source.
pub(in crate::web) fn is_blinding(source: &str) -> bool {
    parts(source).0.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_a_name_and_only_the_cloud_hides_homes() {
        for (source, name, hides) in [
            ("unreachable:operator", "Cloud", true),
            ("blocked:operator", "Cloud", true),
            ("credential_refused:north", "Credential for the cloud, tenant north", true),
            ("disk", "Disk of the monitor", false),
            ("other:thing", "other:thing", false),
        ] {
            assert_eq!((source_name(source).as_str(), is_blinding(source)), (name, hides));
        }
    }
}
