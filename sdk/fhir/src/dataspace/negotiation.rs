//! The states of a negotiation (Dataspace Protocol 2025-1, Contract Negotiation Protocol).

use assent_types::consent::{Consent, ConsentStatus};
use assent_types::{ConsentId, Millis};

use super::policy_model::{Context, consent_iri, consent_of};
use crate::datatypes::read_json;
use crate::element::elements;
use crate::error::FhirError;

const ROOT: &str = "ContractNegotiation";

/// How far a negotiation is. ACCEPTED, AGREED and VERIFIED are passed through in the one act by which a consent is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegotiationState {
    /// The consumer asks for a contract.
    Requested,
    /// The provider offers one.
    Offered,
    /// The consumer accepts the offer.
    Accepted,
    /// The provider has sent the agreement.
    Agreed,
    /// The consumer has verified it.
    Verified,
    /// It holds.
    Finalized,
    /// There is none, or it holds no longer.
    Terminated,
}

impl NegotiationState {
    /// Every state, in the protocol's order.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Offered,
        Self::Accepted,
        Self::Agreed,
        Self::Verified,
        Self::Finalized,
        Self::Terminated,
    ];

    /// The state in the protocol's word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Offered => "OFFERED",
            Self::Accepted => "ACCEPTED",
            Self::Agreed => "AGREED",
            Self::Verified => "VERIFIED",
            Self::Finalized => "FINALIZED",
            Self::Terminated => "TERMINATED",
        }
    }

    /// What a consent's status at an instant is in a negotiation between its controller and its grantee.
    ///
    /// # Errors
    /// E711 for a suspended consent: the protocol knows no agreement that rests.
    pub fn of(consent: &Consent, at: Millis) -> Result<Self, FhirError> {
        match consent.effective_status(at) {
            ConsentStatus::Proposed if consent.proposed_by == Some(consent.terms.controller) => Ok(Self::Offered),
            ConsentStatus::Proposed => Ok(Self::Requested),
            ConsentStatus::Active => Ok(Self::Finalized),
            ConsentStatus::Suspended => {
                Err(FhirError::unsupported(format!("{ROOT}.state"), "the consent is suspended, and no agreement rests"))
            }
            ConsentStatus::Superseded
            | ConsentStatus::Revoked
            | ConsentStatus::Expired
            | ConsentStatus::Exhausted
            | ConsentStatus::Rejected
            | ConsentStatus::Lapsed
            | ConsentStatus::EnteredInError => Ok(Self::Terminated),
        }
    }
}

elements! {
    /// The message.
    ContractNegotiation {
        required context: Context = "@context",
        required kind: String = "@type",
        required provider: String = "providerPid",
        required consumer: String = "consumerPid",
        required state: String = "state",
    } ignores &["@id"]
}

/// A negotiation, which both parties know by the consent's identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiation {
    /// The consent.
    pub consent: ConsentId,
    /// How far it is.
    pub state: NegotiationState,
}

/// Writes a negotiation as a ContractNegotiation (JSON-LD) that [`negotiation_from_dsp`] reads back.
///
/// # Errors
/// None: every negotiation can be written.
pub fn negotiation_to_dsp(negotiation: &Negotiation) -> Result<String, FhirError> {
    let process = consent_iri(negotiation.consent);
    let message = ContractNegotiation {
        context: Context,
        kind: ROOT.to_owned(),
        provider: process.clone(),
        consumer: process,
        state: negotiation.state.code().to_owned(),
    };
    serde_json::to_string(&message).map_err(|error| FhirError::invalid(ROOT, error.to_string()))
}

/// Reads a ContractNegotiation in this form.
///
/// # Errors
/// E711 for another message or a negotiation that is not of one consent, E712 where it is not valid, E713 where something
/// is missing; each with its path.
pub fn negotiation_from_dsp(json: &str) -> Result<Negotiation, FhirError> {
    let message: ContractNegotiation = read_json(json, ROOT)?;
    if message.kind != ROOT {
        return Err(FhirError::unsupported(format!("{ROOT}.@type"), "only a ContractNegotiation is read here"));
    }
    let consent = consent_of(&message.provider, &format!("{ROOT}.providerPid"))?;
    if message.consumer != message.provider {
        let problem = "on the ledger both parties know a negotiation by the consent's identifier";
        return Err(FhirError::unsupported(format!("{ROOT}.consumerPid"), problem));
    }
    let state = NegotiationState::ALL.into_iter().find(|state| state.code() == message.state);
    let state = state.ok_or_else(|| FhirError::invalid(format!("{ROOT}.state"), "not a state of a negotiation"))?;
    Ok(Negotiation { consent, state })
}
