//! Money: bills, claims and payments, added up again.

use std::collections::BTreeMap;

use assent_types::action::Action;
use assent_types::bill::Bill;
use assent_types::claim::{Award, Claim, ClaimStatus, SubmitClaim, claim_id_of};
use assent_types::consent::Purpose;
use assent_types::ids::{BillNullifier, CaseId, ClaimId, OrgId, SettlementId, Sp, TxHash};
use assent_types::money::Currency;
use assent_types::place::{Jurisdiction, Place};
use assent_types::receipt::Event;
use assent_types::settlement::{Resolution, settlement_id_of};
use assent_types::state::StateKey;

use super::{Asked, Model};

/// A claim; amounts are minor units of one currency.
struct Filed {
    insurer: OrgId,
    bills: Vec<BillNullifier>,
    claimed: u64,
    approved: u64,
    paid: u64,
    /// By bill.
    shares: BTreeMap<BillNullifier, u64>,
    /// The payment under way.
    live: Option<SettlementId>,
    end: Option<ClaimStatus>,
}

/// Bills, cases, claims and payments.
#[derive(Default)]
pub(super) struct Money {
    bills: BTreeMap<BillNullifier, (OrgId, u64)>,
    cases: BTreeMap<CaseId, (Sp, OrgId, OrgId)>,
    claims: BTreeMap<ClaimId, Filed>,
    settlements: BTreeMap<SettlementId, (ClaimId, u64)>,
}

impl Money {
    /// The sum of what claims have of a bill, by what is taken of each.
    fn on_bill(&self, bill: &BillNullifier, of: impl Fn(&Filed) -> u64) -> u64 {
        self.claims.values().filter(|claim| claim.bills.contains(bill)).map(of).sum()
    }

    pub(super) fn bill_differs(&self, bill: &Bill) -> Option<String> {
        let allocated = self.on_bill(&bill.nullifier, |claim| share(claim, &bill.nullifier));
        let by_claim = bill.claims.iter().map(|allocation| allocation.amount.minor).sum::<u64>();
        let total = self.bills.get(&bill.nullifier).map(|(_, total)| *total);
        let agrees = bill.allocated.minor == allocated
            && by_claim == allocated
            && Some(bill.total.minor) == total
            && allocated <= bill.total.minor;
        (!agrees).then(|| {
            format!("INV-14 bill: the record allocates {}, claims have {allocated} of {total:?}", bill.allocated)
        })
    }

    pub(super) fn claim_differs(&self, claim: &Claim) -> Option<String> {
        let filed = self.claims.get(&claim.id)?;
        let decided = claim.decision.as_ref().is_none_or(|decision| {
            decision.approved.minor + decision.disallowed.minor == filed.claimed
                && decision.approved.minor == filed.approved
        });
        let amounts = (claim.approved_total.minor, claim.settled_net.minor, claim.clawed_back.minor);
        let agrees = decided
            && amounts == (filed.approved, filed.paid, 0)
            && filed.paid <= filed.approved
            && filed.approved <= filed.claimed;
        (!agrees).then(|| {
            format!("INV-16 claim: the record has {amounts:?}, should have {} and {}", filed.approved, filed.paid)
        })
    }

    pub(super) fn open(&self) -> impl Iterator<Item = String> {
        self.claims.iter().filter(|(_, claim)| claim.end.is_none()).map(|(id, _)| format!("claim {id}"))
    }
}

fn share(claim: &Filed, bill: &BillNullifier) -> u64 {
    claim.shares.get(bill).copied().unwrap_or_default()
}

impl Model {
    pub(super) fn on_money(&mut self, by: OrgId, hash: &TxHash, action: &Action, events: &[Event]) {
        match action {
            Action::RegisterBill(bill) => {
                self.tally.bills += 1;
                self.touched.insert(StateKey::Bill(bill.nullifier, bill.issuer));
                self.money.bills.insert(bill.nullifier, (bill.issuer, bill.total.minor));
            }
            Action::OpenCase(open) => {
                let id = assent_types::case::case_id_of(hash);
                self.money.cases.insert(id, (open.subject, open.insurer, open.provider));
            }
            Action::SubmitClaim(submit) => self.on_claim(by, claim_id_of(hash), submit, events),
            Action::RejectClaim(reject) => self.on_end(reject.claim, ClaimStatus::Rejected),
            Action::ConfirmDuplicate(confirm) => self.on_end(confirm.claim, ClaimStatus::Rejected),
            Action::DenyClaim(deny) => self.on_end(deny.claim, ClaimStatus::Denied),
            Action::ApproveClaim(approve) => self.on_award(by, approve.claim, &approve.award),
            Action::ApprovePartial(approve) => self.on_award(by, approve.claim, &approve.award),
            Action::InstructPayment(instruct) => {
                self.on_instruct(instruct.claim, settlement_id_of(hash), instruct.amount.minor);
            }
            Action::BankPaid(paid) => {
                let instructed = self.money.settlements.get(&paid.settlement).map(|(_, amount)| *amount);
                if instructed != Some(paid.amount.minor) {
                    self.violated(format!("INV-16 payment: {} was paid for {instructed:?}", paid.amount));
                }
            }
            Action::BankFail(fail) => self.on_failed(fail.settlement),
            Action::ResolvePayment(resolve) => match resolve.resolution {
                Resolution::Paid { .. } => self.on_paid(resolve.settlement),
                Resolution::Failed { .. } => self.on_failed(resolve.settlement),
            },
            Action::PayeeAck(ack) => self.on_paid(ack.settlement),
            _ => {}
        }
    }

