//! A table of figures: headings with what they mean, rows, and rows that close it. On a phone each row becomes a card.

use maud::{Markup, html};

/// A column's heading, and what its figures mean in a sentence ("" where the heading says it all).
pub struct Column(pub &'static str, pub &'static str);

/// A row: what it is about, and a cell for every column but the first. A cell has a line for each currency.
pub struct Row {
    /// What it is about.
    pub head: Markup,
    /// Its figures.
    pub cells: Vec<Vec<String>>,
}

/// A cell of one line.
pub fn one(figure: String) -> Vec<String> {
    vec![figure]
}

/// The table, and what its columns mean. `name` is for those who do not see what stands around it.
pub fn explained(name: &str, columns: &[Column], rows: &[Row], closing: &[Row]) -> Markup {
    html! { (table(name, columns, rows, closing)) (meanings(columns)) }
}

/// The table alone.
pub fn table(name: &str, columns: &[Column], rows: &[Row], closing: &[Row]) -> Markup {
    html! {
        div.scroll {
            table.cards {
                caption.hidden { (name) }
                thead { tr { @for Column(label, _) in columns { th scope="col" { (label) } } } }
                tbody { @for row in rows { (told(columns, row)) } }
                @if !closing.is_empty() { tfoot { @for row in closing { (told(columns, row)) } } }
            }
        }
    }
}

fn told(columns: &[Column], row: &Row) -> Markup {
    html! {
        tr {
            th scope="row" { (row.head) }
            @for (Column(label, _), lines) in columns.iter().skip(1).zip(&row.cells) {
                td data-label=(label) {
                    @match lines.as_slice() {
                        [line] => (line),
                        lines => span { @for line in lines { span.line { (line) } } },
                    }
                }
            }
        }
    }
}

/// What the columns mean, for whoever asks.
pub fn meanings(columns: &[Column]) -> Markup {
    let told = || columns.iter().filter(|Column(_, meaning)| !meaning.is_empty());
    html! {
        @if told().next().is_some() {
            details {
                summary { "What these figures mean" }
                dl.rows.meanings { @for Column(label, meaning) in told() { div { dt { (label) } dd { (meaning) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_two_currencies_stand_in_one_cell_and_every_cell_knows_its_heading() {
        let columns = [Column("Name", ""), Column("Revenue", "What was paid.")];
        let row = Row { head: html! { "A" }, cells: vec![vec!["$1.00".into(), "€2.00".into()]] };
        let shown = explained("Sales", &columns, &[row], &[]).into_string();
        let cell = r#"<td data-label="Revenue"><span><span class="line">$1.00</span><span class="line">€2.00</span></span></td>"#;
        assert!(shown.contains(cell), "{shown}");
        assert!(
            shown.contains("<dt>Revenue</dt><dd>What was paid.</dd>") && !shown.contains("<dt>Name</dt>"),
            "{shown}"
        );
    }
}
