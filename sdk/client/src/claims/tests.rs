use assent_types::claim::{AdjReasons, Amounts, BenefitKind, ClaimTerms, Payee, ServiceLine};
use assent_types::{BillNullifier, CaseId, Currency, Day, ErrorCode, Hash32, List, Money};

use super::*;

const SALT: Hash32 = Hash32([7; 32]);

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn bill(byte: u8) -> BillNullifier {
    BillNullifier(Hash32([byte; 32]))
}

fn line(sequence: u32, code: &str, minor: u64) -> ClaimLine {
    ClaimLine { sequence, codes: vec![format!("http://loinc.org|{code}")], minor }
}

fn draft(lines: Vec<ClaimLine>) -> ClaimDraft {
    ClaimDraft {
        case: CaseId(Hash32([1; 32])),
        payee: Payee::Provider,
        service: (Day(20_000), Day(20_040)),
        service_line: ServiceLine::Vhis,
        benefit: BenefitKind::Indemnity,
        cob_declared: false,
        bills: vec![bill(2), bill(1)],
        lines,
        codes: Vec::new(),
        preauth: None,
        guarantee: None,
        code_map: None,
        fx: None,
        related: None,
        attachments: Vec::new(),
        amounts: Amounts {
            billed: hkd(1_000),
            claimed: hkd(900),
            subject_share: hkd(100),
            other_payers: List::default(),
        },
    }
}

#[test]
fn what_is_filed_commits_to_days_and_lines_under_the_salt() {
    let lines = vec![line(1, "58410-2", 400), line(2, "24627-2", 600)];
    let (terms, note) = draft(lines.clone()).commit(SALT).unwrap();
    assert_eq!((terms.lines.count, terms.lines.total), (2, hkd(1_000)));
    assert_eq!((terms.service.first, terms.service.last), (Day(20_000).month(), Day(20_040).month()));
    assert_eq!((note.lines, note.service), (lines.clone(), (Day(20_000), Day(20_040))));
    let other_salt = draft(lines.clone()).commit(Hash32([8; 32])).unwrap().0;
    let other_line = draft(vec![line(1, "58410-3", 400), line(2, "24627-2", 600)]).commit(SALT).unwrap().0;
    let other_order = draft(vec![line(2, "24627-2", 600), line(1, "58410-2", 400)]).commit(SALT).unwrap().0;
    for other in [&other_salt, &other_line, &other_order] {
        assert_ne!(other.lines.root, terms.lines.root);
    }
    assert_ne!(other_salt.service.day_commit, terms.service.day_commit);
    assert_eq!(other_line.service.day_commit, terms.service.day_commit);
}

#[test]
fn sums_that_do_not_fit_and_lists_too_long_have_their_numbers() {
    let overflow = draft(vec![line(1, "a", u64::MAX), line(2, "b", 1)]).commit(SALT).unwrap_err();
    assert_eq!(overflow.code(), ErrorCode::AmountOverflow);
    let bills = (0..33).map(bill).collect();
    assert_eq!(ClaimDraft { bills, ..draft(Vec::new()) }.commit(SALT).unwrap_err().code(), ErrorCode::TooLarge);
}

#[test]
fn awards_fill_bills_in_order_and_leave_the_excess_to_be_refused() {
    let shares = |approved, left: &[u64]| -> Vec<u64> {
        let bills: Vec<_> = (1..).zip(left).map(|(byte, left)| (bill(byte), hkd(*left))).collect();
        let award = share_out(hkd(approved), &bills).unwrap();
        assert_eq!(award.shared(), Ok(hkd(approved)));
        award.shares.iter().map(|share| share.amount.minor).collect()
    };
    assert_eq!(shares(700, &[1_000]), [700]);
    assert_eq!(shares(700, &[500, 0, 300]), [500, 0, 200]);
    assert_eq!(shares(900, &[500, 300]), [500, 400]);
    let two = share_out(hkd(1), &[(bill(1), Money::new(Currency::Cny, 5))]).unwrap_err();
    assert_eq!(two.code(), ErrorCode::Currency);
}

#[test]
fn outcomes_are_committed_one_by_one() {
    let outcome = |approved| LineOutcome { sequence: 1, approved, reasons: AdjReasons::EMPTY };
    assert_ne!(outcome_root(SALT, &[outcome(1)]), outcome_root(SALT, &[outcome(2)]));
    assert_ne!(outcome_root(SALT, &[outcome(1)]), outcome_root(Hash32([8; 32]), &[outcome(1)]));
}

#[test]
fn debug_output_of_notes_names_no_bill_and_no_service() {
    let note = BillNote {
        number: b"BILL-EXAMPLE-7".to_vec(),
        subject: None,
        total: hkd(5),
        service: None,
        lines: vec![line(1, "58410-2", 5)],
        document: None,
        evidence: Vec::new(),
    };
    let text = format!("{note:?}");
    assert!(!text.contains("BILL") && !text.contains("58410") && text.contains("minor"), "{text}");
}

/// The hashes of personal content in what is filed.
fn content_hashes(terms: &ClaimTerms) -> [Hash32; 2] {
    [terms.service.day_commit, terms.lines.root]
}

/// Whether every one of them changes when only the salt changes, in a claim drawn from a seed.
fn changes_with_the_salt(seed: u32, commit: impl Fn(ClaimDraft, Hash32) -> ClaimTerms) -> bool {
    let drawn = |what: &str| super::commit(Hash32([9; 32]), what, &seed).0;
    let (days, code) = (u16::from_le_bytes([drawn("day")[0], drawn("day")[1]]), drawn("code")[0]);
    let service = (Day(days.into()), Day(u32::from(days) + u32::from(drawn("length")[0])));
    let lines = (1..=1 + u32::from(drawn("lines")[0] % 5)).map(|at| line(at, &format!("{code}-{at}"), 100)).collect();
    let drafted: ClaimDraft = ClaimDraft { service, ..draft(lines) };
    let salts = ["salt", "another"].map(|what| Hash32(drawn(what)));
    let [one, other] = salts.map(|salt| content_hashes(&commit(drafted.clone(), salt)));
    one.iter().zip(&other).all(|(one, other)| one != other)
}

#[test]
fn inv_27_every_hash_of_personal_content_changes_with_its_salt() {
    let real = |draft: ClaimDraft, salt| draft.commit(salt).unwrap().0;
    let deaf = |draft: ClaimDraft, salt| {
        let mut terms = draft.clone().commit(salt).unwrap().0;
        terms.service.day_commit = super::commit(Hash32::ZERO, "days", &draft.service);
        terms
    };
    for seed in 0..500 {
        println!("seed={seed}");
        assert!(changes_with_the_salt(seed, real));
        assert!(!changes_with_the_salt(seed, deaf), "a commitment without a salt is caught");
    }
}
