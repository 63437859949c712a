//! INV-32: what is exempt from halts succeeds under every combination of them.

use assent_types::action::*;
use assent_types::consent::Grantor;
use assent_types::governance::*;
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::OrgStatus;
use assent_types::place::Jurisdiction;
use assent_types::subject::AgeBand;
use assent_types::{ErrorCode, FacilityId, Hash32, List, Millis, ProposalId, Set};

use super::follow::{as_tables, with_row};
use crate::runtime::table::{Group, Guard, ensure};
use crate::testing::governance::*;
use crate::testing::*;
use crate::{Table, tables};

const TARGETS: [Target; 8] = [
    Target::Org(SZH),
    Target::Facility { org: SZH, facility: FacilityId(1) },
    Target::Borders,
    Target::Outbound(Jurisdiction::Cn),
    Target::Outbound(Jurisdiction::Hk),
    Target::Basis { exporter: SZH, basis: BASIS_INSURER },
    Target::BreakGlass,
    Target::Settlement,
];

/// A world in which there is something to take back, and what takes it back or governs.
fn exempt() -> (World, Vec<(SecretKey, Action)>) {
    let (mut world, document, treat) = World::with_document();
    let register = world.register(3, AgeBand::Adult);
    assert_eq!(world.one(&signing(SZH), register), Ok(()));
    let mandate = world.mandate(1, |_| {});
    let proposed = ProposeConsent { terms: terms(1, SZH, &[SZH2]) };
    let propose = world.tx(&signing(SZH2), Action::ProposeConsent(Box::new(proposed)));
    assert_eq!(world.send(&propose), Ok(()));
    let proposal = assent_types::consent::consent_id_of(&propose.hash());
    let vote = world.propose(HKH, duration(DurationParam::ClaimsAck, DAY_MS));
    let revoke = |grantor, evidence| RevokeConsent { target: target(1, SZH, treat), grantor, evidence };
    let attested = Grantor::OrgAttested {
        org: SZH,
        clerk: Hash32([3; 32]),
        method: assent_types::consent::AttestMethod::IdCardReader,
    };
    let new = key(220, 1, 0);
    let rotate = RotateKey {
        org: SZH,
        old: None,
        new: new.public(),
        usage: KeyUsage::Receipt,
        nbf: START,
        exp: FAR,
        possession: new.sign_possession(&possession_of(CHAIN, &new.public(), &SZH)),
    };
    let own = key(221, 1, 0);
    let own_key = RotateSubjectKey {
        sp: sp(3),
        new: own.public(),
        possession: own.sign_possession(&possession_of(CHAIN, &own.public(), &sp(3))),
    };
    let evidence = Some(evidence(assent_types::consent::EvidenceKind::IdCardReader));
    let reject = RejectConsent { target: target(1, SZH, proposal), grantor: Grantor::Subject };
    let revoke_mandate = RevokeMandate { subject: sp(1), mandate };
    let end = EndBasis { exporter: SZH, basis: BASIS_HKH };
    let acts = vec![
        (subject_key(1), Action::RevokeConsent(revoke(Grantor::Subject, None))),
        (signing(SZH), Action::RevokeConsent(revoke(attested, evidence))),
        (subject_key(1), Action::RejectConsent(reject)),
        (signing(SZH), Action::RevokeMandate(revoke_mandate)),
        (signing(SZH), retract_action(document)),
        (org_key(SZH, KeyUsage::Recovery, 0), Action::RotateKey(rotate)),
        (subject_key(3), Action::RotateSubjectKey(own_key)),
        (signing(SZH), Action::EndBasis(end)),
        (signing(HKH), vote_action(vote, true)),
        (signing(REGULATOR), propose_action(duration(DurationParam::ClaimsPay, DAY_MS))),
    ];
    (world, acts)
}

/// The same world with some targets stopped.
fn halted(world: &World, combination: usize) -> World {
    let mut world = world.clone();
    let chosen = TARGETS.iter().enumerate().filter(|(bit, _)| combination & (1 << bit) != 0).map(|(_, target)| *target);
    let until = Millis(u64::MAX);
    let measure = |target| Measure {
        proposal: ProposalId(Hash32([1; 32])),
        target,
        by: Set::new([REGULATOR]).unwrap(),
        until: Some(until),
    };
    let measures: Vec<Measure> = chosen.map(measure).collect();
    if measures.iter().any(|measure| measure.target == Target::Org(SZH)) {
        let status = OrgStatus::Suspended { until, by: REGULATOR, order: Hash32([5; 32]) };
        world.change_org(SZH, |org| org.status = status);
    }
    let halts = Halts { measures: List::new(measures).unwrap(), bars: List::default() };
    world.put(assent_types::state::StateKey::Halts, assent_types::state::Record::Halts(halts));
    world
}

/// The first act that some combination of halts stops.
fn stopped(tables: &[Table<'_>]) -> Option<(usize, &'static str, ErrorCode)> {
    let (world, acts) = exempt();
    for combination in 0..1 << TARGETS.len() {
        let halted = halted(&world, combination);
        for (key, action) in &acts {
            let mut world = halted.clone();
            let tx = world.tx(key, action.clone());
            if let Some(code) = world.run_with(tables, &[tx]).receipts[0].0.error() {
                return Some((combination, action.name(), code));
            }
        }
    }
    None
}

#[test]
fn inv_32_no_halt_stops_what_is_exempt() {
    assert_eq!(stopped(tables()), None);
    const CAREFUL: Guard = Guard {
        name: "borders_open",
        group: Group::Cross,
        check: |call| {
            let halts = crate::governance::halts::halts_of(call.view)?;
            ensure(!halts.stops(&Target::Borders, call.now()), ErrorCode::Halted)
        },
    };
    let faulty = with_row("CN-06", |row| row.guards = [row.guards, &[CAREFUL]].concat().leak());
    let found = stopped(&as_tables(&faulty));
    println!("INV-32: {found:?}");
    assert_eq!(found.map(|(_, name, code)| (name, code)), Some(("RevokeConsent", ErrorCode::Halted)));
}
