//! A FHIR Bundle onto the ledger of real processes, and a claim on its bill from filing to the bank's reference.

mod claim;
mod scan;
mod story;
mod trail;

use std::fs;
use std::path::{Path, PathBuf};

use assent_tests::e2e::{Network, must_execute};
use assent_types::OrgId;
use assent_types::action::{Action, GrantConsent};
use assent_types::codec::Set;
use assent_types::consent::{
    BasisKind, BasisKinds, BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions,
    Effect, EvidenceKind, EvidenceRef, Grantees, Grantor, LabelRule, Limits, Obligations, PolicyRef, Purpose,
    Redisclosure, SeparateConsents, XBorder,
};
use assent_types::ids::{Day, Hash32, Millis, Sp};
use assent_types::key::SecretKey;
use assent_types::place::{Jurisdiction, Place};
use serde_json::{Value, json};

/// Who ingests, bills and files; who insures; who pays.
const HOSPITAL: &str = "shenzhen-hospital";
const INSURER: &str = "hongkong-insurer";
const BANK: &str = "settlement-bank";

/// A custodian for each shard: at most one of a document of Shenzhen in Hong Kong, where it could not be read.
const CUSTODIANS: [&str; 4] = ["11", "12", "13", "14"];

/// The last day of the services in the fixture: 6 August 2026.
const LAST_SERVICE: Day = Day(20_671);

/// A network with key services and no custodians yet, a keyset, and the fixture moved to these days.
struct World {
    network: Network,
    keyset: String,
    bundle: PathBuf,
    scenario: PathBuf,
}

impl World {
    fn start() -> Self {
        let mut network = Network::start();
        network.run_key_services();
        let cosigners =
            ["hongkong-hospital", "regulator"].map(|member| network.folder(member).join("keys/sign-tx.key"));
        let [second, third] = cosigners.each_ref().map(|path| path.to_str().unwrap());
        let holders = ["doc", "keyset", "--threshold", "2", "--holder", "1", "--holder", "2", "--holder", "4"];
        let cosigned = ["--cosigner", second, "--cosigner", third];
        let args: Vec<&str> = holders.into_iter().chain(cosigned).collect();
        let keyset = network.cli(HOSPITAL, &args)["keyset"].as_str().unwrap().to_owned();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/fhir/tests/fixtures");
        let mut said: Value = serde_json::from_slice(&fs::read(fixtures.join("p1-scenario.json")).unwrap()).unwrap();
        // Services are claimed within months, and while the sample's accreditations hold: from today on.
        said["service_shift_days"] = json!(i64::from(today().0) - i64::from(LAST_SERVICE.0));
        let scenario = network.dir().join("scenario.json");
        fs::write(&scenario, said.to_string()).unwrap();
        Self { network, keyset, bundle: fixtures.join("p1-bundle.json"), scenario }
    }

    fn ingest_args(&self) -> Vec<&str> {
        let files = ["--bundle", self.bundle.to_str().unwrap(), "--scenario", self.scenario.to_str().unwrap()];
        let mut args = vec!["ingest", "--keyset", &self.keyset];
        args.extend(files);
        CUSTODIANS.iter().for_each(|custodian| args.extend(["--custodian", custodian]));
        args
    }

    /// Ingests the Bundle, and hands the subjects' keys over to a folder.
    fn ingest(&self, keys: &Path) -> Value {
        let mut args = self.ingest_args();
        args.extend(["--subject-keys", keys.to_str().unwrap()]);
        self.network.cli(HOSPITAL, &args)
    }

    /// A file with this content, beside the network.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.network.dir().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The number with which a command was refused, and what it printed.
    fn refused(&self, member: &str, args: &[&str]) -> u64 {
        let output = self.network.cli_command(member, args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["error"]["number"].as_u64().unwrap_or_default()
    }

    /// The patient lets the insurer have reports and results for claims, across the border.
    async fn consent(&self, sp: Sp, key: &SecretKey) {
        let grant = GrantConsent { proposal: None, terms: terms(sp), grantor: Grantor::Subject };
        let client = self.network.client(&[0], OrgId(1));
        must_execute(&client, key, Action::GrantConsent(Box::new(grant)), &[]).await;
    }
}

fn today() -> Day {
    Day(u32::try_from(assent_client::now_ms() / 86_400_000).unwrap())
}

/// The key of a file that the command line wrote.
fn key_of(path: &Path) -> SecretKey {
    let fields: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let seed: Hash32 = fields["seed"].as_str().unwrap().parse().unwrap();
    SecretKey::from_seed(&seed.0)
}

fn terms(sp: Sp) -> ConsentTerms {
    let evidence = |byte| EvidenceRef {
        kind: EvidenceKind::AppSig,
        hash: Hash32([byte; 32]),
        timestamp: None,
        mutually_recognised: false,
    };
    let hong_kong = || Set::new([Place::whole(Jurisdiction::Hk)]).unwrap();
    ConsentTerms {
        kind: ConsentKind::Claim,
        effect: Effect::Permit,
        subject: sp,
        controller: OrgId(1),
        grantees: Grantees { orgs: Set::new([OrgId(3)]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Clmattch]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Lab, Category::RadReport]),
        max_grade: 4,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: hong_kong(),
        xborder: Some(XBorder {
            to: hong_kong(),
            basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk]),
            notice: Hash32([6; 32]),
            evidence: evidence(7),
        }),
        separate: SeparateConsents::all(),
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) },
        evidence: evidence(4),
    }
}
