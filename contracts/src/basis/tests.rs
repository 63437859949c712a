use assent_types::action::Action;
use assent_types::consent::{BasisKind, BasisStatus, TransferBasis};
use assent_types::governance::{EndBasis, FileBasis, RegisterBasis, basis_id_of};
use assent_types::key::SecretKey;
use assent_types::place::PlaceSet;
use assent_types::{BasisId, ErrorCode, Hash32, Millis, OrgId};

use crate::runtime::table::State;
use crate::testing::governance::*;
use crate::testing::*;

const FILING: Hash32 = Hash32([7; 32]);

fn register(world: &mut World, terms: RegisterBasis, signer: OrgId, with: &[OrgId]) -> Result<BasisId, ErrorCode> {
    let keys: Vec<SecretKey> = with.iter().map(|org| signing(*org)).collect();
    let action = Action::RegisterBasis(Box::new(terms));
    let tx = world.cosigned(&signing(signer), action, &keys.iter().collect::<Vec<_>>());
    world.send(&tx).map(|()| basis_id_of(&tx.hash()))
}

fn file(world: &mut World, basis: BasisId, filing: Hash32, with: &[&SecretKey]) -> Result<(), ErrorCode> {
    let tx = world.cosigned(&signing(P_CN), Action::FileBasis(FileBasis { exporter: P_CN, basis, filing }), with);
    world.send(&tx)
}

fn find(world: &World, id: BasisId) -> TransferBasis {
    let bases = crate::runtime::state::bases(&world.state, P_CN).unwrap().unwrap();
    bases.iter().find(|basis| basis.id == id).unwrap().clone()
}

#[test]
fn the_table_is_the_specified_one() {
    let rows: Vec<_> = super::transitions::BASES
        .iter()
        .map(|row| (row.id.to_string(), row.from.to_vec(), row.event.to_string(), row.to))
        .collect();
    assert_eq!(
        rows,
        [
            ("TB-01".into(), vec![State::New], "RegisterBasis".to_owned(), State::Active),
            ("TB-02".into(), vec![State::Active], "FileBasis".to_owned(), State::Active),
            ("TB-03".into(), vec![State::Active, State::Expired], "EndBasis".to_owned(), State::Revoked),
        ]
    );
}

#[test]
fn a_basis_is_registered_filed_and_ended() {
    let mut world = World::council();
    let terms = register_action(BasisKind::GbaScHk, P_CN, P_HK);
    let id = register(&mut world, terms, P_CN, &[R_CN]).unwrap();
    let basis = find(&world, id);
    assert!(!basis.filed && basis.status == BasisStatus::Active);
    let regulator = signing(R_CN);
    assert_eq!(file(&mut world, id, FILING, &[]), Err(ErrorCode::Role), "the regulator has to agree");
    assert_eq!(file(&mut world, id, FILING, &[&signing(R_HK)]), Err(ErrorCode::Role), "another jurisdiction's");
    assert_eq!(file(&mut world, id, Hash32::ZERO, &[&regulator]), Err(ErrorCode::Proposal));
    assert_eq!(file(&mut world, BasisId(FILING), FILING, &[&regulator]), Err(ErrorCode::NotFound));
    assert_eq!(file(&mut world, id, FILING, &[&regulator]), Ok(()));
    assert_eq!(find(&world, id).filing_ref, FILING);
    assert_eq!(file(&mut world, id, FILING, &[&regulator]), Err(ErrorCode::State), "once");
    world.pass(20 * DAY_MS);
    let end = || Action::EndBasis(EndBasis { exporter: P_CN, basis: id });
    for stranger in [P_MO, R_HK, I_HK] {
        assert_eq!(world.one(&signing(stranger), end()), Err(ErrorCode::Role), "{stranger}");
    }
    for party in [P_CN, P_HK, R_CN] {
        assert_eq!(world.clone().one(&signing(party), end()), Ok(()), "{party}");
    }
    world.suspend(P_CN);
    assert_eq!(world.one(&signing(P_CN), end()), Ok(()), "a suspended exporter still takes it back");
    assert_eq!(find(&world, id).status, BasisStatus::Revoked);
    assert_eq!(world.one(&signing(R_CN), end()), Err(ErrorCode::State));
}

