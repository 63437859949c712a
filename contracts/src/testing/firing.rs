//! A world and transactions for each row, which fire it.

use assent_types::access::AccessRequest;
use assent_types::action::{
    Action, AmendConsent, ProposeConsent, RejectConsent, RevokeConsent, RevokeMandate, RotateKey, RotateSubjectKey,
    possession_of,
};
use assent_types::batch::{BatchDetail, BatchSettlements};
use assent_types::bill::{RegisterBill, ReplaceBill, VoidBill};
use assent_types::claim::{
    AppealOutcome, Capacity, ClaimTerms, ClearDuplicate, ConfirmDuplicate, RejectClaim, RejectReason,
};
use assent_types::consent::{BasisKind, Grantor, consent_id_of};
use assent_types::delegation::{AssignBenefit, ReleaseAssignment, RevokeDelegation};
use assent_types::document::{AcceptShare, AnchorBody, anchor_id_of};
use assent_types::fixing::WithdrawFixing;
use assent_types::governance::{DurationParam, EndBasis, FileBasis, Lift, Ratify, Target, basis_id_of};
use assent_types::key::KeyUsage;
use assent_types::session::{KeyPartKind, LinkSubjects, SubjectLink};
use assent_types::subject::AgeBand;
use assent_types::tx::Transaction;
use assent_types::{CaseId, Hash32, List};

use super::claim_codes::*;
use super::claims::*;
use super::course::*;
use super::governance::*;
use super::*;
use crate::{BlockContext, MemoryState};

/// The same for rows of cases, bills, claims and settlements.
fn firing_claims(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::with_subjects(1);
    let insurer = signing(INSURER);
    let whole = || award(&[nullifier(1)], &[1_000]);
    let swept = |mut world: World| {
        world.time = world.time.plus(20 * DAY_MS);
        (world, Vec::new())
    };
    let tx = match id {
        "CS-01" => world.tx(&subject_key(1), Action::OpenCase(Box::new(open_case(1, INSURER)))),
        "BI-01" => world.tx(&signing(HKH), register_bill(1, hkd(1_000))),
        "CL-01" | "CL-03" | "CL-04" | "CL-05" => {
            let case = world.case(1, INSURER);
            world.bill(1, 1_000);
            let terms = claim_terms_of(case, &[1], hkd(1_000));
            if id == "CL-01" {
                world.tx(&signing(HKH), submit(terms, Capacity::Organisation))
            } else {
                let claim = world.file(terms);
                let reject = RejectClaim { claim, reason: RejectReason::Unprocessable };
                match id {
                    "CL-03" => world.tx(&insurer, accept(claim)),
                    "CL-04" => world.tx(&insurer, Action::RejectClaim(reject)),
                    _ => return swept(world),
                }
            }
        }
        "CL-02" | "CL-12" | "CL-13" | "CL-14" => {
            world.in_review(INSURER2);
            let case = world.case(1, INSURER);
            let terms = claim_terms_of(case, &[1], hkd(1_000));
            if id == "CL-02" {
                world.tx(&signing(HKH), submit(terms, Capacity::Organisation))
            } else {
                let claim = world.file(ClaimTerms { cob_declared: false, ..terms });
                let confirm = ConfirmDuplicate { claim, evidence: Hash32([1; 32]) };
                let action = match id {
                    "CL-12" => Action::ClearDuplicate(ClearDuplicate { claim }),
                    "CL-13" => Action::ConfirmDuplicate(confirm),
                    // Before the other claim's decision is due.
                    _ => {
                        world.time = world.time.plus(11 * DAY_MS);
                        return (world, Vec::new());
                    }
                };
                world.cosigned(&insurer, action, &[&signing(INSURER2)])
            }
        }
        "CL-15" | "CL-16" | "CL-17" | "CL-25" | "ST-01" => {
            let claim = world.in_review(INSURER);
            match id {
                "CL-15" => world.tx(&insurer, approve(claim, whole())),
                "CL-16" => world.tx(&insurer, approve_part(claim, award(&[nullifier(1)], &[1]))),
                "CL-17" => world.tx(&insurer, deny(claim)),
                _ => {
                    world.act(&insurer, approve(claim, whole()));
                    world.tx(&insurer, instruct(claim, hkd(1_000)))
                }
            }
        }
        "ST-02" | "ST-04" | "CL-28" => {
            let (_, settlement) = world.instructed(INSURER);
            let action = if id == "ST-02" { bank_accept(settlement) } else { bank_fail(settlement) };
            world.tx(&signing(BANK), action)
        }
        "ST-05" => {
            let (_, settlement) = world.instructed(INSURER);
            world.act(&signing(BANK), bank_accept(settlement));
            world.tx(&signing(BANK), paid(settlement, hkd(1_000)))
        }
        "ST-06" | "ST-07" | "CL-27" => {
            let (_, settlement) = world.bank_paid(INSURER);
            if id == "ST-07" {
                return swept(world);
            }
            world.tx(&signing(HKH), ack(settlement))
        }
        other => return firing_course(other),
    };
    (world, vec![tx])
}

