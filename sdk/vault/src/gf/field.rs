/// The polynomial without its leading term.
const POLYNOMIAL: u8 = 0x1B;

/// Product of two elements, by shift and add. It neither branches on its operands nor looks anything up by them, so
/// that it may be used on secrets.
pub(crate) const fn mul(a: u8, b: u8) -> u8 {
    let (mut a, mut product, mut bit) = (a, 0, 0);
    while bit < 8 {
        product ^= a & 0u8.wrapping_sub((b >> bit) & 1);
        a = (a << 1) ^ (POLYNOMIAL & 0u8.wrapping_sub(a >> 7));
        bit += 1;
    }
    product
}

/// The inverse of an element, a²⁵⁴; that of 0 is 0.
pub(crate) const fn inverse(a: u8) -> u8 {
    // 254 = 2 + 4 + … + 128: the product of the squares.
    let (mut square, mut product, mut step) = (a, 1, 0);
    while step < 7 {
        square = mul(square, square);
        product = mul(product, square);
        step += 1;
    }
    product
}

/// For every coefficient, its products with the 16 low and the 16 high nibbles.
pub(super) static NIBBLES: [[u8; 32]; 256] = nibbles();

const fn nibbles() -> [[u8; 32]; 256] {
    let mut tables = [[0; 32]; 256];
    let mut coefficient = 0u8;
    loop {
        let mut nibble = 0u8;
        while nibble < 16 {
            tables[coefficient as usize][nibble as usize] = mul(coefficient, nibble);
            tables[coefficient as usize][nibble as usize + 16] = mul(coefficient, nibble << 4);
            nibble += 1;
        }
        if coefficient == u8::MAX {
            return tables;
        }
        coefficient += 1;
    }
}

/// Adds `coefficient` times `source` to `target`, byte by byte, over the shorter of the two. Not for secrets.
pub(super) fn add_scaled(target: &mut [u8], coefficient: u8, source: &[u8]) {
    let table = &NIBBLES[usize::from(coefficient)];
    for (sum, byte) in target.iter_mut().zip(source) {
        *sum ^= table[usize::from(byte & 15)] ^ table[usize::from(byte >> 4) + 16];
    }
}