    /// INV-15, INV-24: amounts add up, and documents are active, the subject's, and the insurer's to have.
    fn on_claim(&mut self, by: OrgId, id: ClaimId, submit: &SubmitClaim, events: &[Event]) {
        let terms = &submit.terms;
        let amounts = &terms.amounts;
        let others: u64 = amounts.other_payers.iter().map(|payer| payer.amount.minor).sum();
        let borne = amounts.claimed.minor + amounts.subject_share.minor + others;
        if amounts.billed.minor != borne || amounts.all().any(|amount| amount.ccy != Currency::Hkd) {
            self.violated(format!("INV-15 claim: {id} of {} adds up to {borne}", amounts.billed));
        }
        let Some((subject, insurer, provider)) = self.money.cases.get(&terms.case).copied() else {
            return self.violated(format!("INV-15 claim: {id} has no case"));
        };
        let deliver_to = Place::whole(Jurisdiction::Hk);
        let asked = Asked { requester: insurer, purpose: Purpose::Hpaymt, deliver_to, glass: false };
        for anchor in &terms.attachments {
            let own = self.documents.get(anchor).is_some_and(|document| document.body.subject == subject);
            if !(own && self.is_permitted(*anchor, &asked)) {
                self.violated(format!("INV-24 claim: {id} cites document {anchor}"));
            }
        }
        if by != provider || !terms.bills.iter().all(|bill| self.money.bills.contains_key(bill)) {
            self.violated(format!("INV-14 claim: {id} of organisation {by} cites bills that nobody issued"));
        }
        self.tally.claims += 1;
        self.tally.attached += u64::from(!terms.attachments.is_empty());
        self.tally.held += u64::from(events.iter().any(|event| event.row.0 == *b"CL" && event.row.1 == 2));
        let filed = Filed {
            insurer,
            bills: terms.bills.to_vec(),
            claimed: amounts.claimed.minor,
            approved: 0,
            paid: 0,
            shares: BTreeMap::new(),
            live: None,
            end: None,
        };
        self.money.claims.insert(id, filed);
        self.touch_claim(id);
    }

    fn touch_claim(&mut self, id: ClaimId) {
        let Some(claim) = self.money.claims.get(&id) else { return };
        let issuers = claim.bills.iter().filter_map(|bill| Some((*bill, self.money.bills.get(bill)?.0)));
        self.touched.extend(issuers.map(|(bill, issuer)| StateKey::Bill(bill, issuer)));
        self.touched.insert(StateKey::Claim(id));
    }

    fn on_end(&mut self, id: ClaimId, end: ClaimStatus) {
        if let Some(claim) = self.money.claims.get_mut(&id) {
            let before = claim.end.replace(end);
            claim.shares.clear();
            if let Some(before) = before {
                self.violated(format!("INV-16 claim: {id} was {before} and is {end}"));
            }
        }
        self.touch_claim(id);
    }

    /// INV-14: the shares of what is approved add up, and no bill is exceeded.
    fn on_award(&mut self, by: OrgId, id: ClaimId, award: &Award) {
        let Some(claim) = self.money.claims.get_mut(&id) else { return };
        let shared: u64 = award.shares.iter().map(|share| share.amount.minor).sum();
        let before = claim.approved;
        claim.approved = award.approved.minor;
        claim.shares = award.shares.iter().map(|share| (share.bill, share.amount.minor)).collect();
        let (claimed, insurer, bills) = (claim.claimed, claim.insurer, claim.bills.clone());
        if shared != award.approved.minor || award.approved.minor > claimed || before != 0 || insurer != by {
            self.violated(format!("INV-14 award: {} of {claimed} approved in shares of {shared}", award.approved));
        }
        for bill in bills {
            let allocated = self.money.on_bill(&bill, |claim| share(claim, &bill));
            let total = self.money.bills.get(&bill).map_or(0, |(_, total)| *total);
            if allocated > total {
                self.violated(format!("INV-14 bill: {allocated} of {total} allocated"));
            }
        }
        self.touch_claim(id);
    }

    /// INV-16: what is instructed is what is payable, once.
    fn on_instruct(&mut self, id: ClaimId, settlement: SettlementId, amount: u64) {
        let Some(claim) = self.money.claims.get_mut(&id) else { return };
        let payable = claim.approved.saturating_sub(claim.paid);
        let live = claim.live.replace(settlement);
        self.money.settlements.insert(settlement, (id, amount));
        if amount != payable || amount == 0 || live.is_some() {
            self.violated(format!("INV-16 payment: {amount} instructed of {payable}; under way: {live:?}"));
        }
        self.touch_claim(id);
    }

    /// A payment came to nothing: another one may be instructed.
    pub(super) fn on_failed(&mut self, settlement: SettlementId) {
        let claim = self.money.settlements.get(&settlement).map(|(claim, _)| *claim);
        if let Some(claim) = claim.and_then(|id| self.money.claims.get_mut(&id)) {
            claim.live = None;
        }
    }

    /// INV-20: over all insurers, no bill is paid more than once.
    pub(super) fn on_paid(&mut self, settlement: SettlementId) {
        let Some((id, amount)) = self.money.settlements.get(&settlement).copied() else { return };
        let Some(claim) = self.money.claims.get_mut(&id) else { return };
        let under_way = claim.live.take() == Some(settlement);
        claim.paid += amount;
        claim.end = Some(ClaimStatus::Settled);
        let bills = claim.bills.clone();
        self.tally.settled += 1;
        if !under_way {
            self.violated(format!("INV-16 payment: {settlement} ended, which was not under way"));
        }
        for bill in bills {
            let paid = self.money.on_bill(&bill, |claim| claim.paid);
            let total = self.money.bills.get(&bill).map_or(0, |(_, total)| *total);
            if paid > total {
                self.violated(format!("INV-20 bill: {paid} paid of {total}"));
            }
        }
        self.touch_claim(id);
    }
}
