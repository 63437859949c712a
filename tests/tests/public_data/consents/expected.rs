//! What each example's narrative permits, and what the ledger answers.

use assent_genesis::sample::{HONG_KONG_HOSPITAL, HONG_KONG_INSURER, SHENZHEN_HOSPITAL};
use assent_types::access::{Reason, UserRole};
use assent_types::consent::{Category, Purpose};
use assent_types::{Month, OrgId};

use crate::ledger::{RESEARCH_HOUSE, SECOND_HOSPITAL};

/// June 2022, in which the examples were written.
pub(super) const JUNE: Month = Month(629);

/// A request, what the narrative says of it, and why the ledger denies it; no reason where it is permitted.
#[derive(Clone, Copy)]
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) requester: OrgId,
    pub(super) user: UserRole,
    pub(super) purpose: Purpose,
    pub(super) category: Category,
    pub(super) grade: u8,
    pub(super) month: Month,
    pub(super) document: Option<&'static str>,
    /// Asked in January 2023 rather than in June 2022.
    pub(super) late: bool,
    pub(super) narrative: bool,
    pub(super) reasons: &'static [Reason],
}

impl Question {
    const fn of(self, month: u32) -> Self {
        Self { month: Month(month), ..self }
    }

    const fn graded(self, grade: u8) -> Self {
        Self { grade, ..self }
    }

    const fn document(self, name: &'static str) -> Self {
        Self { document: Some(name), ..self }
    }

    const fn late(self) -> Self {
        Self { late: true, ..self }
    }

    const fn by(self, requester: OrgId) -> Self {
        Self { requester, ..self }
    }

    const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The narrative forbids it.
    const fn outside(self, reasons: &'static [Reason]) -> Self {
        Self { narrative: false, reasons, ..self }
    }

    /// The narrative allows it, and the ledger does not.
    const fn stricter(self, reasons: &'static [Reason]) -> Self {
        Self { reasons, ..self }
    }
}

/// Another hospital treats.
const TREAT: Question = Question {
    name: "treatment at another hospital",
    requester: SECOND_HOSPITAL,
    user: UserRole::Physician,
    purpose: Purpose::Treat,
    category: Category::Diagnosis,
    grade: 3,
    month: JUNE,
    document: None,
    late: false,
    narrative: true,
    reasons: &[],
};
const PAY: Question = Question {
    name: "payment by an insurer",
    requester: HONG_KONG_INSURER,
    user: UserRole::ClaimsAssessor,
    purpose: Purpose::Hpaymt,
    ..TREAT
};
const OPERATE: Question = Question {
    name: "operations of the controller",
    requester: HONG_KONG_HOSPITAL,
    user: UserRole::BillingClerk,
    purpose: Purpose::Hoperat,
    ..TREAT
};
const RESEARCH: Question =
    Question { name: "research at a hospital", user: UserRole::Researcher, purpose: Purpose::Hresch, ..TREAT };
const STUDY: Question = RESEARCH.by(RESEARCH_HOUSE).named("research at a research house");
const GLASS: Question = Question { name: "breaking the glass", purpose: Purpose::Btg, ..TREAT };
const ABROAD: Question = TREAT.by(SHENZHEN_HOSPITAL).named("treatment in Shenzhen");

