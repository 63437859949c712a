use super::{Codec, Coding, ColumnId, Plan, PlanError};
use crate::gf::{Matrix, inverse, mul};

/// Coefficient of the coupling; any element but 0 and 1 will do.
const GAMMA: u8 = 2;

/// Coupled-layer MSR code with d = n−1 helpers (Vajha et al., *Clay Codes: Moulding MDS Codes to Yield an MSR Code*,
/// FAST '18).
///
/// Node (x, y) of the q × t grid is shard q·y + x, and plane z, a number of t digits to the base q, is column z of every
/// shard. In each plane the *uncoupled* symbols form a word of an MDS code. What is stored are *coupled* symbols: node
/// (x, y) in plane z, whose digit y is x' ≠ x, is paired with node (x', y) in the plane whose digit y is x. A repair of
/// node (x, y) reads only the planes whose digit y is x: one in q.
///
/// The parity nodes are the last row of the grid, so they are paired among themselves and the code is systematic.
#[derive(Clone, Debug)]
pub struct Clay {
    coding: Coding,
    /// One row for each column of each shard, over the data columns.
    generator: Matrix,
    encode: Plan,
}

impl Clay {
    /// The code with these parameters.
    pub fn new(coding: Coding) -> Self {
        let grid = Grid { coding };
        let generator = grid.generator();
        let data: Vec<ColumnId> = columns_of(coding, 0..coding.k()).collect();
        let parity: Vec<ColumnId> = columns_of(coding, coding.k()..coding.n()).collect();
        let rows = generator.select(parity.iter().map(|id| row_of(coding, *id)));
        Self { coding, generator, encode: Plan::new(data, parity, &rows) }
    }

    /// Available shards, ascending, if they suffice.
    fn sorted(&self, available: &[usize]) -> Result<Vec<usize>, PlanError> {
        let (n, needed) = (self.coding.n(), self.coding.k());
        if let Some(stranger) = available.iter().find(|shard| **shard >= n) {
            return Err(PlanError::Shard(*stranger));
        }
        let (available, missing): (Vec<usize>, Vec<usize>) = (0..n).partition(|shard| available.contains(shard));
        if available.len() < needed {
            return Err(PlanError::TooFew { available, missing, needed });
        }
        Ok(available)
    }

    /// From all columns of k shards to all columns of others.
    fn read_whole(&self, have: &[usize], wanted: impl IntoIterator<Item = usize>) -> Result<Plan, PlanError> {
        let outputs = columns_of(self.coding, wanted).collect();
        let inputs = columns_of(self.coding, have.iter().copied()).collect();
        // Any k shards have everything: the code is MDS.
        let none = PlanError::TooFew { available: have.to_vec(), missing: Vec::new(), needed: self.coding.k() };
        self.plan(inputs, outputs).ok_or(none)
    }

    fn plan(&self, inputs: Vec<ColumnId>, outputs: Vec<ColumnId>) -> Option<Plan> {
        let rows = |ids: &[ColumnId]| self.generator.select(ids.iter().map(|id| row_of(self.coding, *id)));
        let matrix = rows(&inputs).express(&rows(&outputs))?;
        Some(Plan::new(inputs, outputs, &matrix))
    }
}

impl Codec for Clay {
    fn coding(&self) -> Coding {
        self.coding
    }

    fn encode(&self) -> &Plan {
        &self.encode
    }

    fn decode(&self, available: &[usize]) -> Result<Plan, PlanError> {
        let mut have = self.sorted(available)?;
        // Data shards stand first, so they are taken before parity.
        have.truncate(self.coding.k());
        let wanted = (0..self.coding.k()).filter(|shard| !have.contains(shard));
        self.read_whole(&have, wanted)
    }