/// The same for rows of what happens to claims after filing, of disputed payments and of batches.
fn firing_course(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::with_subjects(1);
    let (insurer, hospital) = (signing(INSURER), signing(HKH));
    let swept = |mut world: World, days: u64| {
        world.time = world.time.plus(days * DAY_MS);
        (world, Vec::new())
    };
    let share = |amount| award(&[nullifier(1)], &[amount]);
    let tx = match id {
        "BI-02" | "BI-03" => {
            world.bill(1, 1_000);
            let by = RegisterBill { nullifier: nullifier(2), issuer: HKH, total: hkd(1_000), attestation: None };
            let replace = ReplaceBill { nullifier: nullifier(1), by, explanation: Hash32::ZERO };
            let void = VoidBill { nullifier: nullifier(1), issuer: HKH };
            world.tx(&hospital, if id == "BI-02" { Action::VoidBill(void) } else { Action::ReplaceBill(replace) })
        }
        "CL-06" | "CL-18" | "CL-38" => {
            let claim = world.in_review(INSURER);
            match id {
                "CL-06" => world.tx(&insurer, request_info(claim)),
                "CL-38" => world.tx(&hospital, withdraw(claim, Capacity::Organisation)),
                _ => return swept(world, 16),
            }
        }
        "CL-07" | "CL-08" | "CL-09" | "CL-10" | "CL-11" => {
            let document = world.document(1);
            let claim = world.in_review(INSURER);
            match id {
                "CL-07" => world.tx(&insurer, gap(claim, &[document])),
                "CL-08" | "CL-09" => {
                    world.act(&insurer, request_info(claim));
                    if id == "CL-09" {
                        return swept(world, 14);
                    }
                    world.grant(1, claim_terms(1, SZH));
                    world.tx(&hospital, link(claim, &[document]))
                }
                _ => {
                    world.act(&insurer, gap(claim, &[document]));
                    if id == "CL-11" {
                        return swept(world, 30);
                    }
                    world.grant(1, claim_terms(1, SZH));
                    world.tx(&hospital, resume(claim, Capacity::Organisation))
                }
            }
        }
        "CL-19" => {
            let claim = world.denied();
            world.tx(&subject_key(1), appeal(claim, Capacity::Subject))
        }
        "CL-20" | "CL-29" => {
            let claim = world.settled(600);
            if id == "CL-20" {
                world.tx(&subject_key(1), appeal(claim, Capacity::Subject))
            } else {
                world.act(&subject_key(1), appeal(claim, Capacity::Subject));
                world.tx(&insurer, decide_appeal(claim, raised(share(600))))
            }
        }
        "CL-21" | "CL-22" | "CL-23" | "CL-24" => {
            let claim = world.denied();
            world.act(&subject_key(1), appeal(claim, Capacity::Subject));
            let outcome = match id {
                "CL-21" => AppealOutcome::Full(share(1_000)),
                "CL-22" => raised(share(600)),
                "CL-23" => upheld(),
                _ => return swept(world, 31),
            };
            world.tx(&insurer, decide_appeal(claim, outcome))
        }
        "CL-26" => {
            world.part_approved(600);
            return swept(world, 11);
        }
        "CL-30" | "CL-31" | "CL-40" => {
            let claim = world.settled(1_000);
            match id {
                "CL-30" => world.tx(&signing(REGULATOR), reopen(claim)),
                "CL-31" => world.tx(&insurer, clawback(claim, share(1))),
                _ => return swept(world, 731),
            }
        }
        "CL-32" | "CL-33" | "CL-36" | "CL-37" => {
            let claim = world.clawed(400);
            match id {
                "CL-32" => world.tx(&hospital, agree(claim, Capacity::Organisation)),
                "CL-33" => world.tx(&hospital, contest(claim)),
                "CL-36" => world.tx(&signing(REGULATOR), order_clawback(claim)),
                _ => return swept(world, 16),
            }
        }
        "CL-34" | "CL-35" | "CL-41" => {
            let (_, settlement) = world.paying_back(if id == "CL-34" { 1_000 } else { 400 });
            if id == "CL-41" {
                let fail = world.tx(&signing(BANK), bank_fail(settlement));
                return (world, vec![fail]);
            }
            world.act(&signing(BANK), bank_accept(settlement));
            let amount = world.settlement(settlement).amount;
            world.act(&signing(BANK), paid(settlement, amount));
            world.tx(&insurer, ack(settlement))
        }
        "CL-39" => {
            world.denied();
            return swept(world, 61);
        }
        "ST-03" | "ST-11" | "ST-12" | "SB-01" => {
            let (_, settlement) = world.instructed(INSURER);
            match id {
                "ST-03" => world.tx(&insurer, recall(settlement, Capacity::Organisation)),
                "SB-01" => {
                    let details = List::new(vec![BatchDetail { settlement, amount: hkd(1_000) }]).unwrap();
                    let batch = BatchSettlements { payer: INSURER, payee: HKH, details, total: hkd(1_000) };
                    world.tx(&insurer, Action::BatchSettlements(Box::new(batch)))
                }
                "ST-12" => {
                    world.act(&signing(BANK), bank_accept(settlement));
                    return swept(world, 6);
                }
                _ => return swept(world, 6),
            }
        }
        "ST-08" | "ST-09" | "ST-10" | "ST-13" => {
            let (_, settlement) = world.bank_paid(INSURER);
            let disputed = dispute(settlement, Capacity::Organisation);
            if id == "ST-08" {
                world.tx(&hospital, disputed)
            } else {
                world.act(&hospital, disputed);
                if id == "ST-13" {
                    return swept(world, 16);
                }
                world.tx(&signing(REGULATOR), resolve(settlement, id == "ST-09", Some(ORDER)))
            }
        }
        other => panic!("no transaction for {other}"),
    };
    (world, vec![tx])
}

