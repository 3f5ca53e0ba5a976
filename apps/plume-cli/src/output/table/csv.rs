//! A table as comma-separated values.

use crate::output::table::{Kind, Table};

impl Table {
    /// Comma-separated values with a header, without a line break at the end.
    pub(crate) fn csv(&self) -> String {
        let heads = self.heads.iter().filter(|head| head.kind != Kind::Drawing);
        let names = heads.map(|head| head.name.to_lowercase().replace(' ', "_"));
        let mut lines = vec![names.collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let cells = row.iter().zip(&self.heads).filter(|(_, head)| head.kind != Kind::Drawing);
            let values = cells.map(|(cell, _)| csv_value(&cell.exact()));
            lines.push(values.collect::<Vec<_>>().join(","));
        }
        lines.join("\n")
    }
}

/// Quotes a value where needed. A text that a spreadsheet would run as a formula begins with an apostrophe.
fn csv_value(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']) && text.parse::<f64>().is_err();
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_for_spreadsheets_are_quoted_and_run_nothing() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=HYPERLINK(1,2)", "\"'=HYPERLINK(1,2)\""),
            ("+1 555", "'+1 555"),
            ("@SUM", "'@SUM"),
            ("＝1+1", "'＝1+1"),
            ("-60.5", "-60.5"),
            ("", ""),
        ] {
            assert_eq!(csv_value(text), expected);
        }
    }
}
