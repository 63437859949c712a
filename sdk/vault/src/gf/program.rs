use super::field::add_scaled;
use super::{Matrix, Tier};

/// Most output rows that are made together: so many sums fit in registers.
pub(super) const GROUP_ROWS_MAX: usize = 4;

/// How many bytes of every column are worked on before the next, so that they stay in the first-level cache while all
/// groups of rows read them.
const BLOCK_BYTES: usize = 2048;

/// A matrix made ready to be multiplied with columns of bytes.
#[derive(Clone, Debug)]
pub struct Program {
    inputs: usize,
    outputs: usize,
    groups: Vec<Group>,
}

/// Rows that are made together, with the inputs that any of them needs.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Which outputs.
    pub(super) rows: Vec<usize>,
    /// Which inputs, ascending.
    pub(super) inputs: Vec<usize>,
    /// For each input, the coefficient of each row.
    pub(super) coefficients: Vec<u8>,
}

impl Program {
    /// Prepares a matrix: one input column for each of its columns, one output for each of its rows.
    pub fn new(matrix: &Matrix) -> Self {
        let mut open: Vec<usize> = (0..matrix.rows()).collect();
        let mut groups = Vec::new();
        while !open.is_empty() {
            groups.push(Group::gather(matrix, &mut open));
        }
        Self { inputs: matrix.columns(), outputs: matrix.rows(), groups }
    }

    /// Number of input columns.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of output columns.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies on the best instructions of this machine; whatever `outputs` held is overwritten.
    ///
    /// # Panics
    ///
    /// If the columns are not as many as the matrix says, or not all of one length: callers check what they are given.
    pub fn run(&self, inputs: &[&[u8]], outputs: &mut [&mut [u8]]) {
        self.run_on(Tier::best(), inputs, outputs);
    }

    /// Multiplies on the instructions of one tier. The result does not depend on it.
    ///
    /// # Panics
    ///
    /// As [`Program::run`], and if this machine lacks the tier.
    pub fn run_on(&self, tier: Tier, inputs: &[&[u8]], outputs: &mut [&mut [u8]]) {
        assert!(tier.is_available(), "this machine has no {tier:?}");
        assert_eq!((inputs.len(), outputs.len()), (self.inputs, self.outputs), "columns as the matrix says");
        let bytes = inputs.first().map_or(0, |column| column.len());
        assert!(inputs.iter().all(|column| column.len() == bytes), "input columns of one length");
        assert!(outputs.iter().all(|column| column.len() == bytes), "output columns of that length");
        let mut ready: Vec<&[u8]> = Vec::with_capacity(inputs.len());
        for start in (0..bytes).step_by(BLOCK_BYTES) {
            let end = bytes.min(start + BLOCK_BYTES);
            ready.clear();
            ready.extend(inputs.iter().map(|column| &column[start..end]));
            for group in &self.groups {
                group.run(tier, &ready, outputs, start..end);
            }
        }
    }
}

impl Group {
    /// Takes the first open row and those that share most inputs with it.
    fn gather(matrix: &Matrix, open: &mut Vec<usize>) -> Self {
        let needs = |row: usize, input: usize| matrix.row(row)[input] != 0;
        let mut rows = vec![open.remove(0)];
        while rows.len() < GROUP_ROWS_MAX && !open.is_empty() {
            let added = |row: usize| {
                let new = |input: &usize| needs(row, *input) != rows.iter().any(|one| needs(*one, *input));
                (0..matrix.columns()).filter(new).count()
            };
            let nearest = (0..open.len()).min_by_key(|at| added(open[*at])).unwrap_or_default();
            rows.push(open.remove(nearest));
        }
        let inputs: Vec<usize> =
            (0..matrix.columns()).filter(|input| rows.iter().any(|row| needs(*row, *input))).collect();
        let coefficients = inputs.iter().flat_map(|input| rows.iter().map(|row| matrix.row(*row)[*input])).collect();
        Self { rows, inputs, coefficients }
    }

    fn run(&self, tier: Tier, inputs: &[&[u8]], outputs: &mut [&mut [u8]], range: std::ops::Range<usize>) {
        #[cfg(target_arch = "x86_64")]
        let done = super::x86::run(tier, self, inputs, outputs, range.clone());
        #[cfg(not(target_arch = "x86_64"))]
        let done = 0;
        self.run_scalar(inputs, outputs, range, done);
    }

    /// What the vector tiers leave over: everything from `done` bytes after the start of the range.
    fn run_scalar(&self, inputs: &[&[u8]], outputs: &mut [&mut [u8]], range: std::ops::Range<usize>, done: usize) {
        if range.start + done == range.end {
            return;
        }
        for (at, row) in self.rows.iter().enumerate() {
            let output = &mut outputs[*row][range.start + done..range.end];
            output.fill(0);
            let coefficients = self.coefficients.iter().skip(at).step_by(self.rows.len());
            for (input, coefficient) in self.inputs.iter().zip(coefficients).filter(|(_, c)| **c != 0) {
                add_scaled(output, *coefficient, &inputs[*input][done..]);
            }
        }
    }
}
