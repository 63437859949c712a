use super::field::{add_scaled, inverse};

/// A matrix over GF(2⁸), by rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    columns: usize,
    elements: Vec<u8>,
}

impl Matrix {
    /// The zero matrix of this many rows and columns; at least one column.
    pub fn zero(rows: usize, columns: usize) -> Self {
        assert!(columns > 0, "a matrix has columns");
        Self { columns, elements: vec![0; rows * columns] }
    }

    /// The identity.
    pub fn identity(size: usize) -> Self {
        let mut matrix = Self::zero(size, size);
        (0..size).for_each(|at| matrix.row_mut(at)[at] = 1);
        matrix
    }

    /// Some rows of this matrix, in this order.
    #[must_use]
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let elements = rows.into_iter().flat_map(|row| self.row(row)).copied().collect();
        Self { columns: self.columns, elements }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.elements.len() / self.columns
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[u8] {
        &self.elements[row * self.columns..][..self.columns]
    }

    /// One row, to change.
    pub fn row_mut(&mut self, row: usize) -> &mut [u8] {
        &mut self.elements[row * self.columns..][..self.columns]
    }

    /// Adds `coefficient` times a row of another matrix of equally many columns to a row of this one.
    pub(crate) fn add_row(&mut self, target: usize, coefficient: u8, other: &Self, source: usize) {
        add_scaled(self.row_mut(target), coefficient, other.row(source));
    }

    /// The matrix that makes the rows of `targets` from the rows of this one: `express(targets) · self = targets`.
    /// `None` if some target is no combination of these rows. Its inverse is what expresses the identity.
    pub fn express(&self, targets: &Self) -> Option<Self> {
        assert_eq!(self.columns, targets.columns, "rows of one length");
        // Rows are reduced together with the record of how they came from the rows of `self`.
        let mut reduced = Self::zero(self.rows(), self.columns + self.rows());
        for row in 0..self.rows() {
            reduced.row_mut(row)[..self.columns].copy_from_slice(self.row(row));
            reduced.row_mut(row)[self.columns + row] = 1;
        }
        let pivots = reduced.eliminate(self.columns);
        let mut made = Self::zero(targets.rows(), self.rows());
        for target in 0..targets.rows() {
            let mut rest = vec![0; reduced.columns];
            rest[..self.columns].copy_from_slice(targets.row(target));
            for (row, pivot) in pivots.iter().enumerate() {
                let coefficient = rest[*pivot];
                add_scaled(&mut rest, coefficient, reduced.row(row));
            }
            let (left, record) = rest.split_at(self.columns);
            if left.iter().any(|element| *element != 0) {
                return None;
            }
            made.row_mut(target).copy_from_slice(record);
        }
        Some(made)
    }

    /// Gauss–Jordan elimination over the first `width` columns; gives the pivot column of each leading row.
    fn eliminate(&mut self, width: usize) -> Vec<usize> {
        let mut pivots = Vec::new();
        for column in 0..width {
            let rank = pivots.len();
            let Some(found) = (rank..self.rows()).find(|row| self.row(*row)[column] != 0) else { continue };
            let mut pivot = self.row(found).to_vec();
            let moved = self.row(rank).to_vec();
            self.row_mut(found).copy_from_slice(&moved);
            let scale = inverse(pivot[column]);
            let unscaled = std::mem::replace(&mut pivot, vec![0; self.columns]);
            add_scaled(&mut pivot, scale, &unscaled);
            self.row_mut(rank).copy_from_slice(&pivot);
            for row in (0..self.rows()).filter(|row| *row != rank) {
                let coefficient = self.row(row)[column];
                if coefficient != 0 {
                    add_scaled(self.row_mut(row), coefficient, &pivot);
                }
            }
            pivots.push(column);
        }
        pivots
    }
}
