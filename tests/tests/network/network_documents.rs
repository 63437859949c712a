//! Documents through real processes: nodes, custodian agents and key services, over TLS.

mod attacks;
mod break_glass;
mod erasure;
mod full_disk;
mod holders;
mod possession;
mod record;
mod story;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assent_client::Client;
use assent_tests::e2e::{Network, Patient, must_execute, until};
use assent_types::OrgId;
use assent_types::action::{Action, ConsentRef, GrantConsent, RevokeConsent};
use assent_types::codec::Set;
use assent_types::consent::{
    BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions, Effect, EvidenceKind,
    EvidenceRef, Grantees, Grantor, LabelRule, Limits, Obligations, PolicyRef, Purpose, Redisclosure, SeparateConsents,
    consent_id_of,
};
use assent_types::ids::{ConsentId, Hash32, Millis};
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use serde_json::Value;

/// Who controls the documents, and who asks for them.
const CONTROLLER: (OrgId, &str) = (OrgId(2), "hongkong-hospital");
const REQUESTER: (OrgId, &str) = (OrgId(3), "hongkong-insurer");

/// The custodian of each shard.
const CUSTODIANS: [(OrgId, &str); 4] = [
    (OrgId(14), "custodian-hongkong-1"),
    (OrgId(15), "custodian-hongkong-2"),
    (OrgId(16), "custodian-hongkong-3"),
    (OrgId(11), "custodian-guangzhou"),
];

/// A network with agents, a patient who shares with the insurer, and a keyset.
struct World {
    network: Network,
    patient: Patient,
    client: Client,
    keyset: String,
    consent: ConsentId,
}

impl World {
    async fn start() -> Self {
        let mut network = Network::start();
        network.run_agents();
        Self::on(network).await
    }

    /// A world on a network whose agents run already.
    async fn on(network: Network) -> Self {
        let client = network.client(&[1], CONTROLLER.0);
        let patient = Patient::new();
        let hospital = network.key(CONTROLLER.0, "sign-tx");
        must_execute(&client, &hospital, patient.registration(network.chain, AgeBand::Adult), &[]).await;
        let keyset = network.cli(CONTROLLER.1, &["doc", "keyset", "--threshold", "1", "--holder", "2"]);
        let keyset = keyset["keyset"].as_str().unwrap().to_owned();
        let mut world = Self { network, patient, client, keyset, consent: ConsentId::default() };
        world.consent = world.grant().await;
        world
    }

    /// The patient shares with the insurer, for claims.
    async fn grant(&self) -> ConsentId {
        let terms = terms(&self.patient);
        let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
        let action = Action::GrantConsent(Box::new(grant));
        let receipt = must_execute(&self.client, &self.patient.key, action, &[]).await;
        consent_id_of(&receipt.receipt.tx)
    }

    /// The patient takes it back.
    async fn revoke(&self) {
        let target = ConsentRef { subject: self.patient.sp, controller: CONTROLLER.0, consent: self.consent };
        let revoke = RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
        must_execute(&self.client, &self.patient.key, Action::RevokeConsent(revoke), &[]).await;
    }

    /// A file of so many bytes that no other test has.
    fn file(&self, name: &str, bytes: usize) -> (PathBuf, Vec<u8>) {
        let path = self.network.dir().join(name);
        let mut content = Vec::with_capacity(bytes + 64);
        let mut number = 0_u64;
        while content.len() < bytes {
            content.extend_from_slice(format!("{name} line {number}: haemoglobin 13.2 g/dL\n").as_bytes());
            number += 1;
        }
        content.truncate(bytes);
        fs::write(&path, &content).unwrap();
        (path, content)
    }

    fn put_args(&self, path: &Path) -> Vec<String> {
        let sp = self.patient.sp.to_string();
        let fixed = ["doc", "put", path.to_str().unwrap(), "--sp", &sp, "--category", "LAB", "--grade", "3"];
        let more = ["--day", "2026-03-02", "--type", "11502-2", "--keyset", &self.keyset];
        let mut args: Vec<String> = fixed.iter().chain(&more).map(|arg| (*arg).to_owned()).collect();
        for (org, _) in CUSTODIANS {
            args.extend(["--custodian".to_owned(), org.to_string()]);
        }
        args
    }

    /// Stores a file and gives its anchor.
    fn put(&self, path: &Path) -> String {
        let args = self.put_args(path);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let put = self.network.cli(CONTROLLER.1, &args);
        assert_eq!(put["document"]["faults"].as_array().unwrap().len(), 0, "{put:#}");
        put["document"]["anchor"].as_str().unwrap().to_owned()
    }

    /// Asks for access, as the insurer.
    fn ask(&self, anchor: &str) -> String {
        let args = ["access", "request", "--anchor", anchor, "--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];
        self.network.cli(REQUESTER.1, &args)["session"].as_str().unwrap().to_owned()
    }

    fn read_args<'a>(&self, anchor: &'a str, session: &'a str, out: &'a Path) -> [&'a str; 9] {
        ["doc", "get", "--anchor", anchor, "--session", session, "--no-ack", "--out", out.to_str().unwrap()]
    }

    /// Reads a document of a session; gives what the program says and the content.
    fn read(&self, anchor: &str, session: &str) -> (Value, Vec<u8>) {
        let out = self.network.dir().join("read");
        let said = self.network.cli(REQUESTER.1, &self.read_args(anchor, session, &out));
        (said["document"].clone(), fs::read(&out).unwrap())
    }

    /// The number with which a command was refused.
    fn refused(&self, member: &str, args: &[&str]) -> (u64, String) {
        let output = self.network.cli_command(member, args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (said["error"]["number"].as_u64().unwrap_or_default(), said["error"]["message"].to_string())
    }

    /// The files of a custodian that belong to a document, by name, with their content.
    fn shard_files(&self, custodian: &str, anchor: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.network.folder(custodian).join("shards").join(anchor))
    }
}

/// Bytes of runs that a custodian has stored since its start.
fn bytes_stored(world: &World, custodian: OrgId) -> u64 {
    let status = world.network.cli("regulator", &["custodian", "status", "--custodian", &custodian.to_string()]);
    status["bytes_stored"].as_u64().unwrap()
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            // A file that is being written has another name in a moment.
            let Ok(content) = fs::read(&path) else { continue };
            found.insert(path, content);
        }
    }
    found
}

fn terms(patient: &Patient) -> ConsentTerms {
    let evidence =
        EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([4; 32]), timestamp: None, mutually_recognised: false };
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject: patient.sp,
        controller: CONTROLLER.0,
        grantees: Grantees { orgs: Set::new([REQUESTER.0]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Clmattch]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Lab]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
        xborder: None,
        separate: SeparateConsents::EMPTY,
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) },
        evidence,
    }
}
