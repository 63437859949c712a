//! Claims with mapped codes.

use assent_client::claims::{ClaimDraft, ClaimLine, ClaimNote, commit};
use assent_fhir::FhirError;
use assent_fhir::terminology::CodeTable;
use assent_genesis::sample::{HONG_KONG_HOSPITAL, HONG_KONG_INSURER};
use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::*;
use assent_types::codesystem::CodeMap;
use assent_types::consent::Grantor;
use assent_types::hash::{Tag, tagged_value};
use assent_types::state::{Record, StateKey};
use assent_types::subject::AgeBand;
use assent_types::{BillNullifier, Currency, Day, ErrorCode, Hash32, List, Money, Set, Sp};

use super::{Published, Registry};
use crate::ledger::{DAY_MS, Enrolment, person_key, signing};

/// Codes of a claim, each with what the map makes of it.
#[derive(Debug)]
pub(super) struct Mapped {
    pairs: Vec<(String, String)>,
}

impl Mapped {
    /// The codes as the map maps them; E707 for one that it does not have.
    pub(super) fn of(codes: &[&str], table: &CodeTable) -> Result<Self, FhirError> {
        let pair = |code: &&str| Ok(((*code).to_owned(), table.target(code)?.to_owned()));
        Ok(Self { pairs: codes.iter().map(pair).collect::<Result<_, FhirError>>()? })
    }

    /// A line for each code, with both of its forms.
    fn lines(&self, map: &CodeMap) -> Vec<ClaimLine> {
        let coded = |system: CodeRef, code: &str| format!("{}/{}|{code}", system.system, system.version);
        let line = |(sequence, (source, target)): (u32, &(String, String))| ClaimLine {
            sequence,
            codes: vec![coded(map.src, source), coded(map.dst, target)],
            minor: 100,
        };
        (1..).zip(&self.pairs).map(line).collect()
    }
}

/// The code of a line under one version, as it is written there.
fn code_of(line: &ClaimLine, system: CodeRef) -> &str {
    let prefix = format!("{}/{}|", system.system, system.version);
    line.codes.iter().find_map(|code| code.strip_prefix(&prefix)).unwrap()
}

impl Registry {
    /// Files a claim of these lines; the claim's record, or the number with which it was refused.
    fn filed(
        &mut self,
        lines: Vec<ClaimLine>,
        codes: &[CodeRef],
        code_map: Option<assent_types::CodeMapId>,
    ) -> Result<(Claim, ClaimNote), ErrorCode> {
        // A person and a bill for each claim; the height tells them apart.
        let number = self.ledger.height.0;
        let salt = tagged_value(Tag::Evidence, &("salt of the test", number));
        let (sp, key) = (Sp(tagged_value(Tag::Evidence, &("person", number))), person_key(number));
        let enrolment = Enrolment { age_band: AgeBand::Adult, attest: salt };
        self.ledger.enrol(HONG_KONG_HOSPITAL, sp, &key, enrolment)?;
        let billed = Money::new(Currency::Hkd, lines.iter().map(|line| line.minor).sum());
        let nullifier = BillNullifier(tagged_value(Tag::Evidence, &("bill", number)));
        let hospital = signing(HONG_KONG_HOSPITAL);
        let register = RegisterBill { nullifier, issuer: HONG_KONG_HOSPITAL, total: billed, attestation: None };
        self.ledger.act(&hospital, Action::RegisterBill(register))?;
        let open = OpenCase {
            subject: sp,
            insurer: HONG_KONG_INSURER,
            provider: HONG_KONG_HOSPITAL,
            plan_commit: commit(salt, "plan", "plan"),
            capability: Some(Capability { ops: CaseOps::of(&[CaseOp::Claim]), cap: billed }),
            exp: self.ledger.time.plus(60 * DAY_MS),
            grantor: Grantor::Subject,
            evidence: None,
        };
        let case = case_id_of(&self.ledger.act(&key, Action::OpenCase(Box::new(open)))?);
        let today = Day(u32::try_from(self.ledger.time.0 / DAY_MS).unwrap());
        let draft = ClaimDraft {
            case,
            payee: Payee::Provider,
            service: (today, today),
            service_line: ServiceLine::Other,
            benefit: BenefitKind::Indemnity,
            cob_declared: false,
            bills: vec![nullifier],
            lines,
            codes: codes.to_vec(),
            preauth: None,
            guarantee: None,
            code_map,
            fx: None,
            related: None,
            attachments: Vec::new(),
            amounts: Amounts {
                billed,
                claimed: billed,
                subject_share: Money::zero(billed.ccy),
                other_payers: List::default(),
            },
        };
        let (terms, note) = draft.commit(salt).unwrap();
        let submit = SubmitClaim { terms, capacity: Capacity::Organisation };
        let claim = claim_id_of(&self.ledger.act(&hospital, Action::SubmitClaim(Box::new(submit)))?);
        match self.ledger.record(StateKey::Claim(claim)) {
            Some(Record::Claim(claim)) => Ok((*claim, note)),
            other => panic!("no claim: {other:?}"),
        }
    }

    /// Files a claim that cites both versions and the map, and verifies it as an auditor does: the lines are those of the
    /// claim, the lists and the map are those that it cites, and every code is what the map says.
    pub(super) fn files_and_verifies(&mut self, published: &Published, map: &CodeMap, mapped: &Mapped) {
        let cited = [map.src, map.dst];
        let (claim, note) = self.filed(mapped.lines(map), &cited, Some(map.id)).unwrap();
        let header = ClaimLine::header(&note.lines, claim.terms.amounts.billed.ccy, note.salt).unwrap();
        assert_eq!(header, claim.terms.lines, "the lines are those of the claim");
        let registered = self.map(claim.terms.code_map.unwrap());
        assert_eq!(claim.terms.codes, Set::new(cited).unwrap());
        assert_eq!(published.table.agrees(&registered), Ok(()));
        let pairs = || note.lines.iter().map(|line| (code_of(line, registered.src), code_of(line, registered.dst)));
        assert_eq!(published.table.verify(pairs()), Ok(()));
        assert!(pairs().all(|(_, target)| published.list.contains(target)), "every target is in the list");
    }

    /// E707 for a claim that hides the source, and for a code that is not what the map says of another.
    pub(super) fn refuses_what_is_not_of_the_map(&mut self, published: &Published, map: &CodeMap, mapped: &Mapped) {
        for cited in [&[map.dst][..], &[map.src]] {
            let refused = self.filed(mapped.lines(map), cited, Some(map.id));
            assert_eq!(refused.map(|_| ()).unwrap_err(), ErrorCode::CodeVersion);
        }
        let unknown = Some(assent_types::CodeMapId(Hash32([9; 32])));
        let refused = self.filed(mapped.lines(map), &[map.src, map.dst], unknown);
        assert_eq!(refused.map(|_| ()).unwrap_err(), ErrorCode::CodeVersion);
        let (source, _) = &mapped.pairs[0];
        let (_, other) = &mapped.pairs[1];
        let wrong = published.table.verify([(source.as_str(), other.as_str())]);
        assert_eq!(wrong.unwrap_err().code, ErrorCode::CodeVersion);
    }
}
