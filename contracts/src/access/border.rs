//! Transfers across a border: which basis carries them.

use assent_types::consent::{BasisKind, BasisStatus, Category, ConsentKind, Purpose, TransferBasis};
use assent_types::{Hash32, Millis};

use assent_types::place::{Jurisdiction, Place};
use assent_types::state::Params;

/// Whether a kind of basis is accepted and can carry data between these places at all.
///
/// The GBA standard contracts hold between the Mainland and Hong Kong, or the Mainland and Macao, and on the Mainland
/// for the nine cities only. There is none between Hong Kong and Macao.
pub(crate) fn kind_fits_places(params: &Params, kind: BasisKind, from: &Place, to: &Place) -> bool {
    let crosses = from.jur != to.jur && params.governance.basis_kinds.has(kind);
    match kind {
        BasisKind::GbaScHk => crosses && from.is_in(&params.gba_hk) && to.is_in(&params.gba_hk),
        BasisKind::GbaScMo => crosses && from.is_in(&params.gba_mo) && to.is_in(&params.gba_mo),
        BasisKind::CnScc
        | BasisKind::CnSecurityAssessment
        | BasisKind::CnCertification
        | BasisKind::CnExemptContract
        | BasisKind::CnExemptEmergency => crosses && from.jur == Jurisdiction::Cn,
        BasisKind::HkRmc => crosses && from.jur == Jurisdiction::Hk,
        BasisKind::MoTransfer => crosses && from.jur == Jurisdiction::Mo,
    }
}

/// Whether what is received under this kind may not leave the area again.
pub(crate) fn is_gba(kind: BasisKind) -> bool {
    matches!(kind, BasisKind::GbaScHk | BasisKind::GbaScMo)
}

/// Whether a basis is in force: active, inside its window, with an impact assessment, and filed in time.
pub(crate) fn is_live(basis: &TransferBasis, at: Millis) -> bool {
    basis.status == BasisStatus::Active
        && basis.effective <= at
        && at < basis.exp
        && (basis.filed || at < basis.filing_deadline)
        && basis.pia_ref != Hash32::ZERO
}

/// First instant after `at` at which the basis may be no longer in force.
pub(crate) fn ends(basis: &TransferBasis) -> Millis {
    if basis.filed { basis.exp } else { basis.exp.min(basis.filing_deadline) }
}

/// Whether a kind may be relied on for this purpose under this kind of consent.
///
/// The emergency exemption is for breaking the glass, which out of the Mainland needs it; the contract exemption is for
/// claims.
pub(crate) fn kind_fits_use(kind: BasisKind, purpose: Purpose, consent: ConsentKind, home: Jurisdiction) -> bool {
    let emergency = kind == BasisKind::CnExemptEmergency;
    if home == Jurisdiction::Cn && (purpose == Purpose::Btg) != emergency {
        return false;
    }
    kind != BasisKind::CnExemptContract || consent == ConsentKind::Claim
}

/// Whether the basis carries a category from one place to another.
pub(crate) fn carries(params: &Params, basis: &TransferBasis, category: Category, from: &Place, to: &Place) -> bool {
    kind_fits_places(params, basis.kind, from, to)
        && from.is_in(&basis.from)
        && to.is_in(&basis.to)
        && basis.categories.has(category)
}
