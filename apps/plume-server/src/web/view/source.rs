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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_a_name() {
        for (source, name) in [
            ("unreachable:operator", "Cloud"),
            ("blocked:operator", "Cloud"),
            ("credential_refused:north", "Credential for the cloud, tenant north"),
            ("disk", "Disk of the monitor"),
            ("other:thing", "other:thing"),
        ] {
            assert_eq!(source_name(source), name);
        }
    }
}
