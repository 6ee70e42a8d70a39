//! `docs/tables.md` lists the columns that the tables have.

use std::fmt::Write as _;

use holloway_pipeline::Table;

use crate::pages;

/// The page's words for the types, by how Arrow prints them.
const WORDS: [(&str, &str); 7] = [
    ("Utf8", "text"),
    ("Int64", "integer"),
    ("Boolean", "boolean"),
    ("Date32", "date"),
    ("Timestamp(µs, \"UTC\")", "time"),
    ("Map", "map of text to integer"),
    ("List", "list of (day date, event text, count integer)"),
];

fn word(kind: &str) -> String {
    let found = WORDS.iter().find(|(printed, _)| kind.starts_with(printed));
    found.unwrap_or_else(|| panic!("docs/tables.md has no word for {kind}")).1.to_owned()
}

#[test]
fn columns_are_those_of_the_files() {
    let page = pages::text("docs/tables.md");
    for table in Table::ALL {
        let heading = format!("\n## {}\n", table.name());
        let section = page.split_once(&heading).unwrap_or_else(|| panic!("a section{heading}")).1;
        let section = section.split("\n## ").next().unwrap_or_default();
        let found: Vec<[String; 3]> = pages::rows(section)
            .skip(1)
            .map(|cells| {
                assert!(cells[3].len() > 5, "the meaning of {} in {}", cells[0], table.name());
                [cells[0].clone(), cells[1].clone(), cells[2].clone()]
            })
            .collect();
        let expected: Vec<[String; 3]> = table
            .schema()
            .fields()
            .iter()
            .map(|field| {
                let null = if field.is_nullable() { "yes" } else { "" };
                [field.name().clone(), word(&field.data_type().to_string()), null.to_owned()]
            })
            .collect();
        let mut lines = String::new();
        for [name, kind, null] in &expected {
            writeln!(lines, "| `{name}` | {kind} | {null} | … |").expect("a String takes every write");
        }
        assert_eq!(found, expected, "docs/tables.md, section {}, must list:\n{lines}", table.name());
    }
}
