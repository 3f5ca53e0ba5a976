//! A table on a screen: which columns fit, and where texts are cut or broken.

use crate::output::{
    ascii::ascii,
    cell::Cell,
    fit::{shorten, width, wrap},
    style::Tone,
    table::{Head, Kind, NARROW, Paper, Table},
};

/// The blanks between two columns.
const GAP: usize = 2;

impl Paper {
    fn shown(self, cell: &Cell) -> String {
        let shown = cell.shown(self.now);
        if self.ascii { ascii(&shown).into_owned() } else { shown }
    }

    fn not_shown(self, hidden: &[&str]) -> String {
        match hidden {
            [] => String::new(),
            names => self.remark(&format!("Not shown at this width: {}.", names.join(", "))),
        }
    }
}

impl Head {
    /// The fewest columns that its texts can have, if they can have fewer than they are long.
    fn narrowest(self, narrowest: usize) -> Option<usize> {
        match self.kind {
            Kind::Text | Kind::Prose => Some(narrowest.max(width(self.name))),
            _ => None,
        }
    }
}

impl Table {
    /// The table for people, without a line break at the end.
    pub(crate) fn text(&self, paper: Paper) -> String {
        if self.is_record {
            return self.records(paper);
        }
        let widest = self.widest(paper);
        let mut shown: Vec<bool> = self.heads.iter().map(|head| !head.is_extra).collect();
        for (at, head) in self.heads.iter().enumerate() {
            let before = shown.get(at).copied().unwrap_or_default();
            set(&mut shown, at, true);
            if !before && self.widths(&widest, &shown, paper, head.leaves).is_none() {
                set(&mut shown, at, false);
            }
        }
        let widths = NARROW.iter().find_map(|narrowest| self.widths(&widest, &shown, paper, *narrowest));
        let Some(widths) = widths else { return self.records(paper) };
        let hidden = self.heads.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(head, _)| head.name);
        self.grid(&widths, paper) + &paper.not_shown(&hidden.collect::<Vec<_>>())
    }

    /// The width of each column's longest text.
    fn widest(&self, paper: Paper) -> Vec<usize> {
        let widest = |(at, head): (usize, &Head)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width(&paper.shown(cell))).max().unwrap_or_default().max(width(head.name))
        };
        self.heads.iter().enumerate().map(widest).collect()
    }

    /// The widths of the columns, none for those that are not shown; `None` if the table does not fit with its texts cut to
    /// `narrowest`.
    fn widths(
        &self,
        widest: &[usize],
        shown: &[bool],
        paper: Paper,
        narrowest: usize,
    ) -> Option<Vec<Option<usize>>> {
        let mut widths: Vec<Option<usize>> =
            widest.iter().zip(shown).map(|(width, shown)| shown.then_some(*width)).collect();
        let Some(columns) = paper.columns else { return Some(widths) };
        let gaps = GAP * widths.iter().flatten().count().saturating_sub(1);
        while widths.iter().flatten().sum::<usize>() + gaps > columns {
            let texts = widths.iter_mut().zip(&self.heads).filter_map(|(width, head)| {
                let width = width.as_mut()?;
                (*width > head.narrowest(narrowest)?).then_some(width)
            });
            *texts.max()? -= 1;
        }
        Some(widths)
    }

    fn grid(&self, widths: &[Option<usize>], paper: Paper) -> String {
        let columns = || {
            self.heads
                .iter()
                .zip(widths)
                .enumerate()
                .filter_map(|(at, (head, width))| Some((at, head, (*width)?)))
        };
        let mut lines = vec![line(
            columns().map(|(_, head, width)| (head, width, head.name.to_owned(), Tone::Heading)),
            paper,
        )];
        for row in &self.rows {
            let cells: Vec<_> = columns()
                .filter_map(|(at, head, width)| {
                    let cell = row.get(at)?;
                    let shown = paper.shown(cell);
                    let parts = if head.kind == Kind::Prose { wrap(&shown, width) } else { vec![shown] };
                    Some((head, width, parts, cell.tone))
                })
                .collect();
            let height = cells.iter().map(|(_, _, parts, _)| parts.len()).max().unwrap_or_default();
            for number in 0..height {
                let cells = cells.iter().map(|(head, width, parts, tone)| {
                    (*head, *width, parts.get(number).cloned().unwrap_or_default(), *tone)
                });
                lines.push(line(cells, paper));
            }
        }
        lines.join("\n")
    }

    /// A line per value, and an empty line between rows. Where the screen is narrow, the value is below its name.
    fn records(&self, paper: Paper) -> String {
        let names = self.heads.iter().map(|head| width(head.name)).max().unwrap_or_default();
        let columns = paper.columns.unwrap_or(usize::MAX);
        let room = columns.saturating_sub(names + GAP);
        let record = |row: &Vec<Cell>| {
            let mut lines = Vec::new();
            for (head, cell) in self.heads.iter().zip(row) {
                let shown = paper.shown(cell);
                let name = |text: &str| paper.palette.paint(Tone::Heading, text);
                let value = |text: &String| paper.palette.paint(cell.tone, text);
                if room < NARROW[1] {
                    lines.extend(wrap(head.name, columns).iter().map(|text| name(text)));
                    lines.extend(wrap(&format!(" {shown}"), columns).iter().map(value));
                    continue;
                }
                for (number, text) in wrap(&shown, room).iter().enumerate() {
                    let head = if number == 0 { head.name } else { "" };
                    let blanks = " ".repeat(names - width(head) + GAP);
                    lines.push(format!("{}{blanks}{}", name(head), value(text)));
                }
            }
            lines.join("\n")
        };
        self.rows.iter().map(record).collect::<Vec<_>>().join("\n\n")
    }
}

fn set(shown: &mut [bool], at: usize, value: bool) {
    if let Some(shown) = shown.get_mut(at) {
        *shown = value;
    }
}

/// A line of a table: its cells in their columns.
fn line<'a>(cells: impl Iterator<Item = (&'a Head, usize, String, Tone)>, paper: Paper) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for (head, columns, text, tone) in cells {
        let text = shorten(&text, columns, if paper.ascii { "..." } else { "…" });
        let blanks = columns.saturating_sub(width(&text));
        let (before, after) = if head.kind == Kind::Number { (blanks, 0) } else { (0, blanks) };
        if text.is_empty() {
            gap += columns + GAP;
        } else {
            line.push_str(&" ".repeat(gap + before));
            line.push_str(&paper.palette.paint(tone, text));
            gap = after + GAP;
        }
    }
    line
}