/// The same for fixings, code systems, delegations and assignments.
fn firing_registers(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::with_subjects(1);
    let reviewers = [signing(REGULATOR), signing(HKH)];
    let reviewers: Vec<_> = reviewers.iter().collect();
    let tx = match id {
        "FX-01" => {
            let action = publish(fixing(9_200, world.time));
            world.tx(&signing(ORACLE), action)
        }
        "FX-02" => {
            let fixing = world.fix(9_200);
            world.tx(&signing(ORACLE), Action::WithdrawFixing(WithdrawFixing { fixing }))
        }
        "CM-01" => {
            let register = Action::RegisterCodeSystem(Box::new(code_system(1, 1)));
            world.cosigned(&signing(CODER), register, &reviewers)
        }
        "CM-02" => {
            let (src, dst) = (world.code_system(1, 1), world.code_system(2, 1));
            let register = code_map(src, dst, world.time.plus(31 * DAY_MS));
            world.cosigned(&signing(CODER), Action::RegisterCodeMap(Box::new(register)), &reviewers)
        }
        "DE-01" => world.tx(&signing(INSURER), delegate(delegation(INSURER))),
        "DE-02" => {
            world.act(&signing(INSURER), delegate(delegation(INSURER)));
            let revoke = RevokeDelegation { principal: INSURER, delegate: ADMINISTRATOR };
            world.tx(&signing(INSURER), Action::RevokeDelegation(revoke))
        }
        "AG-01" => {
            let case = world.case(1, INSURER);
            let assign = AssignBenefit { case, payer: ADVANCER, capacity: Capacity::Subject };
            world.cosigned(&subject_key(1), Action::AssignBenefit(assign), &[&signing(ADVANCER)])
        }
        "AG-02" => {
            let case = world.case(1, INSURER);
            let assignment = world.assign(1, case);
            world.tx(&signing(ADVANCER), Action::ReleaseAssignment(ReleaseAssignment { assignment }))
        }
        other => panic!("no transaction for {other}"),
    };
    (world, vec![tx])
}

