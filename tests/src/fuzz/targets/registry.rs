//! What an organisation keeps of bills and claims in its private registry, and what its terminals scan.

use assent_client::claims::{BillNote, ClaimLine, ClaimNote};
use assent_client::qr::PresentedCode;
use assent_types::claim_code::{Nonce, Presentation};
use assent_types::key::SecretKey;
use assent_types::{AnchorId, Currency, Day, Money, Sp};
use assent_types::{ClaimCodeId, FacilityId, Millis, OrgId, Text};

use super::super::samples;
use super::super::{Answer, first_word};
use super::{Corpus, Entry, binary, many, numbered, one, plain, text};

pub(super) const TARGETS: &[Entry] = &[
    (binary("registry-bill", plain::<BillNote>), bills),
    (binary("registry-claim", plain::<ClaimNote>), claims),
    (text("claim-code-qr", qr), qr_corpus),
];

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

/// A scanned text has one form.
fn qr(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    match PresentedCode::from_text(text) {
        Ok(presented) if presented.to_text() == text => Answer::Accepted,
        Ok(_) => Answer::Fault("a second text of one presented code".to_owned()),
        Err(error) => Answer::Refused(first_word(&error.to_string())),
    }
}

fn qr_corpus() -> Corpus {
    let holder = SecretKey::from_seed(&[6; 32]);
    let present = |handle: &str| {
        let place = (OrgId(2), FacilityId(1));
        let code = ClaimCodeId(samples::hash(12));
        let presentation = Presentation::sign(&holder, code, Nonce([7; 16]), place, Millis(9));
        PresentedCode { presentation, handle: Text::new(handle.to_owned()).unwrap_or_default() }.to_text().into_bytes()
    };
    numbered(["", "https://wallet.example/c/7"].map(present))
}
