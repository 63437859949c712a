use std::collections::BTreeMap;

use assent_types::access::AccessRequest;
use assent_types::action::{
    Action, AmendConsent, ProposeConsent, RejectConsent, RevokeConsent, RevokeMandate, RotateKey, RotateSubjectKey,
    possession_of,
};
use assent_types::batch::{BatchDetail, BatchSettlements};
use assent_types::bill::{RegisterBill, ReplaceBill, VoidBill};
use assent_types::claim::{
    AppealOutcome, Capacity, ClaimStatus, ClaimTerms, ClearDuplicate, ConfirmDuplicate, RejectClaim, RejectReason,
};
use assent_types::consent::{BasisKind, ConsentStatus, Grantor, consent_id_of};
use assent_types::delegation::{AssignBenefit, ReleaseAssignment, RevokeDelegation};
use assent_types::document::{AcceptShare, AnchorBody, anchor_id_of};
use assent_types::fixing::WithdrawFixing;
use assent_types::governance::{DurationParam, EndBasis, FileBasis, Lift, Ratify, Target, basis_id_of};
use assent_types::key::{KeyUsage, SignatureCheck};
use assent_types::limits::TX_TTL_MS;
use assent_types::org::OrgStatus;
use assent_types::receipt::sweep_tx;
use assent_types::session::{KeyPartKind, LinkSubjects, SubjectLink};
use assent_types::state::{BlockMeta, Record, StateKey};
use assent_types::subject::{AgeBand, KeyOwner};
use assent_types::tx::Transaction;
use assent_types::{CaseId, ChainId, ErrorCode, Hash32, Height, List, Millis};

use super::table::{Actor, EventName, Group, Row, State, tables};
use crate::testing::claim_codes::*;
use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::governance::*;
use crate::testing::*;
use crate::{KeyState, MemoryState, StateRead, Table, dry_run, envelope, key_state};

fn without(id: &str) -> Vec<Vec<Row>> {
    let all: usize = tables().iter().map(|table| table.len()).sum();
    let rest: Vec<Vec<Row>> =
        tables().iter().map(|table| table.iter().filter(|row| row.id.to_string() != id).copied().collect()).collect();
    assert_eq!(rest.iter().map(Vec::len).sum::<usize>(), all - 1, "{id} is a row");
    rest
}