    fn repair(&self, lost: usize, available: &[usize]) -> Result<Plan, PlanError> {
        if lost >= self.coding.n() {
            return Err(PlanError::Shard(lost));
        }
        let others: Vec<usize> = available.iter().copied().filter(|shard| *shard != lost).collect();
        let mut have = self.sorted(&others)?;
        if have.len() < self.coding.n() - 1 {
            have.truncate(self.coding.k());
            return self.read_whole(&have, [lost]);
        }
        let grid = Grid { coding: self.coding };
        let read = |id: &ColumnId| grid.digit(id.column, grid.row(lost)) == grid.place(lost);
        let inputs = columns_of(self.coding, have).filter(read).collect();
        let outputs = columns_of(self.coding, [lost]).collect();
        self.plan(inputs, outputs).ok_or(PlanError::Shard(lost))
    }
}

/// All columns of these shards.
fn columns_of(coding: Coding, shards: impl IntoIterator<Item = usize>) -> impl Iterator<Item = ColumnId> {
    shards.into_iter().flat_map(move |shard| (0..coding.columns()).map(move |column| ColumnId { shard, column }))
}

/// Row of the generator that makes a column.
fn row_of(coding: Coding, id: ColumnId) -> usize {
    id.shard * coding.columns() + id.column
}

/// The q × t grid of nodes.
#[derive(Clone, Copy)]
struct Grid {
    coding: Coding,
}

impl Grid {
    fn q(self) -> usize {
        self.coding.losses_max()
    }

    /// The y of a node.
    fn row(self, shard: usize) -> usize {
        shard / self.q()
    }

    /// The x of a node.
    fn place(self, shard: usize) -> usize {
        shard % self.q()
    }

    fn power(self, y: usize) -> usize {
        (0..y).fold(1, |power, _| power * self.q())
    }

    /// Digit y of a plane.
    fn digit(self, plane: usize, y: usize) -> usize {
        plane / self.power(y) % self.q()
    }

    /// The symbol that one is paired with; `None` for a symbol that is stored uncoupled.
    fn partner(self, id: ColumnId) -> Option<ColumnId> {
        let (x, y) = (self.place(id.shard), self.row(id.shard));
        let digit = self.digit(id.column, y);
        let column = id.column - digit * self.power(y) + x * self.power(y);
        (digit != x).then_some(ColumnId { shard: y * self.q() + digit, column })
    }

    /// The matrix from data columns to the columns of all shards.
    fn generator(self) -> Matrix {
        let (n, k, width) = (self.coding.n(), self.coding.k(), self.coding.data_columns());
        let row = |id: ColumnId| row_of(self.coding, id);
        let identity = Matrix::identity(width);
        // Uncoupled symbols: of the data by solving the pair, C = U + γ·U' and C' = U' + γ·U, for U.
        let mut uncoupled = Matrix::zero(n * self.coding.columns(), width);
        let determinant = inverse(1 ^ mul(GAMMA, GAMMA));
        for id in columns_of(self.coding, 0..k) {
            match self.partner(id) {
                None => uncoupled.add_row(row(id), 1, &identity, row(id)),
                Some(partner) => {
                    uncoupled.add_row(row(id), determinant, &identity, row(id));
                    uncoupled.add_row(row(id), mul(determinant, GAMMA), &identity, row(partner));
                }
            }
        }
        // Of the parity by a Cauchy matrix in each plane, which makes every plane a word of an MDS code.
        let data = uncoupled.clone();
        for parity in columns_of(self.coding, k..n) {
            for shard in 0..k {
                uncoupled.add_row(row(parity), cauchy(parity.shard, shard), &data, row(ColumnId { shard, ..parity }));
            }
        }
        let mut generator = Matrix::zero(n * self.coding.columns(), width);
        for id in columns_of(self.coding, 0..n) {
            generator.add_row(row(id), 1, &uncoupled, row(id));
            if let Some(partner) = self.partner(id) {
                generator.add_row(row(id), GAMMA, &uncoupled, row(partner));
            }
        }
        generator
    }
}

/// Element of a Cauchy matrix: the inverse of the sum of two numbers from disjoint sets.
fn cauchy(parity: usize, data: usize) -> u8 {
    let (parity, data) = (u8::try_from(parity), u8::try_from(data));
    assert!(parity.is_ok() && data.is_ok(), "fewer than 256 shards");
    inverse(parity.unwrap_or_default() ^ data.unwrap_or_default())
}