/// The same for rows of proposals, emergencies and transfer bases.
fn firing_governance(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::council();
    let payload = || duration(DurationParam::ClaimsAck, DAY_MS);
    let swept = |mut world: World, days: u64| {
        world.time = world.time.plus(days * DAY_MS);
        (world, Vec::new())
    };
    let tx = match id {
        "GV-01" => world.tx(&signing(P_CN), propose_action(payload())),
        "GV-02" | "GV-05" => {
            let proposal = world.propose(P_CN, payload());
            if id == "GV-05" {
                return swept(world, 31);
            }
            world.tx(&signing(P_CN), vote_action(proposal, true))
        }
        "GV-03" | "GV-06" | "GV-07" => {
            let proposal = world.propose(P_CN, payload());
            world.votes(&[R_CN, R_HK, P_CN, P_HK, I_HK], proposal);
            if id == "GV-03" {
                world.tx(&signing(T_CN), vote_action(proposal, true))
            } else {
                world.votes(&[T_CN], proposal);
                if id == "GV-07" {
                    world.change_params(|params| params.claims.ack_ms = DAY_MS);
                }
                return swept(world, 8);
            }
        }
        "GV-04" => {
            let proposal = world.propose(P_CN, payload());
            assert_eq!(world.vote(R_CN, proposal, false), Ok(()));
            world.tx(&signing(R_HK), vote_action(proposal, false))
        }
        "GV-08" => world.tx(&signing(R_HK), emergency_action(Target::Org(P_HK))),
        "GV-09" | "GV-10" | "GV-11" | "GV-12" => {
            let emergency = world.impose(&[R_HK], Target::Org(P_HK)).unwrap();
            match id {
                "GV-09" => {
                    world.votes(&[R_HK, R_CN, I_HK, I_MO], emergency);
                    let statement = Hash32([1; 32]);
                    world.tx(&signing(R_HK), Action::Ratify(Ratify { emergency, statement }))
                }
                "GV-11" => world.tx(&signing(R_HK), Action::Lift(Lift { emergency })),
                "GV-12" => world.tx(&signing(R_HK), vote_action(emergency, true)),
                _ => return swept(world, 4),
            }
        }
        "TB-01" | "TB-02" | "TB-03" => {
            let register = register_action(BasisKind::GbaScHk, P_CN, P_HK);
            let tx = world.cosigned(&signing(P_CN), Action::RegisterBasis(Box::new(register)), &[&signing(R_CN)]);
            let (exporter, basis) = (P_CN, basis_id_of(&tx.hash()));
            if id == "TB-01" {
                return (world, vec![tx]);
            }
            assert_eq!(world.send(&tx), Ok(()));
            let action = match id {
                "TB-02" => Action::FileBasis(FileBasis { exporter, basis, filing: Hash32([1; 32]) }),
                _ => Action::EndBasis(EndBasis { exporter, basis }),
            };
            world.cosigned(&signing(P_CN), action, &[&signing(R_CN)])
        }
        other => panic!("no transaction for {other}"),
    };
    (world, vec![tx])
}