fn as_tables(rows: &[Vec<Row>]) -> Vec<Table<'_>> {
    rows.iter().map(Vec::as_slice).collect()
}

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
fn firing(id: &str) -> (World, Vec<Transaction>) {
    match &id[..2] {
        "CS" | "BI" | "CL" | "ST" | "SB" => return firing_claims(id),
        "FX" | "CM" | "DE" | "AG" => return firing_registers(id),
        "EL" | "PA" | "GP" => return crate::testing::preauths::firing(id),
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

#[test]
fn inv_02_without_its_row_an_event_is_refused() {
    let mut unfired = Vec::new();
    for row in tables().iter().flat_map(|table| table.iter()) {
        let id = row.id.to_string();
        let (world, txs) = firing(&id);
        let whole = world.clone().run(&txs);
        let fired = |outcome: &crate::BlockOutcome| {
            outcome.receipts.iter().any(|(_, details)| details.events.iter().any(|event| event.row == row.id))
        };
        if !fired(&whole) {
            unfired.push(id);
            continue;
        }
        let rows = without(&id);
        let mut mutated = world.clone();
        let outcome = mutated.run_with(&as_tables(&rows), &txs);
        assert!(!fired(&outcome), "{id} does not fire without its row");
        if row.id.0 == *b"AN" {
            // What is noticed accompanies another row.
            continue;
        }
        if txs.is_empty() {
            assert!(outcome.receipts.is_empty(), "{id}: nothing to sweep leaves no receipt");
            assert!(mutated.state.due(mutated.time, 10).unwrap().is_empty(), "{id}: the deadline left the queue");
        } else {
            let code = outcome.receipts[0].0.error();
            if row.actors == [Actor::System] && ![*b"CL", *b"GV", *b"RV"].contains(&row.id.0) {
                assert_eq!(code, None, "{id}: what the act itself does needs no row of the ledger's own");
                continue;
            }
            let wrong_state = matches!(
                code,
                Some(
                    ErrorCode::NotHead
                        | ErrorCode::UnknownCode
                        | ErrorCode::DocumentState
                        | ErrorCode::SessionState
                        | ErrorCode::NoLivePermit
                        | ErrorCode::Ttl
                        | ErrorCode::State
                        | ErrorCode::Review
                        | ErrorCode::Subject
                )
            );
            assert!(wrong_state, "{id}: {code:?}");
            assert_eq!(outcome.writes.len(), 1, "{id}: only the block's own leaf is written");
        }
    }
    let rows = tables().iter().map(|table| table.len()).sum::<usize>();
    report("rows", &format!("rows fired: {} of {rows}, missing: {unfired:?}", rows - unfired.len()));
    assert!(unfired.is_empty(), "these rows did not fire: {unfired:?}");
}

#[test]
fn rows_are_unique_and_rows_of_an_event_share_their_role_guards() {
    let mut by_event: BTreeMap<EventName, Vec<&str>> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for row in tables().iter().flat_map(|table| table.iter()) {
        assert!(seen.insert(row.id, ()).is_none(), "{} is there twice", row.id);
        let names: Vec<&str> =
            row.guards.iter().filter(|guard| guard.group <= Group::Party).map(|guard| guard.name).collect();
        assert_eq!(*by_event.entry(row.event).or_insert_with(|| names.clone()), names, "{}", row.id);
        assert!(!row.from.is_empty() && !row.actors.is_empty() && !row.effect.text.is_empty(), "{}", row.id);
        let own = matches!(
            row.event,
            EventName::Sweep
                | EventName::SuccessorActive
                | EventName::ConsentChanged
                | EventName::UseCounted
                | EventName::BtgGranted
                | EventName::AnomalyNoticed
                | EventName::PaymentDone
                | EventName::PaymentFailed
                | EventName::Consume
                | EventName::CloseGuarantee
                | EventName::ThresholdMet
                | EventName::ThresholdImpossible
                | EventName::Execute
                | EventName::AlreadyPaid
                | EventName::ClawbackDone
                | EventName::ClawbackPartDone
                | EventName::ClawbackFailed
        );
        assert_eq!(own, row.actors == [Actor::System], "{}", row.id);
        let settled = |state: &State| ClaimStatus::from_code(state.name()).is_some_and(ClaimStatus::is_terminal);
        let terminal = |state: &State| state.consent_status().is_some_and(ConsentStatus::is_terminal);
        // An order of a court or regulator alone reopens what was closed as denied.
        let reopened = |state: &State| row.event == EventName::ReopenClaim && *state == State::ClosedDenied;
        let left = |state: &State| row.id.0 == *b"CL" && settled(state) && !reopened(state);
        assert!(
            !row.from.iter().any(|state| row.id.0 == *b"CN" && terminal(state) || left(state)),
            "{} leaves a terminal state",
            row.id
        );
    }
}

#[test]
fn the_readme_shows_the_tables() {
    let readme = include_str!("../../README.md");
    let text = crate::tables_text();
    assert!(readme.contains(&text), "contracts/README.md should contain:\n{text}");
}

#[test]
fn bad_input_01_truncated_or_trailing_bytes_are_e101() {
    let mut world = World::with_subjects(1);
    let action = grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject);
    let bytes = world.tx(&subject_key(1), action).to_bytes();
    let code = |bytes: &[u8]| Transaction::from_bytes(bytes).map_err(|error| error.code);
    assert!(code(&bytes).is_ok());
    assert_eq!(code(&bytes[..bytes.len() - 1]), Err(ErrorCode::Decode));
    assert_eq!(code(&[&bytes[..], &[0]].concat()), Err(ErrorCode::Decode));
}

#[test]
fn bad_input_02_unsorted_cosigners_are_e102() {
    let mut world = World::with_subjects(1);
    let action = mandate_action(mandate_terms(1, 1), SZH, 1);
    let mut tx = world.cosigned(&subject_key(1), action, &[&signing(SZH), &signing(HKH)]);
    tx.cosignatures.as_mut_slice().reverse();
    let code = Transaction::from_bytes(&tx.to_bytes()).map_err(|error| error.code);
    assert_eq!(code, Err(ErrorCode::NonCanonical));
}

#[test]
fn bad_input_07_oversized_is_e107() {
    let bytes = vec![0; assent_types::limits::TX_BYTES_MAX + 1];
    assert_eq!(Transaction::from_bytes(&bytes).map_err(|error| error.code), Err(ErrorCode::TooLarge));
}

#[test]
fn bad_input_08_and_09_unknown_codes_are_e108() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let bytes = tx.to_bytes();
    // The action's tag follows format, chain, signer, idempotency key and expiry.
    let tag = 1 + 32 + 32 + 16 + 8;
    for (offset, value) in [(tag, 250), (tag + 2, b'x')] {
        let mut bytes = bytes.clone();
        bytes[offset] = value;
        let code = Transaction::from_bytes(&bytes).map_err(|error| error.code);
        assert_eq!(code, Err(ErrorCode::UnknownCode), "byte {offset}");
    }
}

