//! The tree of purposes, and who may ask for which.
//!
//! Codes and parents are those of HL7 v3 ActReason 4.0.0, PurposeOfUse. Being a kind of a purpose is not being covered
//! by a consent to it: `BTG` is an `ETREAT` is a `TREAT`, and no consent to treatment is one to break the glass. Purposes
//! marked as not inheriting have to be named.

use assent_types::consent::Purpose;
use assent_types::org::Role;

/// One purpose: its code, the next broader purpose, and whether a broader consent covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurposeNode {
    /// The purpose.
    pub purpose: Purpose,
    /// The next broader purpose that the ledger knows.
    pub parent: Option<Purpose>,
    /// Whether consent to a broader purpose is consent to this one.
    pub inherits: bool,
}

const fn node(purpose: Purpose, parent: Option<Purpose>, inherits: bool) -> PurposeNode {
    PurposeNode { purpose, parent, inherits }
}

/// The tree, in wire order. `HTEST` hangs under `SYSDEV`, which is no purpose here, and that under `HOPERAT`.
pub const TREE: &[PurposeNode] = {
    use Purpose::*;
    &[
        node(Treat, None, true),
        node(Coc, Some(Treat), true),
        node(Etreat, Some(Treat), true),
        node(Ertreat, Some(Etreat), true),
        node(Btg, Some(Etreat), false),
        node(Treatds, Some(Treat), false),
        node(Clintrl, Some(Treat), false),
        node(Hpaymt, None, true),
        node(Clmattch, Some(Hpaymt), true),
        node(Covauth, Some(Hpaymt), true),
        node(Coverage, Some(Hpaymt), true),
        node(Eligdtrm, Some(Coverage), true),
        node(Eligver, Some(Coverage), true),
        node(Enrollm, Some(Coverage), true),
        node(Remitadv, Some(Hpaymt), true),
        node(Pmtds, Some(Hpaymt), false),
        node(Hoperat, None, true),
        node(Patadmin, Some(Hoperat), true),
        node(Recordmgt, Some(Hoperat), true),
        node(Hqualimp, Some(Hoperat), true),
        node(Haccred, Some(Hoperat), true),
        node(Memadmin, Some(Hoperat), true),
        node(Fraud, Some(Hoperat), false),
        node(Hcompl, Some(Hoperat), false),
        node(Hlegal, Some(Hoperat), false),
        node(Gov, Some(Hoperat), false),
        node(Mltraining, Some(Hoperat), false),
        node(Hresch, None, false),
        node(Biorch, Some(Hresch), false),
        node(Clintrch, Some(Hresch), false),
        node(Clintrchpc, Some(Clintrch), false),
        node(Clintrchnpc, Some(Clintrch), false),
        node(Dsrch, Some(Hresch), false),
        node(Transrch, Some(Hresch), false),
        node(Poarch, Some(Hresch), false),
        node(Patrqt, None, true),
        node(Famrqt, Some(Patrqt), false),
        node(Pwatrny, Some(Patrqt), false),
        node(Supnwk, Some(Patrqt), false),
        node(Pubhlth, None, true),
        node(Disaster, Some(Pubhlth), true),
        node(Htest, Some(Hoperat), false),
    ]
};

fn node_of(purpose: Purpose) -> &'static PurposeNode {
    match TREE.iter().find(|node| node.purpose == purpose) {
        Some(node) => node,
        None => unreachable!("the tree has every purpose, as a test shows"),
    }
}

/// Whether `asked` is `granted` or a kind of it, inheritance or not.
pub fn is_kind_of(granted: Purpose, asked: Purpose) -> bool {
    granted == asked || node_of(asked).parent.is_some_and(|parent| is_kind_of(granted, parent))
}

/// Whether consent to `granted` covers `asked`: the same purpose, or a broader one with nothing on the way down that
/// has to be named.
pub fn covers(granted: Purpose, asked: Purpose) -> bool {
    let node = node_of(asked);
    granted == asked || (node.inherits && node.parent.is_some_and(|parent| covers(granted, parent)))
}

/// Whether dissent from `denied` forbids `asked`: the whole subtree, except that breaking the glass is forbidden by name
/// only.
pub fn dissent_reaches(denied: Purpose, asked: Purpose) -> bool {
    denied == asked || (asked != Purpose::Btg && is_kind_of(denied, asked))
}

/// Whether the purpose is research.
pub fn is_research(purpose: Purpose) -> bool {
    is_kind_of(Purpose::Hresch, purpose)
}

/// The roles that may ask for a purpose. Administrators act under a delegation only, and this version has none.
pub fn requesters(purpose: Purpose) -> &'static [Role] {
    use Purpose::*;
    match purpose {
        Treat | Coc | Etreat | Ertreat | Btg | Treatds => &[Role::Hospital],
        Clintrl => &[Role::Hospital, Role::Research],
        Hpaymt | Eligver => &[Role::Hospital, Role::Insurer],
        Clmattch | Covauth | Coverage | Eligdtrm | Enrollm | Pmtds | Memadmin => &[Role::Insurer],
        Remitadv => &[Role::Hospital, Role::Insurer, Role::Bank],
        Hoperat | Patadmin | Recordmgt | Hqualimp | Haccred => &[Role::Hospital],
        Fraud => &[Role::Insurer, Role::Regulator],
        Hcompl | Hlegal | Gov | Pubhlth | Disaster => &[Role::Regulator],
        Mltraining => &[Role::Hospital, Role::Insurer, Role::Research],
        Hresch | Biorch | Clintrch | Clintrchpc | Clintrchnpc | Dsrch | Transrch | Poarch => {
            &[Role::Hospital, Role::Research]
        }
        Patrqt => &[Role::Subject],
        Famrqt | Pwatrny | Supnwk => &[Role::Guardian],
        Htest => &[Role::Hospital, Role::Insurer, Role::Regulator, Role::Research],
    }
}

/// Whether a hospital may ask for the purpose about data that it controls itself, and about no other.
pub fn is_own_data_only(purpose: Purpose) -> bool {
    use Purpose::*;
    matches!(purpose, Hoperat | Patadmin | Recordmgt | Hqualimp | Haccred)
}