/// A world and a transaction that fires the row.
pub(crate) fn firing(id: &str) -> (World, Vec<Transaction>) {
    match &id[..2] {
        "CS" | "BI" | "CL" | "ST" | "SB" => return firing_claims(id),
        "FX" | "CM" | "DE" | "AG" => return firing_registers(id),
        "EL" | "PA" | "GP" => return crate::testing::preauths::firing_preauths(id),
        "GV" | "TB" => return firing_governance(id),
        _ => {}
    }
    if id.starts_with("CC") {
        return firing_claim_codes(id);
    }
    if let Some(firing) = firing_access(id) {
        return firing;
    }
    let mut world = World::with_subjects(2);
    let treat = terms(1, SZH, &[SZH2]);
    let proposal = Action::ProposeConsent(Box::new(ProposeConsent { terms: treat.clone() }));
    let rotate = |old| {
        let new = key(200, 1, 0);
        Action::RotateKey(RotateKey {
            org: SZH,
            old,
            new: new.public(),
            usage: KeyUsage::Receipt,
            nbf: START,
            exp: FAR,
            possession: new.sign_possession(&possession_of(CHAIN, &new.public(), &SZH)),
        })
    };
    let recovery = org_key(SZH, KeyUsage::Recovery, 0);
    let tx = match id {
        "OK-01" => world.tx(&recovery, rotate(None)),
        "OK-02" => world.tx(&recovery, rotate(Some(org_key(SZH, KeyUsage::Receipt, 0).public().id()))),
        "EV-01" => world.tx(&signing(SZH), evidence_of(INSURER, 5)),
        "SU-01" => {
            let register = world.register(9, AgeBand::Adult);
            world.tx(&signing(SZH), register)
        }
        "SU-02" => {
            let new = key(100, 1, 1);
            let possession = new.sign_possession(&possession_of(CHAIN, &new.public(), &sp(1)));
            let rotate = RotateSubjectKey { sp: sp(1), new: new.public(), possession };
            world.tx(&subject_key(1), Action::RotateSubjectKey(rotate))
        }
        "MD-01" => {
            let action = mandate_action(mandate_terms(1, 1), SZH, 1);
            world.cosigned(&subject_key(1), action, &[&signing(SZH)])
        }
        "MD-02" => {
            let mandate = world.mandate(1, |_| {});
            world.tx(&subject_key(1), Action::RevokeMandate(RevokeMandate { subject: sp(1), mandate }))
        }
        "CN-01" => world.tx(&signing(SZH2), proposal),
        "CN-02" => world.tx(&subject_key(1), grant_action(treat, Grantor::Subject)),
        "CN-03" | "CN-04" => {
            let propose = world.tx(&signing(SZH2), proposal);
            assert_eq!(world.send(&propose), Ok(()));
            let target = target(1, SZH, consent_id_of(&propose.hash()));
            let reject = Action::RejectConsent(RejectConsent { target, grantor: Grantor::Subject });
            world.tx(&subject_key(1), reject)
        }
        "CN-05" | "CN-06" | "CN-07" => {
            let target = target(1, SZH, world.grant(1, treat.clone()));
            let action = if id == "CN-05" {
                Action::AmendConsent(Box::new(AmendConsent { target, terms: treat, grantor: Grantor::Subject }))
            } else {
                Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None })
            };
            world.tx(&subject_key(1), action)
        }
        other => return firing_documents(other),
    };
    if id == "CN-04" || id == "CN-07" {
        // A sweep: no transaction, time passes.
        world.time = START.plus(400 * DAY_MS);
        return (world, Vec::new());
    }
    (world, vec![tx])
}

