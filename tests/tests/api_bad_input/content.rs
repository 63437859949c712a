//! Inputs 18 to 31: subjects, mandates, consents, and the denials that decisions give.

use assent_client::Client;
use assent_types::access::{AccessRequest, Asked, Descriptor, Reason, UserRole};
use assent_types::action::{
    Action, AmendConsent, ConsentRef, GrantConsent, GrantMandate, RevokeConsent, RevokeMandate, possession_of,
};
use assent_types::consent::{
    AttestMethod, BasisKind, BasisKinds, Category, ConsentKind, ConsentTerms, DataAction, Grantor, Purpose,
    SeparateConsent, SeparateConsents, XBorder, consent_id_of,
};
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::{AgeBand, ConsentKinds, MandateKind, MandateOp, MandateOps, MandateTerms, mandate_id_of};
use assent_types::{ConsentId, Day, FacilityId, Hash32, List, MandateId, Millis, Month, OrgId, Set, Sp};

use crate::network::{Network, Patient, evidence, execute, execute_cosigned, register, terms};
use crate::{answered, refuse};

const HOSPITAL: OrgId = OrgId(2);

fn grant(terms: ConsentTerms, grantor: Grantor) -> Action {
    Action::GrantConsent(Box::new(GrantConsent { proposal: None, terms, grantor }))
}

pub(crate) async fn run(network: &Network) {
    let client = network.client(HOSPITAL);
    let hospital = network.key(HOSPITAL, "sign-tx");
    let patient = register(network, &client, HOSPITAL).await;
    subjects(network, &client, &hospital, &patient).await;
    mandates(network, &client, &hospital, &patient).await;
    terms_of_consents(&client, &patient).await;
    cross_border(network, &patient).await;
    lineages(network, &client, &patient).await;
    decisions(network, &client, &patient).await;
}

async fn subjects(network: &Network, client: &Client, hospital: &SecretKey, patient: &Patient) {
    let again = patient.registration(network.chain, AgeBand::Adult);
    refuse(client, hospital, again, ErrorCode::Subject, 18, "pseudonym registered twice").await;
    let nobody = Patient::new();
    persons(network, client, hospital).await;
    // Who may act is checked before the object is: the hospital may attest, but nobody has this pseudonym.
    let attested = Grantor::OrgAttested { org: HOSPITAL, method: AttestMethod::SignedForm, clerk: Hash32([1; 32]) };
    let grant = grant(terms(nobody.sp), attested);
    refuse(client, hospital, grant, ErrorCode::Subject, 18, "consent of an unknown pseudonym").await;
}