#[test]
fn bad_input_03_another_chain_is_e103() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let other = ChainId(Hash32([8; 32]));
    assert!(envelope(CHAIN, &world.state, world.time, &tx).unwrap().is_ok());
    assert_eq!(envelope(other, &world.state, world.time, &tx).unwrap(), Err(ErrorCode::WrongChain));
}

#[test]
fn bad_input_04_an_unknown_key_or_a_wrong_signature_is_e104() {
    let mut world = World::with_subjects(1);
    let action = grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject);
    let unknown = world.tx(&subject_key(2), action.clone());
    assert_eq!(envelope(CHAIN, &world.state, world.time, &unknown).unwrap(), Err(ErrorCode::BadSignature));
    let unknown = world.cosigned(&subject_key(1), action.clone(), &[&subject_key(2)]);
    assert_eq!(envelope(CHAIN, &world.state, world.time, &unknown).unwrap(), Err(ErrorCode::BadSignature));

    let mut tx = world.cosigned(&subject_key(1), action, &[&signing(SZH)]);
    let checks = envelope(CHAIN, &world.state, world.time, &tx).unwrap().unwrap().signatures().unwrap();
    assert_eq!(checks.len(), 2);
    assert!(SignatureCheck::verify_batch(&checks));
    tx.body.expires_at = tx.body.expires_at.plus(1);
    let checks = envelope(CHAIN, &world.state, world.time, &tx).unwrap().unwrap().signatures().unwrap();
    assert!(!checks[0].verify() && !checks[1].verify() && !SignatureCheck::verify_batch(&checks));
}

#[test]
fn bad_input_06_expired_or_too_far_ahead_is_e106() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let at = |time| envelope(CHAIN, &world.state, time, &tx).unwrap().map(|_| ());
    let end = tx.body.expires_at;
    assert_eq!(at(end), Ok(()));
    assert_eq!(at(Millis(end.0 + 1)), Err(ErrorCode::Expired));
    assert_eq!(at(Millis(end.0 - TX_TTL_MS)), Ok(()));
    assert_eq!(at(Millis(end.0 - TX_TTL_MS - 1)), Err(ErrorCode::Expired));
}

#[test]
fn bad_input_10_keys_that_are_dead_or_for_something_else_are_e201() {
    let mut world = World::with_subjects(2);
    let propose = || Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    for usage in [KeyUsage::Receipt, KeyUsage::Validate, KeyUsage::Recovery] {
        assert_eq!(world.one(&org_key(SZH, usage, 0), propose()), Err(ErrorCode::KeyUsage), "{usage}");
    }
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].revoked_at = Some(START));
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].exp = START);
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].nbf = FAR);
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    assert_eq!(world.one(&signing(SZH), propose()), Ok(()));
}

#[test]
fn bad_input_11_organisations_that_are_not_active_are_e202() {
    let world = World::with_subjects(1);
    let propose = || Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    let suspended = OrgStatus::Suspended { until: FAR, by: REGULATOR, order: Hash32([1; 32]) };
    for status in [suspended, OrgStatus::Withdrawn, OrgStatus::Pending] {
        let mut world = world.clone();
        world.change_org(SZH2, |org| org.status = status);
        assert_eq!(world.one(&signing(SZH2), propose()), Err(ErrorCode::OrgStatus), "{status:?}");
    }
    let mut lifted = world.clone();
    let over = OrgStatus::Suspended { until: START, by: REGULATOR, order: Hash32([1; 32]) };
    lifted.change_org(SZH2, |org| org.status = over);
    assert_eq!(lifted.one(&signing(SZH2), propose()), Ok(()), "a suspension ends by itself");
}

