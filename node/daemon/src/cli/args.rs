//! Flags that several commands share.

use std::path::PathBuf;

use assent_client::FinalReceipt;
use assent_types::claim::Capacity;
use assent_types::consent::{AttestMethod, EvidenceKind, EvidenceRef, Grantor};
use assent_types::ids::{Hash32, MandateId};
use assent_types::key::SecretKey;
use assent_types::state::StateKey;

use super::context::{Context, load_key};
use super::output::{CliError, save};
use super::parse;

/// Who acts on a consent.
#[derive(clap::Args)]
pub(super) struct GrantorArgs {
    /// Key file of the subject, who signs
    #[arg(long, value_name = "FILE", group = "grantor")]
    subject_key: Option<PathBuf>,
    /// Key file of a proxy, who signs under --mandate
    #[arg(long, value_name = "FILE", group = "grantor", requires = "mandate")]
    proxy_key: Option<PathBuf>,
    /// The proxy's mandate
    #[arg(long, value_name = "ID", requires = "proxy_key")]
    mandate: Option<MandateId>,
    /// The own organisation attests the subject's will, established by this method
    #[arg(long, value_name = "METHOD", group = "grantor", requires = "clerk")]
    attest: Option<AttestMethod>,
    /// The clerk who attests, as a keyed hash that only the organisation can open
    #[arg(long, value_name = "HASH", requires = "attest")]
    clerk: Option<Hash32>,
}

impl GrantorArgs {
    /// Who acts, and the key that signs.
    pub(super) fn resolve(&self, context: &Context) -> Result<(Grantor, Signer), CliError> {
        if let Some(path) = &self.subject_key {
            return Ok((Grantor::Subject, Signer::Other(Box::new(load_key(path)?))));
        }
        if let (Some(path), Some(mandate)) = (&self.proxy_key, self.mandate) {
            return Ok((Grantor::Proxy { mandate }, Signer::Other(Box::new(load_key(path)?))));
        }
        if let (Some(method), Some(clerk)) = (self.attest, self.clerk) {
            return Ok((Grantor::OrgAttested { org: context.org()?, method, clerk }, Signer::Own));
        }
        // Without a flag the key of the configuration is the subject's own.
        match context.org {
            None => Ok((Grantor::Subject, Signer::Own)),
            Some(_) => Err(CliError::usage("say who acts: --subject-key, --proxy-key with --mandate, or --attest")),
        }
    }
}

/// Who acts on a claim or payment: the own organisation, unless a person's key is named.
#[derive(clap::Args)]
pub(super) struct CapacityArgs {
    /// Key file of the subject, who signs
    #[arg(long, value_name = "FILE", group = "capacity")]
    subject_key: Option<PathBuf>,
    /// Key file of a proxy, who signs under --mandate
    #[arg(long, value_name = "FILE", group = "capacity", requires = "mandate")]
    proxy_key: Option<PathBuf>,
    /// The proxy's mandate
    #[arg(long, value_name = "ID", requires = "proxy_key")]
    mandate: Option<MandateId>,
}

impl CapacityArgs {
    /// In which capacity, and the key that signs.
    pub(super) fn resolve(&self, context: &Context) -> Result<(Capacity, Signer), CliError> {
        if let Some(path) = &self.subject_key {
            return Ok((Capacity::Subject, Signer::Other(Box::new(load_key(path)?))));
        }
        if let (Some(path), Some(mandate)) = (&self.proxy_key, self.mandate) {
            return Ok((Capacity::Proxy { mandate }, Signer::Other(Box::new(load_key(path)?))));
        }
        // A configuration without an organisation is a person's.
        let capacity = if context.org.is_some() { Capacity::Organisation } else { Capacity::Subject };
        Ok((capacity, Signer::Own))
    }
}

/// Whose key signs.
pub(super) enum Signer {
    /// The configuration's.
    Own,
    /// Another file's.
    Other(Box<SecretKey>),
}

impl Signer {
    pub(super) fn key<'a>(&'a self, context: &'a Context) -> &'a SecretKey {
        match self {
            Self::Own => &context.key,
            Self::Other(key) => key,
        }
    }
}

/// Evidence that stays off the ledger: only its salted hash goes there.
#[derive(clap::Args)]
pub(super) struct EvidenceArgs {
    /// File with the evidence; its salted hash goes to the ledger, the salt is printed
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Option<PathBuf>,
    /// Kind of the evidence
    #[arg(long, value_name = "KIND", default_value = "PAPER_SCAN")]
    pub(super) evidence_kind: EvidenceKind,
    /// Hash of the evidence's time-stamp token (RFC 3161)
    #[arg(long, value_name = "HASH")]
    pub(super) evidence_timestamp: Option<Hash32>,
}

impl EvidenceArgs {
    /// The reference and its salt, if a file was named.
    pub(super) fn resolve(&self) -> Result<Option<(EvidenceRef, Hash32)>, CliError> {
        let Some(path) = &self.evidence else { return Ok(None) };
        let (hash, salt) = parse::evidence_hash(path)?;
        let reference = EvidenceRef {
            kind: self.evidence_kind,
            hash,
            timestamp: self.evidence_timestamp,
            mutually_recognised: false,
        };
        Ok(Some((reference, salt)))
    }
}

/// Where to keep the proof.
#[derive(clap::Args)]
pub(super) struct SaveArgs {
    /// Write the proof bundle to this file, for assent-verify
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
}

impl SaveArgs {
    pub(super) fn save(&self, bundle: &[u8]) -> Result<(), CliError> {
        match &self.save {
            Some(path) => save(path, bundle),
            None => Ok(()),
        }
    }

    /// Whether a proof is to be kept.
    pub(super) fn is_wanted(&self) -> bool {
        self.save.is_some()
    }

    /// Keeps the proof of a record as it is now, where one is wanted.
    pub(super) async fn record(&self, context: &Context, key: StateKey) -> Result<(), CliError> {
        if self.is_wanted() { self.save(&context.record(key).await?.1) } else { Ok(()) }
    }

    pub(super) fn receipt(&self, receipt: &FinalReceipt) -> Result<(), CliError> {
        self.save(&receipt.bundle)
    }
}