/// Bytes that name somebody, where a pseudonym or a hash should stand: refused before they reach a block.
async fn persons(network: &Network, client: &Client, hospital: &SecretKey) {
    let padded = |text: &str| {
        let mut bytes = [0; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Hash32(bytes)
    };
    let mut inside = assent_client::builder::random().unwrap();
    inside[7..17].copy_from_slice(b"A123456(3)");
    for (input, value) in [
        ("name in the place of a pseudonym", padded("Exempel-Chan Siu-Made")),
        ("resident number in the place of a pseudonym", padded("11010519491231002X")),
        ("passport number in the place of a pseudonym", padded("EA1234567")),
        ("identity card number inside a pseudonym", Hash32(inside)),
    ] {
        let named = Patient { sp: Sp(value), key: Patient::new().key };
        let action = named.registration(network.chain, AgeBand::Adult);
        refuse(client, hospital, action, ErrorCode::LooksLikeId, 19, input).await;
    }
    let somebody = Patient::new();
    let Action::RegisterSubject(mut register) = somebody.registration(network.chain, AgeBand::Adult) else {
        unreachable!("a registration registers")
    };
    register.attest = padded("born on 1971-03-09");
    let action = Action::RegisterSubject(register);
    refuse(client, hospital, action, ErrorCode::LooksLikeId, 19, "free text in the place of a hash").await;
}

fn mandate(
    network: &Network,
    patient: &Patient,
    proxy: &SecretKey,
    kind: MandateKind,
    ops: &[MandateOp],
) -> GrantMandate {
    let asked = possession_of(network.chain, &proxy.public(), &patient.sp);
    GrantMandate {
        terms: MandateTerms {
            subject: patient.sp,
            proxy: proxy.public(),
            kind,
            ops: MandateOps::of(ops),
            purposes: Set::new([Purpose::Treat]).unwrap(),
            consent_kinds: ConsentKinds::of(&[ConsentKind::Share]),
            may_xborder: false,
            nbf: Millis(0),
            exp: Millis(u64::MAX),
            evidence: evidence(8),
            no_higher_priority: None,
        },
        verified_by: HOSPITAL,
        possession: proxy.sign_possession(&asked),
    }
}

async fn give(
    network: &Network,
    client: &Client,
    patient: &Patient,
    proxy: &SecretKey,
    ops: &[MandateOp],
) -> MandateId {
    let hospital = network.key(HOSPITAL, "sign-tx");
    let grant = mandate(network, patient, proxy, MandateKind::Attorney, ops);
    let action = Action::GrantMandate(Box::new(grant));
    let receipt = execute_cosigned(client, &patient.key, action, &[&hospital]).await;
    mandate_id_of(&receipt.receipt.tx)
}

async fn mandates(network: &Network, client: &Client, hospital: &SecretKey, patient: &Patient) {
    let proxy = Patient::new().key;
    let by = |mandate| Grantor::Proxy { mandate };
    let unknown = grant(terms(patient.sp), by(MandateId(Hash32([5; 32]))));
    refuse(client, &patient.key, unknown, ErrorCode::Mandate, 20, "mandate that does not exist").await;

    let revoke_only = give(network, client, patient, &proxy, &[MandateOp::Revoke]).await;
    let lacking = grant(terms(patient.sp), by(revoke_only));
    refuse(client, &proxy, lacking, ErrorCode::Mandate, 20, "mandate without the operation").await;

    let full = give(network, client, patient, &proxy, &[MandateOp::Grant, MandateOp::Amend]).await;
    let mut research = terms(patient.sp);
    research.purposes = Set::new([Purpose::Hresch]).unwrap();
    refuse(client, &proxy, grant(research, by(full)), ErrorCode::Mandate, 20, "purpose outside the mandate").await;
    let end = Action::RevokeMandate(RevokeMandate { subject: patient.sp, mandate: full });
    execute(client, &patient.key, end).await;
    let revoked = grant(terms(patient.sp), by(full));
    refuse(client, &proxy, revoked, ErrorCode::Mandate, 20, "revoked mandate").await;

    let kind = MandateKind::FamilyOrCoResident;
    let mut family = mandate(network, patient, &Patient::new().key, kind, &[MandateOp::Grant]);
    // A capacity statement is there; what lacks is that nobody of higher priority exists.
    family.terms.evidence.timestamp = Some(Hash32([9; 32]));
    let family = Action::GrantMandate(Box::new(family));
    refuse(client, hospital, family, ErrorCode::MandatePriority, 21, "lower priority without evidence").await;
}

async fn terms_of_consents(client: &Client, patient: &Patient) {
    let refused = async |change: &dyn Fn(&mut ConsentTerms), code, number, input| {
        let mut changed = terms(patient.sp);
        change(&mut changed);
        refuse(client, &patient.key, grant(changed, Grantor::Subject), code, number, input).await;
    };
    let (window, empty) = (ErrorCode::Window, ErrorCode::EmptyAxis);
    let future = Millis(assent_client::now_ms() + 1_000_000);
    refused(&|terms| (terms.nbf, terms.exp) = (future, Some(future)), window, 22, "end at the beginning").await;
    refused(&|terms| terms.exp = Some(Millis(1)), window, 22, "end in the past").await;
    refused(&|terms| terms.data_period = Some((Day(9), Day(9))), window, 22, "empty period of service").await;
    refused(&|terms| terms.purposes = Set::default(), empty, 23, "no purpose").await;
    refused(&|terms| terms.categories = Default::default(), empty, 23, "no category").await;
    refused(&|terms| terms.grantees = Default::default(), empty, 23, "no grantee").await;
    refused(&|terms| terms.places = Set::default(), empty, 23, "no place").await;
    refused(&|terms| terms.actions = Default::default(), empty, 23, "no action").await;
    refused(&|terms| terms.max_grade = 6, ErrorCode::UnknownCode, 8, "grade outside 1 to 5").await;
}

fn xborder() -> XBorder {
    XBorder {
        to: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
        basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk]),
        notice: Hash32([6; 32]),
        evidence: evidence(7),
    }
}