#[test]
fn bad_input_12_roles_that_may_not_are_e203() {
    let mut world = World::with_subjects(1);
    let propose = Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    assert_eq!(world.one(&signing(CUSTODIAN), propose.clone()), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(REGULATOR), propose.clone()), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), propose), Err(ErrorCode::Role));
    let register = world.register(2, AgeBand::Adult);
    assert_eq!(world.one(&signing(CUSTODIAN), register), Err(ErrorCode::Role));
}

#[test]
fn bad_input_18_unregistered_subjects_are_e210() {
    let mut world = World::with_subjects(1);
    let propose = Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(2, SZH, &[SZH2]) }));
    assert_eq!(world.one(&signing(SZH2), propose), Err(ErrorCode::Subject));
    let again = world.register(1, AgeBand::Adult);
    assert_eq!(world.one(&signing(SZH), again), Err(ErrorCode::Subject));
}

#[test]
fn errors_come_in_the_order_of_their_groups() {
    let mut world = World::with_subjects(1);
    // Wrong role, unknown subject, empty axis: the role is reported.
    let mut bad = terms(2, SZH, &[]);
    let propose = |terms| Action::ProposeConsent(Box::new(ProposeConsent { terms }));
    assert_eq!(world.one(&signing(CUSTODIAN), propose(bad.clone())), Err(ErrorCode::Role));
    // Unknown subject and empty axis: the object's state is reported.
    assert_eq!(world.one(&signing(SZH), propose(bad.clone())), Err(ErrorCode::Subject));
    // Window and empty axis are one group: the smaller number is reported.
    bad.subject = sp(1);
    bad.exp = Some(START);
    assert_eq!(world.one(&signing(SZH), propose(bad.clone())), Err(ErrorCode::Window));
    bad.exp = None;
    assert_eq!(world.one(&signing(SZH), propose(bad)), Err(ErrorCode::EmptyAxis));
}

#[test]
fn a_dry_run_gives_the_error_of_the_block() {
    let mut world = World::with_subjects(1);
    let good = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
    let before = world.state.clone();
    assert_eq!(dry_run(tables(), &world.ctx(), &world.state, &good).unwrap(), None);
    assert_eq!(dry_run(tables(), &world.ctx(), &world.state, &bad).unwrap(), Some(ErrorCode::EmptyAxis));
    assert_eq!(world.state, before);
    assert_eq!(world.send(&good), Ok(()));
    assert_eq!(world.send(&bad), Err(ErrorCode::EmptyAxis));
}

#[test]
fn a_block_reads_its_own_writes_and_undoes_failed_transactions() {
    let mut world = World::with_subjects(1);
    let treat = terms(1, SZH, &[SZH2]);
    let grant = world.tx(&subject_key(1), grant_action(treat.clone(), Grantor::Subject));
    let target = target(1, SZH, consent_id_of(&grant.hash()));
    let revoke = Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None });
    let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
    let (first, second) = (world.tx(&subject_key(1), revoke.clone()), world.tx(&subject_key(1), revoke));
    let outcome = world.run(&[grant.clone(), bad, first, second]);
    let codes: Vec<u16> = outcome.receipts.iter().map(|(receipt, _)| receipt.code).collect();
    assert_eq!(codes, [0, 304, 0, 307]);
    let book = world.book(1, SZH);
    assert_eq!((book.live.len(), book.closed.len(), book.epoch, book.log.count), (0, 1, 2, 2));
    assert_eq!(outcome.log_entries.len(), 2);
    let value = &outcome.writes[&StateKey::Consents(sp(1), SZH)];
    assert_eq!(value.written_by, outcome.receipts[2].0.tx);
    for (index, (receipt, details)) in outcome.receipts.iter().enumerate() {
        assert_eq!((receipt.index as usize, receipt.details), (index, details.hash()));
        assert_eq!(details.events.is_empty(), receipt.code != 0);
        assert_eq!((receipt.height, receipt.time), (world.height, world.time));
    }
    assert_eq!(outcome.receipts[0].1.seed, grant.receipt_seed());
    let meta = BlockMeta { height: world.height, time: world.time, previous: world.ctx().previous };
    assert_eq!(outcome.writes[&StateKey::Block].record, Record::Block(meta));
}

