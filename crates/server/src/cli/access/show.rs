//! Answers for people: tables of lists, and a line for each field of one thing.

use std::fmt::Write as _;

use ossicle_protocol::Timestamp;
use serde_json::Value;

use crate::terminal::in_a_line;

/// Makes a table with a header. Fields are named as they are in the answers; what ends with `_ms` is a time.
pub(in crate::cli) fn table(rows: &[Value], columns: &[(&str, &str)]) -> String {
    let cells: Vec<Vec<String>> =
        std::iter::once(columns.iter().map(|(header, _)| (*header).to_owned()).collect())
            .chain(rows.iter().map(|row| columns.iter().map(|(_, field)| cell(row, field)).collect()))
            .collect();
    let width = |column: usize| {
        let lengths = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in &cells {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = padded.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Makes a line for each of the fields that are there.
pub(in crate::cli) fn describe(value: &Value, fields: &[(&str, &str)]) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, field) in fields {
        let shown = cell(value, field);
        if shown != "-" {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<width$}  {shown}");
        }
    }
    text
}

fn cell(row: &Value, field: &str) -> String {
    match row.get(field) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Number(ms)) if field.ends_with("_ms") => {
            Timestamp::from_unix_millis(ms.as_i64().unwrap_or_default()).iso8601_seconds()
        }
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => in_a_line(text).into_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_are_aligned_and_what_is_not_there_is_a_dash() {
        let rows = [
            json!({ "name": "alice", "created_ms": 0, "comment": "" }),
            json!({ "name": "b", "created_ms": null, "comment": "a\u{7}b" }),
        ];
        let columns = [("NAME", "name"), ("CREATED", "created_ms"), ("COMMENT", "comment")];
        assert_eq!(
            table(&rows, &columns),
            "NAME   CREATED               COMMENT\n\
             alice  1970-01-01T00:00:00Z  -\n\
             b      -                     a\\u0007b\n"
        );
        assert_eq!(describe(&rows[0], &columns), "NAME     alice\nCREATED  1970-01-01T00:00:00Z\n");
    }
}