/// A Mainland controller whose patient's data would go to Hong Kong.
async fn cross_border(network: &Network, patient: &Patient) {
    let shenzhen = network.client(OrgId(1));
    let mut without = terms(patient.sp);
    without.controller = OrgId(1);
    let consent = grant(without.clone(), Grantor::Subject);
    refuse(
        &shenzhen,
        &patient.key,
        consent,
        ErrorCode::SeparateConsent,
        25,
        "recipient outside without separate consent",
    )
    .await;

    let mut shantou = without.clone();
    shantou.controller = OrgId(17);
    shantou.separate = SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov, SeparateConsent::Xb]);
    shantou.xborder = Some(xborder());
    let consent = grant(shantou, Grantor::Subject);
    refuse(&shenzhen, &patient.key, consent, ErrorCode::BasisPlace, 26, "standard contract used from Shantou").await;

    let mut macao = terms(patient.sp);
    macao.controller = OrgId(2);
    macao.places = Set::new([Place::whole(Jurisdiction::Mo)]).unwrap();
    macao.xborder = Some(XBorder {
        to: macao.places.clone(),
        basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk, BasisKind::GbaScMo]),
        ..xborder()
    });
    let consent = grant(macao, Grantor::Subject);
    refuse(&shenzhen, &patient.key, consent, ErrorCode::BasisPlace, 27, "standard contract, Hong Kong to Macao").await;

    // Inside the Mainland the consent holds; a request to deliver in Hong Kong is denied.
    let mut inside = without;
    inside.grantees.orgs = Set::new([OrgId(1), OrgId(17)]).unwrap();
    inside.places = Set::new([Place::whole(Jurisdiction::Cn)]).unwrap();
    execute(&shenzhen, &patient.key, grant(inside, Grantor::Subject)).await;
    let mut request = request(patient, OrgId(17), Purpose::Treat);
    request.controller = OrgId(1);
    denied(&shenzhen, &request, Reason::SepXborder, 25, "request that crosses the border without separate consent")
        .await;
}

pub(crate) fn request(patient: &Patient, requester: OrgId, purpose: Purpose) -> AccessRequest {
    let descriptor = Descriptor {
        category: Category::Lab,
        grade: 3,
        service_month: Month(56 * 12),
        deliver_to: Place::whole(Jurisdiction::Hk),
    };
    AccessRequest {
        requester,
        facility: FacilityId(1),
        user_ref: Hash32([1; 32]),
        user_role: UserRole::Physician,
        subject: patient.sp,
        controller: HOSPITAL,
        asked: Asked::Data(List::new(vec![descriptor]).unwrap()),
        purpose,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    }
}

async fn denied(client: &Client, request: &AccessRequest, reason: Reason, number: u32, input: &str) {
    let answer = client.decide(request).await.unwrap();
    assert!(!answer.decision.permit, "input {number} ({input}) was permitted");
    assert!(answer.decision.reasons.contains(&reason), "input {number} ({input}): {:?}", answer.decision.reasons);
    answered(number, input, format!("denied {reason}"));
}

fn reference(patient: &Patient, consent: ConsentId) -> ConsentRef {
    ConsentRef { subject: patient.sp, controller: HOSPITAL, consent }
}

async fn lineages(network: &Network, client: &Client, patient: &Patient) {
    let first = execute(client, &patient.key, grant(terms(patient.sp), Grantor::Subject)).await;
    let first = consent_id_of(&first.receipt.tx);
    let amend = |target, terms, grantor| {
        Action::AmendConsent(Box::new(AmendConsent { target: reference(patient, target), terms, grantor }))
    };
    let mut narrower = terms(patient.sp);
    narrower.max_grade = 2;
    let second = execute(client, &patient.key, amend(first, narrower.clone(), Grantor::Subject)).await;
    let second = consent_id_of(&second.receipt.tx);
    let fork = amend(first, narrower.clone(), Grantor::Subject);
    refuse(client, &patient.key, fork, ErrorCode::NotHead, 29, "amendment of a superseded version").await;

    let proxy = Patient::new().key;
    let mandate = give(network, client, patient, &proxy, &[MandateOp::Amend]).await;
    let wider = amend(second, terms(patient.sp), Grantor::Proxy { mandate });
    refuse(client, &proxy, wider, ErrorCode::Widen, 30, "a proxy widens beyond its mandate").await;

    let other = register(network, client, HOSPITAL).await;
    let revoke = || {
        let target = reference(patient, second);
        Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None })
    };
    refuse(client, &other.key, revoke(), ErrorCode::NotGrantor, 31, "revocation by another subject").await;
    let insurer = network.key(OrgId(3), "sign-tx");
    refuse(client, &insurer, revoke(), ErrorCode::NotGrantor, 31, "revocation by an insurer").await;
}

async fn decisions(network: &Network, client: &Client, patient: &Patient) {
    // Both live consents share for TREAT; break-glass and training of models need words of their own.
    denied(client, &request(patient, HOSPITAL, Purpose::Btg), Reason::PurposeNotCovered, 24, "BTG by implication")
        .await;
    denied(
        client,
        &request(patient, HOSPITAL, Purpose::Mltraining),
        Reason::PurposeNotCovered,
        24,
        "MLTRAINING by implication",
    )
    .await;
    let mut none = request(patient, HOSPITAL, Purpose::Treat);
    none.asked = Asked::Data(List::default());
    let refused = client.decide(&none).await.err().and_then(|error| error.code());
    assert_eq!(refused, Some(ErrorCode::BadRequest));
    answered(23, "request that describes nothing", ErrorCode::BadRequest);
    let stranger = network.client(OrgId(5));
    denied(&stranger, &request(patient, OrgId(5), Purpose::Treat), Reason::NoConsent, 75, "request of a stranger")
        .await;
}
