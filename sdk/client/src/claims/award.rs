use assent_types::claim::{Award, BillShare};
use assent_types::{BillNullifier, List, Money, MoneyError};

use super::draft::DraftError;

/// Shares an approved sum out over a claim's bills, each up to what it has left, in the order of the claim. What no bill
/// has room for stays with the last one, so that the ledger refuses it by its number.
///
/// # Errors
/// Amounts in two currencies, or more bills than a claim has.
pub fn share_out(approved: Money, bills: &[(BillNullifier, Money)]) -> Result<Award, DraftError> {
    let mut rest = approved;
    let mut shares = Vec::with_capacity(bills.len());
    for (index, (bill, left)) in bills.iter().enumerate() {
        if left.ccy != approved.ccy {
            return Err(MoneyError::Currency.into());
        }
        let amount = if index + 1 == bills.len() { rest } else { rest.min(*left) };
        rest = rest.minus(amount)?;
        shares.push(BillShare { bill: *bill, amount });
    }
    Ok(Award { approved, shares: List::new(shares)? })
}
