//! One sweep ends sessions of two subjects: what is shown of the one says nothing of the other.

use assent_client::{AccessTrail, Cursor, EventItem, Proofs, access_trail};
use assent_types::oversight::LawfulLookup;
use assent_types::receipt::{Receipt, sweep_tx};
use assent_types::{Sp, encode};

use super::*;
use crate::UNLISTED;

/// How long both subjects' consents last: less than a permit, so that the sessions end with them, in one instant.
const CONSENT_MS: u64 = 15_000;

impl World<'_> {
    /// Subjects with a session each; both sessions end with the consents that permit them, at the time given.
    pub(super) async fn ending_together(&self) -> ([Patient; 2], Millis) {
        let patients = [self.patient().await, self.patient().await];
        let documents = [self.document(&patients[0]).await, self.document(&patients[1]).await];
        let end = Millis(assent_client::now_ms() + CONSENT_MS);
        for (patient, document) in patients.iter().zip(documents) {
            self.consent_until(patient, Some(end)).await;
            execute(&self.insurer, &self.key(INSURER), self.access(patient, &[document])).await;
        }
        (patients, end)
    }

    /// Exports the trails of both, by themselves and by their controller, and looks for the other one in them.
    pub(super) async fn trails_name_nobody_else(&self, patients: &[Patient; 2], end: Millis) {
        self.blocks_until(end).await;
        let swept = &self.swept_together(patients).await;
        for (own, other) in [(0, 1), (1, 0)].map(|(own, other)| (&patients[own], &patients[other])) {
            let subject = self.network.client_at(0, SecretKey::from_seed(&own.key.seed()));
            for reader in [&subject, &self.hospital] {
                let trail = access_trail(reader, own.sp, HOSPITAL).await.unwrap();
                assert!(trail.steps.iter().any(|step| step.receipt == *swept), "{:?}", trail.steps);
                assert!(!names(&trail, other.sp) && names(&trail, own.sp));
            }
            // A subject is not told of others by the receipt itself either, only their number.
            let told = told(&subject, swept).await;
            let opening = told.details.unwrap();
            assert!(opening.events.iter().all(|opened| opened.event.subject == Some(own.sp)) && !opening.is_whole());
            let bundle = told.bundle.unwrap();
            assert!(!holds(&bundle, other.sp) && holds(&bundle, own.sp));
        }
        answered(UNLISTED, "trail of a subject whose session one sweep ended with another's", "names nobody else");
    }

    /// The sweep that moved sessions of both. A regulator is shown all of it, so there is something to be hidden.
    async fn swept_together(&self, patients: &[Patient; 2]) -> Receipt {
        let regulator = self.network.client(REGULATOR);
        let until = Millis(assent_client::now_ms() + 86_400_000);
        let declare = LawfulLookup { subject: patients[0].sp, basis: Hash32([0x75; 32]), until };
        let declared = execute(&regulator, &self.key(REGULATOR), Action::LawfulLookup(declare)).await;
        let regulator = regulator.with_lookups(&[declared.receipt.tx]);
        let trail = access_trail(&regulator, patients[0].sp, HOSPITAL).await.unwrap();
        let last = &trail.steps.last().unwrap().receipt;
        assert_eq!(last.tx, sweep_tx(last.height), "the session was not ended by a sweep");
        let whole = told(&regulator, last).await;
        assert!(whole.details.unwrap().is_whole());
        let bundle = whole.bundle.unwrap();
        assert!(patients.iter().all(|patient| holds(&bundle, patient.sp)), "two sweeps, or the check cannot tell");
        last.clone()
    }
}

/// A receipt as a reader is told of it.
async fn told(reader: &Client, receipt: &Receipt) -> EventItem {
    let cursor = Cursor { height: receipt.height, index: receipt.index };
    let told = reader.events(cursor, Proofs::Verified).next().await.unwrap();
    assert_eq!(told.receipt, *receipt);
    told
}

fn names(trail: &AccessTrail, sp: Sp) -> bool {
    let steps = trail.steps.iter().map(|step| &step.bundle);
    steps.chain(&trail.session_proofs).chain([&trail.head]).any(|bundle| holds(bundle, sp))
}

fn holds(bundle: &[u8], sp: Sp) -> bool {
    let sp = encode(&sp);
    bundle.windows(sp.len()).any(|window| window == sp)
}
