//! Quality of experience by traffic class.

use plume_types::{Field, LocationSnapshot, QoeRating, TrafficClassQoe};

use crate::analyze::confidence;
use crate::analyze::draft::{Draft, Weight};
use crate::facts::{self, Quality};
use crate::phrases::{self, known};
use crate::policy::PoorQoeRule;
use crate::report::{Evidence, Finding, ReportPart, RuleId, Subject, SubjectKind};
use crate::text;

/// One record of a class.
struct Record {
    /// The class's display name: records with the same name are the same class.
    name: String,
    class: TrafficClassQoe,
    quality: Quality,
}

/// Judges `poor-qoe`.
pub(in crate::analyze) fn judge(snapshot: &LocationSnapshot, rule: &PoorQoeRule, draft: &mut Draft) {
    if !rule.enabled {
        return;
    }
    let qoe = match known(&snapshot.qoe) {
        Ok(qoe) => qoe,
        Err(reason) => {
            draft.unknown(ReportPart::Qoe, Weight::Optional, reason);
            return;
        }
    };
    let classes = qoe.traffic_classes();
    let unreadable = classes.unreadable();
    let mut records: Vec<Record> = classes
        .into_iter()
        .map(|class| Record {
            name: phrases::traffic_class(&class.name),
            quality: quality(&class, rule.poor_below),
            class,
        })
        .collect();
    if records.iter().all(|record| record.quality == Quality::Unknown) {
        draft.unknown(ReportPart::Qoe, Weight::Optional, phrases::NO_CLASS);
        return;
    }
    if unreadable > 0 {
        let reason = phrases::CLASSES_UNREADABLE.to_owned();
        draft.unknown_element(ReportPart::Qoe, Weight::Optional, reason, None);
    }
    records.sort_by(|a, b| a.key().cmp(&b.key()));
    for same in records.chunk_by(|a, b| a.name == b.name) {
        let Some(worst) = same.first() else { continue };
        let subject = Subject::new(SubjectKind::TrafficClass, worst.class.name.as_str(), worst.name.as_str());
        match worst.quality {
            Quality::Poor => draft.findings.push(Finding {
                rule: RuleId::PoorQoe,
                severity: rule.severity,
                status: rule.status,
                confidence: confidence::of_quality(
                    worst.class.rating.is_some(),
                    same.iter().any(|other| other.quality != worst.quality),
                ),
                message: phrases::poor_qoe(&worst.name),
                subject,
                evidence: evidence(&worst.class),
                consequences: Vec::new(),
            }),
            Quality::Unknown => {
                draft.unknown_element(
                    ReportPart::Qoe,
                    Weight::Optional,
                    phrases::class_unreadable(&worst.name),
                    Some(subject),
                );
            }
            Quality::Fair | Quality::Good => {}
        }
    }
}

impl Record {
    /// Returns the sort key: the worst record of a class first, independent of the order of the response.
    fn key(&self) -> impl Ord {
        (
            self.name.as_str(),
            self.severity(),
            self.class.name.as_str(),
            self.class.score.map(f64::to_bits),
            self.class.rating.as_ref().map(QoeRating::as_str),
            field(&self.class.path),
        )
    }

    /// Returns the severity. Fair is not poor, so an unreadable record weighs more here.
    fn severity(&self) -> u8 {
        match self.quality {
            Quality::Poor => 0,
            Quality::Unknown => 1,
            Quality::Fair => 2,
            Quality::Good => 3,
        }
    }
}

fn quality(class: &TrafficClassQoe, poor_below: f64) -> Quality {
    let word = match &class.rating {
        Some(QoeRating::Good) => Some(Quality::Good),
        Some(QoeRating::Fair) => Some(Quality::Fair),
        Some(QoeRating::Poor) => Some(Quality::Poor),
        Some(_) => Some(Quality::Unknown),
        None => None,
    };
    facts::judge(word, class.score.map_or(Field::Absent, Field::Known), poor_below)
}

/// Returns the last name in a path. Indexes depend on the order of the response.
fn field(path: &str) -> &str {
    let is_name = |step: &&str| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit());
    path.rsplit(['.', '[', ']']).find(is_name).unwrap_or_default()
}

fn evidence(class: &TrafficClassQoe) -> Vec<Evidence> {
    let at = text::short(&class.name, text::MAX_NAME);
    let path = |field: &str| format!("qoe[{at}].{field}");
    let word = class.rating.as_ref().map(QoeRating::as_str);
    // The path of the word, if there is one.
    let score_field = if word.is_some() { "score" } else { field(&class.path) };
    let rating = word.map(|word| Evidence::new(path(field(&class.path)), word));
    let score = class.score.map(|score| Evidence::new(path(score_field), score));
    rating.into_iter().chain(score).collect()
}
