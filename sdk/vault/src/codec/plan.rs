use super::Coding;
use crate::gf::{Matrix, Program};

/// One column of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnId {
    /// Shard, from 0; shards below k are the ciphertext itself.
    pub shard: usize,
    /// Column of the shard, below α.
    pub column: usize,
}

/// Which columns to read, which come out, and the matrix between them.
#[derive(Clone, Debug)]
pub struct Plan {
    inputs: Vec<ColumnId>,
    outputs: Vec<ColumnId>,
    program: Program,
}

/// Why no plan can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Fewer shards than suffice.
    #[error("{} shards are too few, {needed} are needed; missing: shards {missing:?}", .available.len())]
    TooFew {
        /// Shards that are there.
        available: Vec<usize>,
        /// Shards that are not.
        missing: Vec<usize>,
        /// How many are needed.
        needed: usize,
    },
    /// A number that is no shard of the code.
    #[error("there is no shard {0}")]
    Shard(usize),
}

/// An erasure code with cheap repair.
pub trait Codec {
    /// Its parameters.
    fn coding(&self) -> Coding;

    /// From the data columns to those of the other shards. A systematic code keeps the data columns as they are: column
    /// c of shard s < k is data column s·α + c.
    fn encode(&self) -> &Plan;

    /// From the columns of k available shards to the data columns that are not among them. Empty if all data shards
    /// are available: a healthy read decodes nothing.
    ///
    /// # Errors
    ///
    /// [`PlanError::TooFew`] names the shards that are missing.
    fn decode(&self, available: &[usize]) -> Result<Plan, PlanError>;

    /// From available shards to every column of a lost one: from parts of all the others if they are there, else from
    /// all of k.
    ///
    /// # Errors
    ///
    /// [`PlanError::Shard`], and [`PlanError::TooFew`] names the shards that are missing.
    fn repair(&self, lost: usize, available: &[usize]) -> Result<Plan, PlanError>;
}

impl Plan {
    /// A plan with this matrix.
    pub(super) fn new(inputs: Vec<ColumnId>, outputs: Vec<ColumnId>, matrix: &Matrix) -> Self {
        assert_eq!((inputs.len(), outputs.len()), (matrix.columns(), matrix.rows()), "a row for each output");
        Self { inputs, outputs, program: Program::new(matrix) }
    }

    /// The columns to read, by shard and column.
    pub fn inputs(&self) -> &[ColumnId] {
        &self.inputs
    }

    /// The columns that come out.
    pub fn outputs(&self) -> &[ColumnId] {
        &self.outputs
    }

    /// The matrix, ready to run over columns in the order of [`Plan::inputs`] and [`Plan::outputs`].
    pub fn program(&self) -> &Program {
        &self.program
    }
}
