use proptest::prelude::*;

use super::field::{add_scaled, inverse, mul};
use super::{Matrix, Program, Tier};

/// Multiplication as defined: carry-less product, reduced by the polynomial.
fn by_definition(a: u8, b: u8) -> u8 {
    let mut product = 0u32;
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            product ^= u32::from(a) << bit;
        }
    }
    for bit in (8..16).rev() {
        if product >> bit & 1 == 1 {
            product ^= 0x11B << (bit - 8);
        }
    }
    product as u8
}

#[test]
fn multiplication_is_shift_and_add_modulo_the_polynomial() {
    for a in 0..=u8::MAX {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let mut scaled = vec![0; 256];
        add_scaled(&mut scaled, a, &all);
        for b in 0..=u8::MAX {
            assert_eq!(mul(a, b), by_definition(a, b), "{a} times {b}");
            assert_eq!(scaled[usize::from(b)], mul(a, b), "table of {a} at {b}");
        }
        assert_eq!(mul(a, inverse(a)), u8::from(a != 0), "inverse of {a}");
    }
    // The example of FIPS 197 §4.2.
    assert_eq!(mul(0x57, 0x83), 0xC1);
}

/// The product of a matrix with columns, byte by byte.
fn by_hand(matrix: &Matrix, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let bytes = inputs[0].len();
    let sum = |row: usize, at: usize| {
        let products = inputs.iter().zip(matrix.row(row)).map(|(input, coefficient)| mul(*coefficient, input[at]));
        products.fold(0, |sum, product| sum ^ product)
    };
    (0..matrix.rows()).map(|row| (0..bytes).map(|at| sum(row, at)).collect()).collect()
}

fn on_tier(matrix: &Matrix, tier: Tier, inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut outputs = vec![vec![0xAA; inputs[0].len()]; matrix.rows()];
    let views: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let mut made: Vec<&mut [u8]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    Program::new(matrix).run_on(tier, &views, &mut made);
    outputs
}

fn filled(rows: usize, columns: usize, mut next: impl FnMut() -> u8) -> Matrix {
    let mut matrix = Matrix::zero(rows, columns);
    for row in 0..rows {
        matrix.row_mut(row).iter_mut().for_each(|element| *element = next());
    }
    matrix
}

/// A small deterministic generator (xorshift of Marsaglia, 2003).
fn bytes_from(seed: u64) -> impl FnMut() -> u8 {
    let mut state = seed | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    }
}

proptest! {
    #[test]
    fn every_tier_equals_the_definition(
        rows in 1usize..10,
        columns in 1usize..20,
        bytes in 0usize..5000,
        is_sparse: bool,
        seed: u64,
    ) {
        let mut next = bytes_from(seed);
        let matrix = filled(rows, columns, || {
            let element = next();
            if is_sparse && !element.is_multiple_of(3) { 0 } else { element }
        });
        let inputs: Vec<Vec<u8>> = (0..columns).map(|_| (0..bytes).map(|_| next()).collect()).collect();
        let expected = by_hand(&matrix, &inputs);
        for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
            prop_assert!(on_tier(&matrix, tier, &inputs) == expected, "{:?}, seed {}", tier, seed);
        }
    }

    #[test]
    fn what_is_expressed_multiplies_back(size in 1usize..12, more in 0usize..4, wanted in 1usize..6, seed: u64) {
        let mut next = bytes_from(seed);
        let matrix = filled(size + more, size, &mut next);
        let targets = filled(wanted, size, &mut next);
        if let Some(made) = matrix.express(&targets) {
            for row in 0..wanted {
                let mut sum = vec![0; size];
                made.row(row).iter().enumerate().for_each(|(at, c)| add_scaled(&mut sum, *c, matrix.row(at)));
                prop_assert_eq!(&sum[..], targets.row(row));
            }
        }
    }
}

#[test]
fn a_singular_matrix_expresses_only_its_span() {
    let mut matrix = Matrix::zero(2, 2);
    matrix.row_mut(0).copy_from_slice(&[1, 2]);
    matrix.row_mut(1).copy_from_slice(&[2, 4]);
    assert_eq!(matrix.express(&Matrix::identity(2)), None);
    assert!(matrix.express(&matrix.clone()).is_some());
}

#[test]
fn a_machine_runs_its_best_tier_and_always_has_the_scalar_one() {
    assert!(Tier::Scalar.is_available() && Tier::best().is_available());
    let available: Vec<Tier> = Tier::ALL.into_iter().filter(|tier| tier.is_available()).collect();
    println!("tiers compared: {available:?}");
    assert_eq!(available.last(), Some(&Tier::best()));
}
