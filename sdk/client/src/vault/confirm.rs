use assent_types::access::AccessRequest;
use assent_types::error::ErrorCode;
use assent_types::ids::{ChainId, Hash32, HpkeKey, Millis, SessionId};
use assent_types::key::SecretKey;
use assent_types::session::{ConfirmToken, confirmation_of};
use assent_vault::keys::SessionSecret;
use zeroize::Zeroizing;

use super::Vault;
use super::error::VaultError;
use crate::builder;
use crate::error::ClientError;
use crate::registry::Kind;

/// The pair of a session's reply key.
pub(super) struct ReplyKey {
    /// The secret half.
    pub(super) secret: Zeroizing<[u8; 32]>,
    /// The public half, to which key parts are sealed.
    pub(super) public: HpkeKey,
}

impl ReplyKey {
    /// A fresh one.
    pub(super) fn draw() -> Result<Self, VaultError> {
        Ok(Self::of(Zeroizing::new(builder::random().map_err(ClientError::from)?)))
    }

    fn of(secret: Zeroizing<[u8; 32]>) -> Self {
        let public = HpkeKey(Hash32(SessionSecret::new(*secret).public().0));
        Self { secret, public }
    }
}

/// What a subject is shown and asked to confirm: a request, and the key for which it will be sent. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToConfirm {
    /// The chain.
    pub chain: ChainId,
    /// What is asked.
    pub request: AccessRequest,
    /// The session's key.
    pub reply_key: HpkeKey,
}

impl ToConfirm {
    /// The subject's confirmation of this request and no other, which counts for one request until an instant. The ledger
    /// takes no token that would count for longer than its parameter `access.confirm_ttl_ms`, nor a proxy's.
    pub fn confirm(&self, subject: &SecretKey, until: Millis) -> ConfirmToken {
        let confirmed = confirmation_of(self.chain, &self.request, &self.reply_key, until);
        ConfirmToken { until, signature: subject.sign_confirmation(&confirmed) }
    }
}

impl Vault {
    /// Prepares a request that its subject has to confirm before it is sent. The secret half of the reply key lies in the
    /// registry until [`Vault::request_confirmed`].
    ///
    /// # Errors
    /// No randomness, or the registry's disk.
    pub fn prepare_request(&self, request: AccessRequest) -> Result<ToConfirm, VaultError> {
        let key = ReplyKey::draw()?;
        self.registry.put(Kind::Confirmation, &key.public.0.0, &key.secret[..])?;
        Ok(ToConfirm { chain: self.client.chain(), request, reply_key: key.public })
    }

    /// Asks for access with the subject's confirmation; as [`Vault::request`].
    ///
    /// # Errors
    /// E103 for a request of another chain, E506 for one that was not prepared here or was sent already; as
    /// [`Vault::request`], D54 for a token that does not confirm this request any more or by this subject.
    pub async fn request_confirmed(
        &self,
        key: &SecretKey,
        prepared: ToConfirm,
        token: ConfirmToken,
    ) -> Result<SessionId, VaultError> {
        if prepared.chain != self.client.chain() {
            return Err(ErrorCode::WrongChain.into());
        }
        let name = prepared.reply_key.0.0;
        let detail = || "this registry has no key for the request: it was prepared elsewhere, or was sent".to_owned();
        let lost = || VaultError::Refused { code: ErrorCode::NotRequester, detail: detail() };
        let kept = self.registry.get(Kind::Confirmation, &name)?.ok_or_else(lost)?;
        let secret = <[u8; 32]>::try_from(&kept[..]).map_err(|_| lost())?;
        let reply_key = ReplyKey::of(Zeroizing::new(secret));
        let sent = self.ask(key, prepared.request, &reply_key, Some(token)).await;
        // Once it is decided the key is the session's, or nobody's.
        if matches!(sent, Ok(_) | Err(VaultError::Denied { .. })) {
            self.registry.erase(Kind::Confirmation, &name)?;
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use assent_types::access::{Asked, UserRole};
    use assent_types::codec::{List, Set};
    use assent_types::consent::{DataAction, Purpose};
    use assent_types::ids::{AnchorId, FacilityId, OrgId, Sp};
    use assent_types::place::{Jurisdiction, Place};

    use super::*;

    fn prepared() -> ToConfirm {
        let request = AccessRequest {
            requester: OrgId(2),
            facility: FacilityId(1),
            user_ref: Hash32([1; 32]),
            user_role: UserRole::Physician,
            subject: Sp(Hash32([2; 32])),
            controller: OrgId(1),
            asked: Asked::Documents {
                anchors: Set::new([AnchorId(Hash32([3; 32]))]).unwrap(),
                deliver_to: Place::whole(Jurisdiction::Hk),
                case: None,
            },
            purpose: Purpose::Treat,
            action: DataAction::Access,
            xborder_basis: None,
            btg: None,
        };
        ToConfirm { chain: ChainId(Hash32([4; 32])), request, reply_key: HpkeKey(Hash32([5; 32])) }
    }

    #[test]
    fn a_confirmation_is_of_one_request_one_key_one_chain_and_one_instant() {
        let subject = SecretKey::from_seed(&[7; 32]);
        let asked = prepared();
        let token = asked.confirm(&subject, Millis(1000));
        let holds = |other: &ToConfirm, until| {
            let confirmed = confirmation_of(other.chain, &other.request, &other.reply_key, until);
            subject.public().verify_confirmation(&confirmed, &token.signature)
        };
        assert!(holds(&asked, token.until));
        assert!(!holds(&asked, Millis(1001)));
        assert!(!holds(&ToConfirm { chain: ChainId(Hash32([9; 32])), ..asked.clone() }, token.until));
        assert!(!holds(&ToConfirm { reply_key: HpkeKey(Hash32([9; 32])), ..asked.clone() }, token.until));
        let mut other = asked.clone();
        other.request.asked = Asked::Data(List::default());
        assert!(!holds(&other, token.until));
    }

    #[test]
    fn what_the_subject_is_shown_reads_back_and_nothing_is_passed_over() {
        let asked = prepared();
        let text = serde_json::to_string(&asked).unwrap();
        assert_eq!(serde_json::from_str::<ToConfirm>(&text).unwrap(), asked);
        let more = text.replacen('{', "{\"note\": 1, ", 1);
        assert!(serde_json::from_str::<ToConfirm>(&more).is_err());
    }
}
