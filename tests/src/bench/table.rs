//! Text tables.

/// Columns as wide as their widest cell; the first one is left-aligned, the others right-aligned.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |index: usize| rows.iter().filter_map(move |row| row.get(index)).map(|cell| cell.chars().count());
    let width = |(index, name): (usize, &&str)| cells(index).chain([name.chars().count()]).max().unwrap_or_default();
    let widths: Vec<usize> = head.iter().enumerate().map(width).collect();
    let line = |row: Vec<&str>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(index, (cell, width))| if index == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1));
    let mut lines = vec![line(head.to_vec()), rule];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "22.5".to_owned()]];
        assert_eq!(super::table(&["name", "x"], &rows), "name     x\n----------\na        1\nlong  22.5");
    }
}
