//! Settlement lists of the small world, and what fires the rows of anomalies of bills, borders and proxies.

use assent_types::action::Action;
use assent_types::bill::{RegisterBill, VoidBill};
use assent_types::claim::{Capacity, ClaimTerms, CodeRef};
use assent_types::document::AnchorBody;
use assent_types::possession::*;
use assent_types::settlement_list::*;
use assent_types::tx::Transaction;
use assent_types::*;

use super::claims::*;
use super::*;

/// A list for bill `n` of the Shenzhen hospital whose fees are these.
pub(crate) fn list_of(anchor: AnchorId, n: u32, fees: &[(FeeClass, u64)]) -> FileSettlementList {
    let part = |byte| ListPart { root: Hash32([byte; 32]), fields: 31, signed: Hash32([byte + 1; 32]) };
    let classes = fees.iter().map(|(class, minor)| Fee { class: *class, amount: hkd(*minor) }).collect();
    FileSettlementList {
        bill: nullifier(n),
        issuer: SZH,
        header: ListHeader {
            anchor,
            basic: part(0x90),
            treatment: part(0x92),
            fees: part(0x94),
            chronic: None,
            classes: List::new(classes).unwrap(),
            diagnosis: CodeRef { system: 1, version: 1 },
            grouper: CodeRef { system: 2, version: 1 },
            discharged: MONTH,
        },
    }
}

pub(crate) fn file_list(list: FileSettlementList) -> Action {
    Action::FileSettlementList(Box::new(list))
}

impl World {
    /// A document of subject 1, bill 1 of 1,000 of its author, and the editions that its list names.
    pub(crate) fn with_bill_and_editions() -> (Self, AnchorId) {
        let mut world = Self::with_subjects(1);
        let document = world.document(1);
        let bill = RegisterBill { nullifier: nullifier(1), issuer: SZH, total: hkd(1_000), attestation: None };
        world.act(&signing(SZH), Action::RegisterBill(bill));
        world.code_system(1, 1);
        world.code_system(2, 1);
        (world, document)
    }

    /// The next version of a document.
    pub(crate) fn corrected(&mut self, document: AnchorId) -> AnchorId {
        let body = AnchorBody { version: 2, prev: Some(document), ..self.anchor(document).body };
        let tx = self.must(&signing(SZH), correction_action(body));
        let id = assent_types::document::anchor_id_of(&tx);
        self.complete(id);
        id
    }

    /// A session of the insurer for a document, ready to be released to Hong Kong.
    pub(crate) fn leaving(&mut self, n: u32, document: AnchorId) -> SessionId {
        self.grant(n, claim_terms(n, SZH));
        let request = assent_types::access::AccessRequest { subject: sp(n), ..payment_request(&[document]) };
        self.ask(request).unwrap()
    }

    /// A bill whose one claim was paid and paid back.
    pub(crate) fn paid_back() -> Self {
        let mut world = Self::with_subjects(1);
        let (_, settlement) = world.paying_back(1_000);
        world.act(&signing(BANK), bank_accept(settlement));
        let amount = world.settlement(settlement).amount;
        world.act(&signing(BANK), paid(settlement, amount));
        world.act(&signing(INSURER), ack(settlement));
        world
    }
}

/// A world and what fires a row that this file is about.
pub(crate) fn firing(id: &str) -> Option<(World, Vec<Transaction>)> {
    let fees = [(FeeClass::Bed, 600), (FeeClass::Surgery, 400)];
    let (world, tx) = match id {
        "DL-01" | "DL-02" => {
            let (mut world, mut document) = World::with_bill_and_editions();
            if id == "DL-02" {
                world.must(&signing(SZH), file_list(list_of(document, 1, &fees)));
                document = world.corrected(document);
            }
            let tx = world.tx(&signing(SZH), file_list(list_of(document, 1, &fees)));
            (world, tx)
        }
        "AN-11" => {
            let (mut world, document, _) = World::with_document();
            world.change_params(|params| params.access.export_subjects = 1);
            let session = world.leaving(1, document);
            let tx = world.tx(&receipts(SZH), release_action(session, &[document], &BOTH_PARTS));
            (world, tx)
        }
        "AN-12" => {
            let mut world = World::with_subjects(1);
            world.change_params(|params| params.access.proxy_subjects = 0);
            let tx = world.cosigned(&subject_key(1), mandate_action(mandate_terms(1, 1), SZH, 1), &[&signing(SZH)]);
            (world, tx)
        }
        "AN-15" => {
            let mut world = World::with_subjects(1);
            world.in_review(INSURER2);
            let case = world.case(1, INSURER);
            let terms = ClaimTerms { cob_declared: false, ..claim_terms_of(case, &[1], hkd(1_000)) };
            let tx = world.tx(&signing(HKH), submit(terms, Capacity::Organisation));
            (world, tx)
        }
        "AN-16" => {
            let mut world = World::paid_back();
            let tx = world.tx(&signing(HKH), Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: HKH }));
            (world, tx)
        }
        _ => return firing_challenges(id),
    };
    Some((world, vec![tx]))
}

// Challenges of possession ------------------------------------------------------------------------------------------

pub(crate) fn challenge_action(anchor: AnchorId, shard: u8) -> Action {
    Action::OpenChallenge(OpenChallenge { anchor, shard })
}

pub(crate) fn proof(challenge: ChallengeId, stripe: u32) -> Action {
    Action::ProvePossession(ProvePossession { challenge, stripe, answer: Hash32([0x9a; 32]) })
}

pub(crate) fn verdict(challenge: ChallengeId, held: bool) -> Action {
    Action::JudgePossession(JudgePossession { challenge, held })
}

impl World {
    /// The regulator asks the custodian of a shard for a stripe.
    pub(crate) fn challenged(&mut self, document: AnchorId, shard: u8) -> ChallengeId {
        challenge_id_of(&self.must(&signing(REGULATOR), challenge_action(document, shard)))
    }

    /// The same, answered.
    pub(crate) fn proven(&mut self, document: AnchorId) -> ChallengeId {
        let challenge = self.challenged(document, 0);
        let stripe = crate::runtime::state::challenge(&self.state, challenge).unwrap().unwrap().stripe;
        self.must(&receipts(KEEPERS[0]), proof(challenge, stripe));
        challenge
    }
}

/// The same for rows of challenges.
fn firing_challenges(id: &str) -> Option<(World, Vec<Transaction>)> {
    let (mut world, document, _) = World::with_document();
    let tx = match id {
        "PV-01" => world.tx(&signing(REGULATOR), challenge_action(document, 0)),
        "PV-02" | "PV-05" => {
            let challenge = world.challenged(document, 0);
            if id == "PV-05" {
                world.time = world.time.plus(31 * DAY_MS);
                return Some((world, Vec::new()));
            }
            let stripe = crate::runtime::state::challenge(&world.state, challenge).unwrap().unwrap().stripe;
            world.tx(&receipts(KEEPERS[0]), proof(challenge, stripe))
        }
        "PV-03" | "PV-04" => {
            let challenge = world.proven(document);
            world.tx(&signing(REGULATOR), verdict(challenge, id == "PV-03"))
        }
        _ => return None,
    };
    Some((world, vec![tx]))
}
