//! A table as comma-separated values.

use plume_text::csv_cell;

use crate::output::table::{Kind, Table};

impl Table {
    /// Comma-separated values with a header, without a line break at the end.
    pub(crate) fn csv(&self) -> String {
        let heads = self.heads.iter().filter(|head| head.kind != Kind::Drawing);
        let names = heads.map(|head| head.name.to_lowercase().replace(' ', "_"));
        let mut lines = vec![names.collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let cells = row.iter().zip(&self.heads).filter(|(_, head)| head.kind != Kind::Drawing);
            let values = cells.map(|(cell, _)| csv_cell(&cell.exact()).into_owned());
            lines.push(values.collect::<Vec<_>>().join(","));
        }
        lines.join("\n")
    }
}
