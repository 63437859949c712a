//! What an organisation keeps of bills and claims in its private registry.

use assent_client::claims::{BillNote, ClaimLine, ClaimNote};
use assent_types::{AnchorId, Currency, Day, Money, Sp};

use super::super::samples;
use super::{Corpus, Entry, binary, many, one, plain};

pub(super) const TARGETS: &[Entry] =
    &[(binary("registry-bill", plain::<BillNote>), bills), (binary("registry-claim", plain::<ClaimNote>), claims)];

fn lines() -> Vec<ClaimLine> {
    let line = |(sequence, codes, minor)| ClaimLine { sequence, codes, minor };
    [(1, vec!["urn:charges|ROOM".to_owned()], 3_750), (2, Vec::new(), 0)].map(line).to_vec()
}

fn bills() -> Corpus {
    let bare = BillNote {
        number: b"BILL-7".to_vec(),
        subject: None,
        total: Money::new(Currency::Hkd, 3_750),
        service: None,
        lines: Vec::new(),
        document: None,
        evidence: Vec::new(),
    };
    let full = BillNote {
        subject: Some(Sp(samples::hash(4))),
        service: Some((Day(20_500), Day(20_503))),
        lines: lines(),
        document: Some(AnchorId(samples::hash(7))),
        evidence: vec![AnchorId(samples::hash(8)), AnchorId(samples::hash(9))],
        ..bare.clone()
    };
    many(&[bare, full])
}

fn claims() -> Corpus {
    one(&ClaimNote { salt: samples::hash(5), service: (Day(20_500), Day(20_503)), lines: lines() })
}
