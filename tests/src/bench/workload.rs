//! Subjects and their consents.

use assent_client::{builder, default_expiry};
use assent_types::action::{Action, GrantConsent, RegisterSubject, possession_of};
use assent_types::consent::{
    BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions, Effect, EvidenceKind,
    EvidenceRef, Grantees, Grantor, LabelRule, Limits, Obligations, PolicyRef, Purpose, Redisclosure, SeparateConsent,
    SeparateConsents,
};
use assent_types::key::SecretKey;
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use assent_types::tx::Transaction;
use assent_types::{ChainId, Hash32, Millis, OrgId, Set, Sp};

use super::BenchError;

/// The hospital that enrols every subject and controls its documents.
pub(super) const HOSPITAL: OrgId = OrgId(2);

/// A subject with its own key.
pub(super) struct Subject {
    sp: Sp,
    key: SecretKey,
}

impl Subject {
    /// A new one.
    pub(super) fn new() -> Result<Self, BenchError> {
        Self::with(SecretKey::from_seed(&builder::random().map_err(BenchError::new)?))
    }

    /// A new one with this key.
    pub(super) fn with(key: SecretKey) -> Result<Self, BenchError> {
        Ok(Self { sp: Sp(Hash32(builder::random().map_err(BenchError::new)?)), key })
    }

    /// Its pseudonym.
    pub(super) fn sp(&self) -> Sp {
        self.sp
    }

    /// The transaction that registers it, signed by the hospital.
    pub(super) fn registration(&self, chain: ChainId, hospital: &SecretKey) -> Result<Transaction, BenchError> {
        let key = self.key.public();
        let action = Action::RegisterSubject(RegisterSubject {
            sp: self.sp,
            key,
            loa: 2,
            age_band: AgeBand::Adult,
            attest: Hash32([1; 32]),
            possession: self.key.sign_possession(&possession_of(chain, &key, &self.sp)),
        });
        builder::transaction(chain, hospital, default_expiry(), action, &[]).map_err(BenchError::new)
    }

    /// The transaction by which it grants a consent for treatment, signed by itself.
    pub(super) fn grant(&self, chain: ChainId) -> Result<Transaction, BenchError> {
        self.grant_for(chain, Purpose::Treat)
    }

    /// The same for another purpose.
    pub(super) fn grant_for(&self, chain: ChainId, purpose: Purpose) -> Result<Transaction, BenchError> {
        let grant = GrantConsent { proposal: None, terms: terms(self.sp, purpose)?, grantor: Grantor::Subject };
        let action = Action::GrantConsent(Box::new(grant));
        builder::transaction(chain, &self.key, default_expiry(), action, &[]).map_err(BenchError::new)
    }

    /// The key with which it signs.
    pub(super) fn key(&self) -> &SecretKey {
        &self.key
    }
}

/// Laboratory results and diagnoses for one purpose, to three organisations in Hong Kong.
fn terms(subject: Sp, purpose: Purpose) -> Result<ConsentTerms, BenchError> {
    let evidence =
        EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([4; 32]), timestamp: None, mutually_recognised: false };
    let grantees = Set::new([OrgId(1), OrgId(2), OrgId(3)]).map_err(BenchError::new)?;
    Ok(ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject,
        controller: HOSPITAL,
        grantees: Grantees { orgs: grantees, ..Grantees::default() },
        purposes: Set::new([purpose]).map_err(BenchError::new)?,
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Lab, Category::Diagnosis]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: Set::new([Place::whole(Jurisdiction::Hk)]).map_err(BenchError::new)?,
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) },
        evidence,
    })
}