/// The same for claim codes.
fn firing_claim_codes(id: &str) -> (World, Vec<Transaction>) {
    let mut world = World::with_subjects(2);
    let body = code_body(1, 2, world.time);
    let tx = match id {
        "CC-01" => {
            let redeem = redeem(granted_code(body), 1, world.time);
            world.tx(&signing(HKH), redeem_action(redeem))
        }
        "CC-02" => world.tx(&subject_key(1), Action::RevokeClaimCode(revoke_code(&body))),
        _ => {
            let code = world.redeemed(1, 2);
            if id == "CC-04" {
                // Of what ends with the case, the consent would be swept too.
                let target = target(2, SZH, code.redeemed.unwrap().consent);
                let revoke = RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
                world.act(&subject_key(2), Action::RevokeConsent(revoke));
                world.time = world.time.plus(60 * DAY_MS);
                return (world, Vec::new());
            }
            world.tx(&subject_key(1), close_case(code.id, Capacity::Subject, &[]))
        }
    };
    (world, vec![tx])
}

/// The same for keysets, documents, repairs, links and sessions.
fn firing_documents(id: &str) -> (World, Vec<Transaction>) {
    let (mut world, document, consent) = World::with_document();
    let two_of_three = world.keyset(2, &[SZH, HKH, REGULATOR]);
    let one_of_one = world.anchor(document).body.keyset;
    let revoke = Action::RevokeConsent(RevokeConsent {
        target: target(1, SZH, consent),
        grantor: Grantor::Subject,
        evidence: None,
    });
    let share = |anchor, share| Action::AcceptShare(AcceptShare { anchor, share });
    let second = AnchorBody { version: 2, prev: Some(document), ..body(1, one_of_one) };
    let stored = |world: &mut World, shards: &[u8]| {
        let pending = world.pending(body(1, one_of_one));
        for shard in shards {
            let keeper = receipts(KEEPERS[usize::from(*shard)]);
            assert_eq!(world.one(&keeper, store_action(pending, &[*shard])), Ok(()));
        }
        pending
    };
    let link = || {
        let link = SubjectLink::new(sp(1), sp(2)).unwrap();
        Action::LinkSubjects(LinkSubjects { case: CaseId(Hash32([3; 32])), link })
    };
    let tx = match id {
        "KS-01" => world.tx(&signing(SZH), keyset_action(1, &[SZH])),
        "DO-01" => world.tx(&signing(SZH), anchor_action(body(1, one_of_one), custody())),
        "DO-02" | "DO-14" => {
            let last = id == "DO-02";
            let pending = stored(&mut world, if last { &[0, 1] } else { &[] });
            assert_eq!(world.one(&receipts(SZH), share(pending, 0)), Ok(()));
            world.tx(&receipts(KEEPERS[2]), store_action(pending, &[2]))
        }
        "DO-03" => {
            stored(&mut world, &[]);
            world.time = world.time.plus(DAY_MS);
            return (world, Vec::new());
        }
        "DO-04" => world.tx(&signing(SZH), correction_action(second)),
        "DO-05" => world.tx(&signing(SZH), retract_action(document)),
        "DO-13" | "DO-15" => {
            let correct = world.tx(&signing(SZH), correction_action(second));
            assert_eq!(world.send(&correct), Ok(()));
            let id = anchor_id_of(&correct.hash());
            for shard in [0u8, 1, 2] {
                let keeper = receipts(KEEPERS[usize::from(shard)]);
                assert_eq!(world.one(&keeper, store_action(id, &[shard])), Ok(()));
            }
            world.tx(&receipts(SZH), share(id, 0))
        }
        "DO-16" => {
            let pending = world.pending(body(1, two_of_three));
            world.tx(&receipts(HKH), share(pending, 1))
        }
        "DO-17" => {
            let pending = stored(&mut world, &[0, 1, 2]);
            assert_eq!(world.one(&receipts(SZH), share(pending, 0)), Ok(()));
            world.tx(&receipts(KEEPERS[3]), store_action(pending, &[3]))
        }
        "SR-01" => world.tx(&signing(SZH), order_action(document, 1, CUSTODIAN, SHENZHEN)),
        "SR-02" => {
            let order = order_action(document, 1, KEEPERS[1], SHENZHEN);
            assert_eq!(world.one(&signing(KEEPERS[1]), order), Ok(()));
            world.tx(&receipts(KEEPERS[1]), repaired_action(document, 1))
        }
        "SL-01" => world.cosigned(&subject_key(1), link(), &[&subject_key(2)]),
        "AC-01" => world.tx(&signing(SZH2), access_action(documents_request(1, &[document]))),
        "AC-02" => {
            let stranger = AccessRequest { requester: HKH, ..documents_request(1, &[document]) };
            world.tx(&signing(HKH), access_action(stranger))
        }
        "AC-04" => {
            let session = world.open(&[document]);
            world.tx(&receipts(SZH), release_action(session, &[document], &BOTH_PARTS))
        }
        "AC-05" | "AC-21" => {
            let session = world.released(&[document]);
            if id == "AC-05" {
                let first = served_action(session, &[(document, 0)]);
                assert_eq!(world.one(&receipts(KEEPERS[0]), first), Ok(()));
            }
            world.tx(&receipts(KEEPERS[1]), served_action(session, &[(document, 1)]))
        }
        "AC-06" | "AC-14" => {
            let session = world.served(&[document]);
            if id == "AC-14" {
                world.time = world.time.plus(2 * DAY_MS);
                world.run(&[]);
            }
            world.tx(&signing(SZH2), ack_action(session))
        }
        "AC-10" => {
            world.open(&[document]);
            world.tx(&subject_key(1), revoke)
        }
        "AC-11" | "AC-12" | "AC-13" => {
            match id {
                "AC-11" => world.open(&[document]),
                "AC-12" => world.released(&[document]),
                _ => world.served(&[document]),
            };
            world.time = world.time.plus(2 * DAY_MS);
            return (world, Vec::new());
        }
        "AC-18" => {
            let session = world.open(&[document]);
            world.tx(&receipts(SZH), release_action(session, &[document], &[KeyPartKind::Share]))
        }
        "AC-19" | "AC-20" => {
            let shared = world.pending(body(1, two_of_three));
            world.complete(shared);
            let session = world.open(&[shared]);
            let all = release_action(session, &[shared], &BOTH_PARTS);
            assert_eq!(world.one(&receipts(SZH), all), Ok(()));
            let part = || release_action(session, &[shared], &[KeyPartKind::Share]);
            assert_eq!(world.one(&receipts(HKH), part()), Ok(()));
            for shard in if id == "AC-20" { 0u8..2 } else { 0..0 } {
                let keeper = receipts(KEEPERS[usize::from(shard)]);
                assert_eq!(world.one(&keeper, served_action(session, &[(shared, shard)])), Ok(()));
            }
            world.tx(&receipts(REGULATOR), part())
        }
        "AC-22" => {
            let session = world.served(&[document]);
            world.tx(&receipts(KEEPERS[2]), served_action(session, &[(document, 2)]))
        }
        other => panic!("no transaction for {other}"),
    };
    (world, vec![tx])
}

/// A transaction that fires a row, and the state and block in which it does.
#[derive(Clone, Debug)]
pub struct Firing {
    /// The row.
    pub row: String,
    /// The block.
    pub ctx: BlockContext,
    /// The state before the block.
    pub state: MemoryState,
    /// The transaction.
    pub tx: Transaction,
}

/// A firing of every row that a transaction alone fires, in the order of the tables.
pub fn firings() -> Vec<Firing> {
    let rows = crate::tables().iter().flat_map(|table| table.iter());
    let fired = rows.map(|row| (row.id.to_string(), firing(&row.id.to_string())));
    fired
        .filter_map(|(row, (world, txs))| {
            let tx = txs.first().filter(|_| txs.len() == 1)?.clone();
            Some(Firing { row, ctx: world.ctx(), state: world.state, tx })
        })
        .collect()
}
