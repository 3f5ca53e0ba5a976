//! Trees for people.

use crate::output::chart::Screen;
use crate::output::fit::wrap;
use plume::health::on_screen;

/// A tree in work. Long lines are broken inside their branch.
#[derive(Debug)]
pub(crate) struct Tree {
    lines: Vec<String>,
    screen: Screen,
}

/// The signs before a branch and below it: of one with further branches after it, and of the last one.
const SIGNS: [[&str; 2]; 2] = [["├─ ", "│  "], ["└─ ", "   "]];
const ASCII: [[&str; 2]; 2] = [["|- ", "|  "], ["`- ", "   "]];
/// The columns that the text of a branch has, however deep it is, or half of them on a narrow screen.
const TEXT: usize = 24;

impl Tree {
    pub(crate) fn new(name: &str, screen: Screen) -> Self {
        let mut tree = Self { lines: Vec::new(), screen };
        tree.add("", "", name);
        tree
    }

    /// A line without branches.
    pub(crate) fn leaf(&mut self, text: &str) {
        let [last, below] = self.signs(true);
        self.add(last, below, text);
    }

    /// A line from which further branches go.
    pub(crate) fn heading(&mut self, text: &str) {
        self.lines.push(String::new());
        self.add("", "", text);
    }

    /// Adds items and what is below them. Each item is added once: `children` gives a tree.
    pub(crate) fn branches<'a, T>(
        &mut self,
        tops: &[&'a T],
        text: &dyn Fn(&T) -> String,
        children: &dyn Fn(&T) -> Vec<&'a T>,
    ) {
        let siblings = |items: &[&'a T], indent: &str| -> Vec<(&'a T, bool, String)> {
            let last = items.len().saturating_sub(1);
            let item = |(at, item): (usize, &&'a T)| (*item, at == last, indent.to_owned());
            items.iter().enumerate().map(item).rev().collect()
        };
        let deepest = self.screen.columns.saturating_sub(TEXT.min(self.screen.columns / 2));
        let mut open = siblings(tops, "");
        while let Some((item, is_last, indent)) = open.pop() {
            let [before, below] = self.signs(is_last);
            self.add(&format!("{indent}{before}"), &format!("{indent}{below}"), &text(item));
            // A deep chain goes down without moving to the right.
            let indent =
                if indent.chars().count() + 3 > deepest { indent } else { format!("{indent}{below}") };
            open.extend(siblings(&children(item), &indent));
        }
    }

    pub(crate) fn finish(self) -> String {
        self.lines.join("\n")
    }

    fn signs(&self, is_last: bool) -> [&'static str; 2] {
        let signs = if self.screen.ascii { ASCII } else { SIGNS };
        if is_last { signs[1] } else { signs[0] }
    }

    fn add(&mut self, before: &str, below: &str, text: &str) {
        let room = self.screen.columns.saturating_sub(before.chars().count()).max(8);
        for (number, part) in wrap(&on_screen(text), room).into_iter().enumerate() {
            self.lines.push(format!("{}{part}", if number == 0 { before } else { below }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_joined_and_long_lines_stay_inside() {
        let below = |item: &&str| -> Vec<&&str> {
            match *item {
                "gateway" => vec![&"pod with a long name", &"phone"],
                "pod with a long name" => vec![&"tv"],
                _ => Vec::new(),
            }
        };
        let draw = |screen| {
            let mut tree = Tree::new("Home", screen);
            tree.branches(&[&"gateway"], &|item| (*item).to_owned(), &below);
            tree.finish()
        };
        assert_eq!(
            draw(Screen { columns: 40, ascii: false }),
            "Home\n└─ gateway\n   ├─ pod with a long name\n   │  └─ tv\n   └─ phone"
        );
        assert_eq!(
            draw(Screen { columns: 22, ascii: true }),
            "Home\n`- gateway\n   |- pod with a long\n   |  name\n   |  `- tv\n   `- phone"
        );
    }
}