#[test]
fn bad_input_28_a_basis_that_is_not_filed_in_time_is_over() {
    let mut world = World::council();
    let id = register(&mut world, register_action(BasisKind::GbaScHk, P_CN, P_HK), P_CN, &[R_CN]).unwrap();
    assert!(crate::access::border::is_live(&find(&world, id), world.time));
    world.pass(15 * DAY_MS);
    assert!(!crate::access::border::is_live(&find(&world, id), world.time));
    assert_eq!(file(&mut world, id, FILING, &[&signing(R_CN)]), Err(ErrorCode::State), "too late");
}

#[test]
fn a_basis_has_to_carry_something_lawfully() {
    let attempt = |change: &dyn Fn(&mut RegisterBasis)| {
        let mut world = World::council();
        let mut terms = register_action(BasisKind::GbaScHk, P_CN, P_HK);
        change(&mut terms);
        let signer = if terms.exporter == P_HK { P_HK } else { P_CN };
        let regulator = if signer == P_HK { R_HK } else { R_CN };
        register(&mut world, terms, signer, &[regulator]).map(|_| ())
    };
    assert_eq!(attempt(&|_| {}), Ok(()));
    assert_eq!(attempt(&|terms| terms.filing = Some(FILING)), Ok(()), "filed before");
    assert_eq!(attempt(&|terms| terms.exporter = P_MO), Err(ErrorCode::Role), "for somebody else");
    assert_eq!(attempt(&|terms| terms.exporter = OrgId(99)), Err(ErrorCode::NotFound));
    assert_eq!(attempt(&|terms| terms.exp = START), Err(ErrorCode::Window));
    assert_eq!(attempt(&|terms| terms.filing_deadline = START), Err(ErrorCode::Window));
    assert_eq!(attempt(&|terms| terms.effective = Millis(u64::MAX)), Err(ErrorCode::Window));
    assert_eq!(attempt(&|terms| terms.from = PlaceSet::default()), Err(ErrorCode::EmptyAxis));
    assert_eq!(attempt(&|terms| terms.categories = Default::default()), Err(ErrorCode::EmptyAxis));
    assert_eq!(attempt(&|terms| terms.pia_ref = Hash32::ZERO), Err(ErrorCode::Proposal), "no impact assessment");
    assert_eq!(attempt(&|terms| terms.filing = Some(Hash32::ZERO)), Err(ErrorCode::Proposal));
    assert_eq!(attempt(&|terms| terms.importer = P_CN), Err(ErrorCode::BasisPlace));
    assert_eq!(attempt(&|terms| terms.importer = P_MO), Err(ErrorCode::BasisPlace), "not in its places");
    assert_eq!(attempt(&|terms| terms.kind = BasisKind::GbaScMo), Err(ErrorCode::BasisPlace));
    assert_eq!(attempt(&|terms| terms.from = places(&[SHENZHEN, SHANTOU_CITY])), Err(ErrorCode::BasisPlace));
    // No standard contract leads from Hong Kong to Macao.
    let to_macao = |kind| {
        attempt(&|terms| {
            (terms.exporter, terms.importer, terms.kind) = (P_HK, P_MO, kind);
            (terms.from, terms.to) = (places(&[HONG_KONG]), places(&[MACAO]));
        })
    };
    for kind in [BasisKind::GbaScHk, BasisKind::GbaScMo, BasisKind::CnScc, BasisKind::MoTransfer] {
        assert_eq!(to_macao(kind), Err(ErrorCode::BasisPlace), "{kind}");
    }
    assert_eq!(to_macao(BasisKind::HkRmc), Ok(()));

    let mut world = World::council();
    world.change_params(|params| params.governance.basis_kinds = Default::default());
    let terms = register_action(BasisKind::GbaScHk, P_CN, P_HK);
    assert_eq!(register(&mut world, terms.clone(), P_CN, &[R_CN]), Err(ErrorCode::BasisPlace), "no kind is accepted");
    let mut full = World::council();
    for n in 0..=64 {
        let result = register(&mut full, terms.clone(), P_CN, &[R_CN]).map(|_| ());
        assert_eq!(result, if n < 63 { Ok(()) } else { Err(ErrorCode::Limit) }, "{n}");
        if result.is_err() {
            break;
        }
    }
    assert_eq!(register(&mut World::council(), terms, P_CN, &[]), Err(ErrorCode::Role));
}