#[test]
fn a_sweep_leaves_one_receipt_and_only_when_something_was_swept() {
    let mut world = World::with_subjects(1);
    let grant = |world: &mut World, days: u64| {
        let exp = Some(START.plus(days * DAY_MS));
        world.grant(1, assent_types::consent::ConsentTerms { exp, ..terms(1, SZH, &[SZH2]) })
    };
    let ids = [grant(&mut world, 3), grant(&mut world, 1), grant(&mut world, 2)];
    assert!(world.run(&[]).receipts.is_empty());
    world.time = START.plus(2 * DAY_MS);
    let outcome = world.run(&[]);
    let [(receipt, details)] = &outcome.receipts[..] else { panic!("one receipt") };
    assert_eq!((receipt.index, receipt.code, receipt.tx), (0, 0, sweep_tx(world.height)));
    let swept: Vec<Hash32> = details.events.iter().map(|event| event.object).collect();
    assert_eq!(swept, [ids[1].0, ids[2].0], "in the order of their deadlines");
    assert_eq!(outcome.writes[&StateKey::SweepSeed].record, Record::SweepSeed(details.seed));
    assert_eq!(outcome.deadlines_removed.len(), 2);
    assert_eq!(outcome.log_entries.iter().filter(|entry| entry.actor.is_none()).count(), 2);
    assert!(world.run(&[]).receipts.is_empty());
}

/// Sweeps of blocks without transactions have seeds of their own; the same transactions give the same seeds.
#[test]
fn every_sweep_has_a_seed_that_follows_from_all_executed_transactions() {
    let run = |days: u64, refused: bool| {
        let mut world = World::with_subjects(1);
        for n in [days, 5] {
            let exp = Some(START.plus(n * DAY_MS));
            world.grant(1, assent_types::consent::ConsentTerms { exp, ..terms(1, SZH, &[SZH2]) });
        }
        if refused {
            let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
            assert_eq!(world.run(&[bad]).receipts[0].0.code, ErrorCode::EmptyAxis.number());
        } else {
            world.run(&[]);
        }
        let mut seeds = Vec::new();
        for day in [4, 6] {
            world.time = START.plus(day * DAY_MS);
            seeds.push(world.run(&[]).receipts[0].1.seed);
        }
        seeds
    };
    let seeds = run(3, false);
    assert_ne!(seeds[0], seeds[1]);
    assert_eq!(run(3, false), seeds);
    assert_eq!(run(3, true), seeds, "a refused transaction changes nothing");
    assert_ne!(run(2, false)[0], seeds[0], "another transaction");
}

#[test]
fn keys_have_a_state() {
    let world = World::with_subjects(1);
    let state = |key: &assent_types::key::SecretKey| key_state(&world.state, &key.public().id(), world.time).unwrap();
    let usage = |state| match state {
        KeyState::Live { owner, usage, .. } => (owner, usage),
        other => panic!("{other:?}"),
    };
    assert_eq!(usage(state(&signing(SZH))), (KeyOwner::Org(SZH), Some(KeyUsage::SignTx)));
    assert_eq!(usage(state(&subject_key(1))), (KeyOwner::Subject(sp(1)), None));
    assert_eq!(state(&subject_key(2)), KeyState::Unknown);
}

#[test]
fn a_value_of_another_type_is_a_read_error_and_no_panic() {
    let mut world = World::with_subjects(1);
    let meta = BlockMeta { height: Height(1), time: START, previous: Default::default() };
    world.put(StateKey::Org(SZH), Record::Block(meta));
    let tx = world.tx(&signing(SZH), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    assert!(crate::execute_block(&world.ctx(), &world.state, &[tx]).is_err());
    assert!(crate::execute_block(&world.ctx(), &MemoryState::default(), &[]).is_err());
}

#[test]
fn inv_28_a_suspended_organisation_only_takes_disclosures_back() {
    // Whatever a suspended organisation signs is refused, what takes disclosures back excepted.
    let mut world = World::with_subjects(1);
    let consent = world.grant(1, terms(1, SZH, &[SZH2]));
    world.suspend(SZH);
    let register = world.register(5, AgeBand::Adult);
    assert_eq!(world.one(&signing(SZH), register), Err(ErrorCode::OrgStatus));
    let attested = Grantor::OrgAttested {
        org: SZH,
        method: assent_types::consent::AttestMethod::SignedForm,
        clerk: Hash32([1; 32]),
    };
    let revoke = RevokeConsent {
        target: target(1, SZH, consent),
        grantor: attested,
        evidence: Some(evidence(assent_types::consent::EvidenceKind::PaperScan)),
    };
    assert_eq!(world.one(&signing(SZH), Action::RevokeConsent(revoke)), Ok(()));
}
