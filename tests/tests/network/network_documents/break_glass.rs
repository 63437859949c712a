//! An emergency at another hospital: the glass is broken, the document is read, and the review takes its course.

use assent_tests::report;
use serde_json::json;

use super::*;

/// Hashes of records that the hospital keeps.
const RECORD: &str = "6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_glass_gives_the_document_and_is_reviewed() {
    let (controller, hospital) = ("shenzhen-hospital", "shantou-hospital");
    let mut network = Network::start();
    network.run_agents();
    let client = network.client(&[0], OrgId(1));
    let key = network.key(OrgId(1), "sign-tx");
    let (open, closed) = (Patient::new(), Patient::new());
    for patient in [&open, &closed] {
        must_execute(&client, &key, patient.registration(network.chain, AgeBand::Adult), &[]).await;
    }
    // One of them has said that nobody may, whatever happens.
    let terms = ConsentTerms {
        effect: Effect::Deny,
        controller: OrgId(1),
        grantees: Grantees { orgs: Set::new([OrgId(17)]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Treat]).unwrap(),
        places: Set::new([Place::whole(Jurisdiction::Cn)]).unwrap(),
        break_glass: BreakGlass::Forbid,
        ..terms(&closed)
    };
    let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
    must_execute(&client, &closed.key, Action::GrantConsent(Box::new(grant)), &[]).await;

    let keyset = network.cli(controller, &["doc", "keyset", "--threshold", "1", "--holder", "1"]);
    let keyset = keyset["keyset"].as_str().unwrap();
    let content = b"penicillin: anaphylaxis in 2019\n".repeat(900);
    let path = network.dir().join("allergies");
    fs::write(&path, &content).unwrap();
    let [for_open, for_closed] = [&open, &closed].map(|patient| {
        let sp = patient.sp.to_string();
        let what =
            ["doc", "put", path.to_str().unwrap(), "--sp", &sp, "--category", "ALLERGY_ADR", "--day", "2026-03-02"];
        let kept =
            ["--keyset", keyset, "--custodian", "11", "--custodian", "12", "--custodian", "13", "--custodian", "14"];
        let stored = network.cli(controller, &[&what[..], &kept].concat());
        stored["document"]["anchor"].as_str().unwrap().to_owned()
    });

    // Without a consent a document is closed, and only a hospital may break the glass, and not against a directive.
    let refused = |member: &str, args: &[&str]| {
        let output = network.cli_command(member, args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let asked = |anchor: &str, sp: String, purpose: &str, verb: &[&str]| -> Vec<String> {
        let base = ["--anchor", anchor, "--sp", &sp, "--controller", "1", "--purpose", purpose];
        let role = ["--user-role", "PHYSICIAN"];
        [&["access"], verb, &base, &role].concat().into_iter().map(str::to_owned).collect()
    };
    let run = |member: &str, args: Vec<String>| refused(member, &args.iter().map(String::as_str).collect::<Vec<_>>());
    let glass = ["break-glass", "--reason", "INCAPACITATED", "--present", RECORD];
    let denied = run(hospital, asked(&for_open, open.sp.to_string(), "TREAT", &["request"]));
    assert_eq!(denied["permit"], false, "{denied:#}");
    let denied = run("hongkong-insurer", asked(&for_open, open.sp.to_string(), "BTG", &glass));
    assert!(denied["reasons"].as_array().unwrap().contains(&json!("D61")), "{denied:#}");
    let denied = run(hospital, asked(&for_closed, closed.sp.to_string(), "BTG", &glass));
    assert_eq!(denied["reasons"], json!(["D60"]), "{denied:#}");

    let args = asked(&for_open, open.sp.to_string(), "BTG", &glass);
    let permitted = network.cli(hospital, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(permitted["btg"], true, "{permitted:#}");
    let session = permitted["session"].as_str().unwrap();
    let out = network.dir().join("read");
    let get = ["doc", "get", "--anchor", &for_open, "--session", session, "--out", out.to_str().unwrap()];
    network.cli(hospital, &get);
    assert_eq!(fs::read(&out).unwrap(), content);

    // It is due, told, justified and upheld; each step by who has to take it.
    let review = |member: &str| network.cli(member, &["query", "state", &format!("review:{session}")]);
    assert_eq!(status(&review(hospital)), "Due");
    let justify = ["access", "justify", "--session", session, "--reason", "INCAPACITATED"];
    let said = ["--clinician", RECORD, "--evidence", RECORD];
    let justify = [&justify[..], &said].concat();
    assert_eq!(refused(controller, &justify)["error"]["number"], 506, "it is not the controller's to justify");
    network.cli(hospital, &["access", "notify", "--session", session, "--notice", RECORD]);
    network.cli(hospital, &justify);
    assert_eq!(status(&review(controller)), "Submitted");
    let decide = ["access", "review", "--session", session, "--finding", "JUSTIFIED", "--order", RECORD];
    assert_eq!(refused(hospital, &decide)["error"]["number"], 203);
    network.cli("regulator", &decide);
    assert_eq!(status(&review("regulator")), "Upheld");

    // The controller finds it in the trail.
    let trail = ["access", "trail", "--sp", &open.sp.to_string(), "--controller", "1"];
    let trail = network.cli(controller, &trail);
    assert!(trail.to_string().contains(session), "{trail:#}");
    report::line("documents", "broken glass: read at another hospital, told, justified and upheld; D61 for an insurer");
}

fn status(shown: &Value) -> String {
    let text = shown.to_string();
    let at = text.find("\"status\":\"").unwrap_or_else(|| panic!("{shown:#}")) + 10;
    text[at..].split('"').next().unwrap().to_owned()
}
