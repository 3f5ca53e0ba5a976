//! The dates of a recurrence.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use crate::calendar::recurrence::{Frequency, Recurrence};

/// The periods that are searched for the next date. The sparsest rule, 29 February in every thousandth month, has one in
/// every 1,000 periods.
const SEARCHED: u32 = 5_000;

/// Returns the dates of a rule from `first` on, ascending. The work up to the first one is bounded.
pub(super) fn dates(
    start: NaiveDate,
    rule: &Recurrence,
    first: NaiveDate,
) -> impl Iterator<Item = NaiveDate> + '_ {
    // The number of an occurrence is known only from the start.
    let skipped = if rule.count.is_some() { 0 } else { periods_before(start, rule, first) };
    let most = rule.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let mut period = skipped;
    let mut empty = 0;
    let periods = std::iter::from_fn(move || {
        let dates = of_period(start, rule, period)?;
        period = period.checked_add(1)?;
        empty = if dates.is_empty() { empty + 1 } else { 0 };
        (empty < SEARCHED).then_some(dates)
    });
    periods.flatten().filter(move |date| *date >= start).take(most).skip_while(move |date| *date < first)
}

/// Returns the number of whole periods before `first`.
fn periods_before(start: NaiveDate, rule: &Recurrence, first: NaiveDate) -> u32 {
    let days = first.signed_duration_since(start).num_days();
    let units = match rule.frequency {
        Frequency::Daily => days,
        Frequency::Weekly => days.div_euclid(7),
        Frequency::Monthly => months(first).saturating_sub(months(start)),
    };
    // One period less: a week or month begins before its start.
    let periods = units.div_euclid(rule.interval.max(1).into()).saturating_sub(1);
    u32::try_from(periods.max(0)).unwrap_or(u32::MAX)
}

fn months(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// Returns the dates of one period, ascending. `None` at the end of the calendar.
fn of_period(start: NaiveDate, rule: &Recurrence, period: u32) -> Option<Vec<NaiveDate>> {
    let units = period.checked_mul(rule.interval.max(1))?;
    match rule.frequency {
        Frequency::Daily => Some(vec![start.checked_add_days(Days::new(units.into()))?]),
        Frequency::Weekly => {
            let monday = start.checked_sub_days(Days::new(start.weekday().num_days_from_monday().into()))?;
            let monday = monday.checked_add_days(Days::new(u64::from(units) * 7))?;
            let of_start = [start.weekday()];
            let days: &[Weekday] = if rule.weekdays.is_empty() { &of_start } else { &rule.weekdays };
            let days = days.iter().map(|day| u64::from(day.num_days_from_monday()));
            days.map(|day| monday.checked_add_days(Days::new(day))).collect()
        }
        Frequency::Monthly => {
            let first = start.with_day(1)?.checked_add_months(Months::new(units))?;
            let of_start = [i8::try_from(start.day()).ok()?];
            let days: &[i8] = if rule.month_days.is_empty() { &of_start } else { &rule.month_days };
            let mut dates: Vec<NaiveDate> = days.iter().filter_map(|day| in_month(first, *day)).collect();
            dates.sort_unstable();
            dates.dedup();
            Some(dates)
        }
    }
}

/// Returns a day of the month, from its end if it is negative. `None` if the month has no such day.
fn in_month(first: NaiveDate, day: i8) -> Option<NaiveDate> {
    if day > 0 {
        return first.with_day(day.unsigned_abs().into());
    }
    let next = first.checked_add_months(Months::new(1))?;
    let date = next.checked_sub_days(Days::new(day.unsigned_abs().into()))?;
    (date >= first).then_some(date)
}
