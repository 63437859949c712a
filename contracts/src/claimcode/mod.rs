//! Claim codes: redeemed, revoked unused, closed, expired.
//!
//! Redeeming a code is one transaction with four effects or none: the code is spent, a case is opened with the authority
//! that the code gives, the consent is granted, and, where the consent's subject is another pseudonym than the case's, the
//! two are linked in the case. Each of them leaves the event of its own table after the code's, and the consent passes the
//! guards of CN-02.
//!
//! What was spent is kept under the code's identifier and under the subject's nonce, so neither the same code nor another
//! with its nonce is ever redeemed again, whatever has become of its case.
//!
//! Closing a case before its time takes the list of all its claims, which the ledger compares with the case's count; a
//! case that reaches its end is over whatever is live, and its claims go on by deadlines of their own.

pub(crate) mod check;
pub(crate) mod execute;
pub mod transitions;

#[cfg(test)]
mod tests;
