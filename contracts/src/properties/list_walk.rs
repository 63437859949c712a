//! Settlement lists in walks of registers: bills of one hospital, and documents of it that are their lists.

use assent_types::AnchorId;
use assent_types::action::Action;
use assent_types::bill::{BillStatus, RegisterBill, VoidBill};
use assent_types::document::{AcceptShare, AnchorBody, DocumentStatus};
use assent_types::settlement_list::FeeClass;
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;

use super::follow::*;
use super::register_walks::REGISTERS;
use crate::runtime::state;
use crate::testing::claims::{hkd, nullifier};
use crate::testing::lists::*;
use crate::testing::*;
use crate::{BlockOutcome, MemoryState};

/// What acts on lists may refer to.
pub(super) struct Lists {
    documents: Vec<AnchorId>,
    /// Numbers of bills, the first of which is 1.
    bills: u32,
}

impl Lists {
    pub(super) fn new(world: &mut World) -> Self {
        world.code_system(1, 1);
        world.code_system(2, 1);
        Self { documents: [1, 1, 2, 2].map(|n| world.document(n)).to_vec(), bills: 0 }
    }

    fn of_status(&self, world: &World, status: DocumentStatus) -> Vec<AnchorId> {
        self.documents.iter().copied().filter(|id| world.anchor(*id).status == status).collect()
    }

    /// A late bill, and the document of its list if it has one.
    fn bill(&self, rng: &mut Rng, world: &World) -> Option<(u32, Option<AnchorId>)> {
        let n = (self.bills + 1).checked_sub(1 + u32::try_from(rng.below(4)).unwrap()).filter(|n| *n > 0)?;
        let list = state::settlement_list(&world.state, nullifier(n), SZH).unwrap();
        Some((n, list.map(|list| list.header.anchor)))
    }

    /// A list of a late bill, mostly one that its issuer could file now.
    fn file(&self, rng: &mut Rng, world: &mut World) -> Option<Transaction> {
        let (n, before) = self.bill(rng, world)?;
        let total = state::bill(&world.state, nullifier(n), SZH).unwrap()?.total.minor;
        let active = self.of_status(world, DocumentStatus::Active);
        let next = active.iter().copied().find(|id| before.is_some() && world.anchor(*id).body.prev == before);
        let document =
            next.filter(|_| !rng.one_in(8)).or_else(|| active.get(rng.index(active.len().max(1))).copied())?;
        let bed = rng.below(total + 1);
        let rest = total - bed + u64::from(rng.one_in(8));
        let fees = [(FeeClass::Bed, bed), (FeeClass::Surgery, rest)];
        let issuer = if rng.one_in(12) { HKH } else { SZH };
        Some(world.tx(&signing(issuer), file_list(list_of(document, n, &fees))))
    }

    /// The next version of a document, mostly of one that is the list of a late bill.
    fn correct(&self, rng: &mut Rng, world: &mut World) -> Option<Transaction> {
        let active = self.of_status(world, DocumentStatus::Active);
        let listed = self.bill(rng, world).and_then(|(_, document)| document).filter(|id| active.contains(id));
        let head = listed.or_else(|| active.get(rng.index(active.len().max(1))).copied())?;
        let head = world.anchor(head);
        let body = AnchorBody { version: head.body.version + 1, prev: Some(head.id), ..head.body };
        Some(world.tx(&signing(SZH), correction_action(body)))
    }

    /// Everybody stores what they have to of a document that waits for it.
    fn complete(&self, world: &mut World) -> Vec<Transaction> {
        let Some(id) = self.of_status(world, DocumentStatus::Pending).first().copied() else { return Vec::new() };
        let custody = world.anchor(id).custody;
        let mut all = vec![world.tx(&receipts(SZH), Action::AcceptShare(AcceptShare { anchor: id, share: 0 }))];
        for (shard, held) in (0u8..).zip(&custody) {
            all.push(world.tx(&receipts(held.custodian), store_action(id, &[shard])));
        }
        all
    }

    /// One act, or what several do for one document.
    pub(super) fn act(&mut self, rng: &mut Rng, world: &mut World) -> Vec<Transaction> {
        let one = match rng.below(8) {
            0 => {
                self.bills += 1;
                let total = hkd(100 + rng.below(900));
                let bill = RegisterBill { nullifier: nullifier(self.bills), issuer: SZH, total, attestation: None };
                Some(world.tx(&signing(SZH), Action::RegisterBill(bill)))
            }
            1 => self.correct(rng, world),
            2 | 3 => return self.complete(world),
            4 if rng.one_in(4) => {
                let nullifier = nullifier(1 + u32::try_from(rng.below(u64::from(self.bills.max(1)))).unwrap());
                Some(world.tx(&signing(SZH), Action::VoidBill(VoidBill { nullifier, issuer: SZH })))
            }
            _ => self.file(rng, world),
        };
        one.into_iter().collect()
    }

    pub(super) fn learn(&mut self, outcome: &BlockOutcome) {
        for key in outcome.writes.keys() {
            if let StateKey::Anchor(id) = key
                && !self.documents.contains(id)
            {
                self.documents.push(*id);
            }
        }
    }
}

/// What a list says when it is filed: fees of its bill's total, in a document of the bill's issuer that follows the one
/// of the list before. Counts lists.
pub(super) fn lists_add_up(before: &MemoryState, outcome: &BlockOutcome, after: &MemoryState) -> Result<u64, String> {
    let mut filed = 0;
    for (key, value) in &outcome.writes {
        let (StateKey::SettlementList(nullifier, issuer), Record::SettlementList(list)) = (key, &value.record) else {
            continue;
        };
        let bill = state::bill(after, *nullifier, *issuer).unwrap().ok_or("a list of no bill")?;
        let sum: u128 = list.header.classes.iter().map(|fee| u128::from(fee.amount.minor)).sum();
        ensure(sum == u128::from(bill.total.minor), || format!("{sum} on a bill of {}", bill.total))?;
        let anchor = state::anchor(after, list.header.anchor).unwrap().ok_or("a list of no document")?;
        let earlier = state::settlement_list(before, *nullifier, *issuer).unwrap();
        let follows = earlier.as_ref().is_none_or(|earlier| {
            // Of two that were filed in one block, only the last can be seen.
            list.versions > earlier.versions + 1 || anchor.body.prev == Some(earlier.header.anchor)
        });
        let own = anchor.body.author == *issuer && bill.status != BillStatus::Replaced;
        ensure(own && follows, || format!("own document {own}, the next version {follows}"))?;
        filed += 1;
    }
    Ok(filed)
}

/// Counts lists that were filed.
pub(super) const LISTS: Property = Property::of_blocks("lists", 100, || {
    Box::new(|step| lists_add_up(&step.before.state, step.outcome, &step.after.state))
});

#[test]
fn settlement_lists_are_of_their_bill_and_document_on_every_walk() {
    for row in ["DL-01", "DL-02"] {
        REGISTERS.catches(&LISTS, &with_row(row, without_guard("fees_add_up_to_the_bill")));
    }
    REGISTERS.catches(&LISTS, &with_row("DL-02", without_guard("next_version_of_the_document")));
}
