use std::fmt;
use std::path::Path;

use assent_types::action::{Action, RegisterSubject, possession_of};
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::state::{Record, StateKey};
use assent_types::subject::AgeBand;
use assent_types::{Hash32, Sp};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroize;

use super::config::IngestError;
use super::pseudonym::{RecordName, Scope};
use super::report::Outcome;
use super::run::Ingestor;
use crate::builder;
use crate::claims::commit;
use crate::error::ClientError;
use crate::registry::Kind;

/// What the registry keeps of a subject.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct SubjectNote {
    /// The pseudonym for the own organisation as controller.
    pub sp: Sp,
    /// Salt of the attestation of the enrolment.
    pub attest_salt: Hash32,
    /// Seed of the subject's key, until the key is handed over.
    pub(super) seed: Option<[u8; 32]>,
    /// The age band of the registration: a repeated one has to be the same.
    pub age_band: AgeBand,
}

impl Drop for SubjectNote {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl fmt::Debug for SubjectNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectNote").field("sp", &self.sp).finish_non_exhaustive()
    }
}

impl SubjectNote {
    /// The subject's key, unless it was handed over.
    pub fn key(&self) -> Option<SecretKey> {
        self.seed.as_ref().map(SecretKey::from_seed)
    }
}

impl Ingestor<'_> {
    /// Enrols who has this record, once.
    pub(super) async fn enrol(&self, record: &RecordName, age_band: AgeBand) -> Result<(Sp, Outcome), IngestError> {
        let known: Option<SubjectNote> = self.registry.get_value(Kind::Subject, record.as_bytes())?;
        let is_new = known.is_none();
        let note = match known {
            Some(note) => note,
            None => {
                let sp = self.pseudonyms.pseudonym(record, Scope::Controller(self.config.org));
                let (attest_salt, seed) = (Hash32(builder::random()?), Some(builder::random()?));
                let note = SubjectNote { sp, attest_salt, seed, age_band };
                // Kept before it is registered: a subject whose key is lost could never act.
                self.registry.put_value(Kind::Subject, record.as_bytes(), &note)?;
                note
            }
        };
        if !is_new && self.is_registered(note.sp).await? {
            return Ok((note.sp, Outcome::Already));
        }
        // A key that was handed over belongs to somebody who was registered with it.
        let Some(key) = note.key() else { return Err(ErrorCode::Subject.into()) };
        let (public, chain) = (key.public(), self.client.chain());
        let action = Action::RegisterSubject(RegisterSubject {
            sp: note.sp,
            key: public,
            loa: self.config.loa,
            age_band: note.age_band,
            attest: commit(note.attest_salt, "record", record.as_bytes()),
            possession: key.sign_possession(&possession_of(chain, &public, &note.sp)),
        });
        self.execute(action).await?;
        Ok((note.sp, Outcome::Done))
    }

    async fn is_registered(&self, sp: Sp) -> Result<bool, IngestError> {
        let key = StateKey::Subject(sp);
        match self.client.get(&[key]).await {
            Ok(state) => {
                let record = state.value(&key).flatten().map(|value| &value.record);
                Ok(matches!(record, Some(Record::Subject(found)) if found.enrolled_by == self.config.org))
            }
            // The enroller alone may read a subject; nobody may read that there is none.
            Err(ClientError::Refused { code: ErrorCode::Acl, .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Hands the keys of all subjects over that the registry still has: each is given to `take`, and destroyed here once
    /// that has kept it.
    ///
    /// # Errors
    /// The registry's, and what `take` says.
    pub fn hand_over<E: From<IngestError>>(
        &self,
        mut take: impl FnMut(Sp, &SecretKey) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut handed = 0;
        let failed = |error| E::from(IngestError::from(error));
        for (name, value) in self.registry.entries(Kind::Subject).map_err(failed)? {
            let mut note: SubjectNote = assent_types::decode(&value)
                .map_err(|_| E::from(crate::registry::RegistryError::Damaged(Path::new("subjects").into()).into()))?;
            let Some(key) = note.key() else { continue };
            take(note.sp, &key)?;
            note.seed.zeroize();
            note.seed = None;
            self.registry.put_value(Kind::Subject, &name, &note).map_err(failed)?;
            handed += 1;
        }
        Ok(handed)
    }
}