/// What becomes of an example.
pub(super) enum Expected {
    /// It is refused: number and element.
    Refused(u16, &'static str),
    /// It is granted, and decides these.
    Decided(&'static [Question]),
}

use Expected::{Decided, Refused};
use Reason::{
    ConfirmMissing, GlassForbidden, GradeNotCovered, InstanceNotCovered, Minimisation, NoConsent, PeriodNotCovered,
    PurposeNotCovered, SubjectDeny,
};

/// Treatment, payment and operations in the community, and nothing else.
const CARE: &[Question] = &[
    TREAT,
    PAY,
    OPERATE,
    RESEARCH.outside(&[PurposeNotCovered]),
    STUDY.outside(&[NoConsent]),
    ABROAD.outside(&[NoConsent]),
];

/// Care with normal data only.
const NORMAL: &[Question] = &[
    TREAT.graded(4).named("normal data"),
    TREAT.graded(5).named("restricted data").outside(&[GradeNotCovered, ConfirmMissing]),
    PAY,
    OPERATE,
    RESEARCH.outside(&[PurposeNotCovered]),
];

/// Every example by its name.
pub(super) const EXPECTED: &[(&str, Expected)] = &[
    ("ex-consent-basic-treat", Decided(CARE)),
    ("ex-consent-basic-treat-infant", Decided(CARE)),
    ("ex-consent-basic-ink", Decided(CARE)),
    (
        "ex-consent-expired-treat",
        Decided(&[
            TREAT,
            TREAT.late().named("treatment after the end").outside(&[Reason::Expired]),
            RESEARCH.outside(&[PurposeNotCovered]),
        ]),
    ),
    (
        "ex-consent-basic-reject",
        Decided(&[
            TREAT.outside(&[SubjectDeny, NoConsent]),
            PAY.outside(&[SubjectDeny, NoConsent]),
            OPERATE.outside(&[SubjectDeny, NoConsent]),
            // Who rejects treatment rejects it in an emergency as well, unless the dissent says otherwise.
            GLASS.outside(&[GlassForbidden]),
        ]),
    ),
    (
        "ex-consent-basic-research",
        Decided(&[
            STUDY,
            // Kinds of research are to be named: personal information is not used for what was not named (PIPL art. 14).
            Question { name: "data science", purpose: Purpose::Dsrch, ..STUDY }.stricter(&[PurposeNotCovered]),
            TREAT.outside(&[NoConsent]),
        ]),
    ),
    (
        "ex-consent-intermediate-timeframe",
        Decided(&[
            TREAT,
            TREAT.of(624).named("data of the first month"),
            TREAT.of(635).named("data of the last month"),
            TREAT.of(623).named("data of the month before").outside(&[PeriodNotCovered]),
            TREAT.of(636).named("data of the month after").outside(&[PeriodNotCovered]),
            RESEARCH.outside(&[PurposeNotCovered]),
        ]),
    ),
    (
        "ex-consent-intermediate-not-timeframe",
        Decided(&[
            TREAT.outside(&[SubjectDeny]),
            TREAT.of(624).named("data of the first month").outside(&[SubjectDeny]),
            TREAT.of(635).named("data of the last month").outside(&[SubjectDeny]),
            TREAT.of(623).named("data of the month before"),
            TREAT.of(636).named("data of the month after"),
            RESEARCH.of(623).outside(&[PurposeNotCovered]),
        ]),
    ),
    ("ex-consent-intermediate-authoredby", Refused(711, "Consent.provision.data[0].meaning")),
    ("ex-consent-intermediate-not-authoredby", Refused(711, "Consent.provision.provision[0].data[0].meaning")),
    ("ex-consent-intermediate-encounter", Refused(711, "Consent.provision.data[0].meaning")),
    ("ex-consent-intermediate-not-encounter", Refused(711, "Consent.provision.provision[0].data[0].meaning")),
    (
        "ex-consent-intermediate-data",
        Decided(&[
            TREAT.document("Observation/ex-weight").named("a document that is listed"),
            TREAT.document("Encounter/ex-encounter").named("another that is listed"),
            TREAT.document("another").named("a document that is not listed").outside(&[InstanceNotCovered]),
            TREAT.named("data of any document").outside(&[InstanceNotCovered]),
            RESEARCH.document("Observation/ex-weight").outside(&[PurposeNotCovered]),
        ]),
    ),
    (
        "ex-consent-intermediate-not-data",
        Decided(&[
            TREAT.document("Observation/ex-alcoholUse").named("the document that is excepted").outside(&[SubjectDeny]),
            TREAT.document("Observation/ex-weight").named("a document that is not excepted"),
            // Data that nobody names could be of the document that is excepted.
            TREAT.named("data of any document").stricter(&[SubjectDeny]),
            RESEARCH.document("Observation/ex-weight").outside(&[PurposeNotCovered]),
        ]),
    ),
    ("ex-consent-intermediate-purpose", Refused(711, "Consent.provision.purpose[0]")),
    (
        "ex-dissent-intermediate-break-glass",
        Decided(&[
            TREAT.outside(&[SubjectDeny, NoConsent]),
            PAY.outside(&[SubjectDeny, NoConsent]),
            STUDY.outside(&[SubjectDeny, NoConsent]),
            GLASS,
        ]),
    ),
    ("ex-consent-advanced-normal", Decided(NORMAL)),
    (
        "ex-consent-advanced-normal-restricted",
        Decided(&[
            TREAT.graded(4).named("normal data"),
            // Restricted data needs the subject's word each time, which sessions carry.
            TREAT.graded(5).named("restricted data without confirmation").stricter(&[ConfirmMissing]),
            RESEARCH.outside(&[PurposeNotCovered]),
        ]),
    ),
    ("ex-consent-advanced-normal-not-restricted", Decided(NORMAL)),
    (
        "ex-consent-advanced-normal-focused-restricted",
        Refused(711, "Consent.provision.provision[0].actor[0].reference"),
    ),
    ("ex-consent-advanced-normal-focused-psy", Refused(711, "Consent.provision.provision[0].actor[0].reference")),
    (
        "ex-consent-advanced-normal-focused-psy-or-sdv",
        Refused(711, "Consent.provision.provision[0].actor[0].reference"),
    ),
    (
        "ex-consent-advanced-normal-break-glass-restricted",
        Decided(&[
            TREAT.graded(4).named("normal data"),
            // The nearest consent is that to breaking the glass.
            TREAT.graded(5).named("restricted data").outside(&[PurposeNotCovered, ConfirmMissing]),
            GLASS.graded(4).named("breaking the glass for normal data"),
            // The minimisation matrix gives emergencies grades up to 4.
            GLASS.graded(5).named("breaking the glass for restricted data").stricter(&[Minimisation]),
            RESEARCH.outside(&[PurposeNotCovered]),
        ]),
    ),
    ("Consent-consent-example-Emergency.json", Refused(711, "Consent.category[0]")),
    (
        "Consent-consent-example-Out.json",
        Decided(&[
            TREAT.outside(&[SubjectDeny, NoConsent]),
            PAY.outside(&[SubjectDeny, NoConsent]),
            STUDY.outside(&[SubjectDeny, NoConsent]),
            GLASS.outside(&[GlassForbidden]),
        ]),
    ),
    ("Consent-consent-example-basic.json", Refused(713, "Consent.provision.type")),
    ("Consent-consent-example-grantor.json", Refused(711, "Consent.category[0]")),
    ("Consent-consent-example-notAuthor.json", Refused(713, "Consent.provision.type")),
    (
        "Consent-consent-example-notOrg.json",
        Decided(&[
            TREAT,
            PAY,
            TREAT
                .by(HONG_KONG_HOSPITAL)
                .named("treatment at the organisation that is excepted")
                .outside(&[SubjectDeny]),
            STUDY.outside(&[NoConsent]),
        ]),
    ),
    ("Consent-consent-example-notThem.json", Refused(713, "Consent.provision.type")),
    ("Consent-consent-example-notThis.json", Refused(713, "Consent.provision.type")),
    ("Consent-consent-example-notTime.json", Refused(713, "Consent.provision.type")),
    ("Consent-consent-example-pkb.json", Refused(713, "Consent.provision.type")),
    ("Consent-consent-example-signature.json", Refused(711, "Consent.category[0]")),
    ("Consent-consent-example-smartonfhir.json", Refused(713, "Consent.provision.type")),
];
