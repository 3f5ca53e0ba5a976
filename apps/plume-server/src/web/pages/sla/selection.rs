//! The selection of a reader: tenant, period, rows and place.

use chrono::DateTime;
use plume::{
    health::Status,
    monitor::{
        ids::HomeId,
        sla::{SlaPolicy, availability},
    },
};
use serde::Deserialize;

use crate::store::model::{Tenant, UptimeCursor, UptimeGroup, UptimePeriod};
use crate::web::pages::fault::Fault;
use crate::web::view::part;

/// The selection. An empty word is the default.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Selection {
    pub(super) tenant: String,
    period: String,
    by: String,
    pub(super) after: String,
}

/// The kind of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Homes,
    Regions,
    Models,
    Tags,
}

impl By {
    pub(super) const ALL: [Self; 4] = [Self::Homes, Self::Regions, Self::Models, Self::Tags];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Homes => "Homes",
            Self::Regions => "Regions",
            Self::Models => "Models",
            Self::Tags => "Tags",
        }
    }

    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::Homes => "Home",
            Self::Regions => "Region",
            Self::Models => "Model",
            Self::Tags => "Tag",
        }
    }

    pub(super) fn word(self) -> &'static str {
        self.group().map_or("home", UptimeGroup::as_str)
    }

    pub(super) fn group(self) -> Option<UptimeGroup> {
        match self {
            Self::Homes => None,
            Self::Regions => Some(UptimeGroup::Region),
            Self::Models => Some(UptimeGroup::Model),
            Self::Tags => Some(UptimeGroup::Tag),
        }
    }
}

/// Returns the name of a period.
pub(super) fn name(period: UptimePeriod) -> &'static str {
    match period {
        UptimePeriod::Week => "Last 7 days",
        UptimePeriod::ThirtyDays => "Last 30 days",
        UptimePeriod::ThisMonth => "Month to date (UTC)",
        UptimePeriod::LastMonth => "Last month (UTC)",
    }
}

/// Returns a place in the list of homes as text.
pub(super) fn place(cursor: &UptimeCursor) -> String {
    serde_json::json!([cursor.rank, cursor.home.as_str()]).to_string()
}

impl Selection {
    pub(super) fn period(&self) -> UptimePeriod {
        let found = UptimePeriod::ALL.into_iter().find(|period| period.as_str() == self.period);
        found.unwrap_or(UptimePeriod::Week)
    }

    pub(super) fn by(&self) -> By {
        By::ALL.into_iter().find(|by| by.word() == self.by).unwrap_or(By::Homes)
    }

    /// Reads the place. An unreadable one is the begin.
    pub(super) fn cursor(&self) -> Option<UptimeCursor> {
        let (rank, home): (f64, String) = serde_json::from_str(&self.after).ok()?;
        Some(UptimeCursor { rank, home: HomeId::new(home) })
    }

    pub(super) fn address(
        &self,
        path: &str,
        tenant: &str,
        period: UptimePeriod,
        by: By,
        after: Option<&str>,
    ) -> String {
        let mut address =
            format!("{path}?tenant={}&period={}&by={}", part(tenant), period.as_str(), by.word());
        if let Some(after) = after {
            address.push_str(&format!("&after={}", part(after)));
        }
        address
    }
}

/// Checks the words of a selection, and returns the chosen tenant, or the first one.
pub(super) fn chosen<'t>(tenants: &'t [Tenant], selection: &Selection) -> Result<Option<&'t Tenant>, Fault> {
    let periods = UptimePeriod::ALL.map(UptimePeriod::as_str);
    Fault::unless_known("Period", &selection.period, &periods, "/sla")?;
    Fault::unless_known("By", &selection.by, &By::ALL.map(By::word), "/sla")?;
    match selection.tenant.as_str() {
        "" => Ok(tenants.first()),
        wanted => {
            let found = tenants.iter().find(|one| one.id.as_str() == wanted);
            found.map(Some).ok_or_else(|| Fault::missing("tenant"))
        }
    }
}

/// The rules of the count, in sentences.
pub(in crate::web) fn method(terms: &SlaPolicy) -> Vec<String> {
    let now = DateTime::UNIX_EPOCH;
    availability(Status::Unknown, &[], terms, now, now).method
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_selection_and_the_place() {
        let cursor = UptimeCursor { rank: 99.123_456_789_012_34, home: HomeId::new("h\"&,1") };
        let selection = Selection { after: place(&cursor), ..Selection::default() };
        assert_eq!(selection.cursor(), Some(cursor));
        let address = selection.address("/sla", "a/b", UptimePeriod::LastMonth, By::Tags, Some("[1]"));
        assert_eq!(address, "/sla?tenant=a%2Fb&period=last-month&by=tag&after=%5B1%5D");
        assert_eq!((selection.period(), selection.by()), (UptimePeriod::Week, By::Homes));
        assert_eq!(Selection { after: "[1".to_owned(), ..Selection::default() }.cursor(), None);
    }
}
