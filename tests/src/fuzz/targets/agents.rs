//! What custodian agents and key services take from clients, and clients from them.

use assent_client::vault::{Deposit, ReleasedPart};
use assent_types::AnchorId;
use assent_types::session::{KeyPart, KeyPartKind};

use super::super::samples;
use super::{Corpus, Entry, binary, many, plain};

pub(super) const TARGETS: &[Entry] = &[
    (binary("agent-deposit", plain::<Deposit>), deposits),
    (binary("agent-released-part", plain::<ReleasedPart>), released),
];

fn deposits() -> Corpus {
    let wrapped = samples::vault::wrapped_dek();
    let own = Deposit::Controller { key: assent_vault::keys::ControllerKey::new([3; 32]), wrapped };
    let shares = samples::vault::shared_key().map(|key| key.shares).unwrap_or_default();
    many(&[own].into_iter().chain(shares.into_iter().map(Deposit::Share)).collect::<Vec<_>>())
}

fn released() -> Corpus {
    let kinds = [(KeyPartKind::Controller, Some(samples::vault::wrapped_dek())), (KeyPartKind::Share, None)];
    let releases = samples::vault::releases().unwrap_or_default();
    let part = |(release, (kind, wrapped)): (assent_vault::keys::Release, _)| ReleasedPart {
        part: KeyPart { anchor: AnchorId(samples::hash(7)), kind, ciphertext: release.hash() },
        release,
        wrapped,
    };
    many(&releases.into_iter().zip(kinds).map(part).collect::<Vec<_>>())
}
