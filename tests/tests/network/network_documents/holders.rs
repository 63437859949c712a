//! A key that nobody holds alone: two of three holders, one of which is not there.

use assent_types::consent::SeparateConsent;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_three_key_holders_suffice() {
    let mut network = Network::start();
    network.run_agents();
    // An agent has nothing to prove who asks it before there is a block: the first one is made at once.
    let empty = network.cli("regulator", &["custodian", "status", "--custodian", "11"]);
    assert_eq!(empty["shards"], 0, "{empty:#}");
    let hospital = network.key(OrgId(1), "sign-tx");
    let client = network.client(&[0], OrgId(1));
    let patient = Patient::new();
    must_execute(&client, &hospital, patient.registration(network.chain, AgeBand::Adult), &[]).await;
    let cosigners = ["hongkong-hospital", "regulator"].map(|member| network.folder(member).join("keys/sign-tx.key"));
    let cosigners = cosigners.each_ref().map(|path| path.to_str().unwrap());
    let holders =
        ["--holder", "1", "--holder", "2", "--holder", "4", "--cosigner", cosigners[0], "--cosigner", cosigners[1]];
    let keyset = network.cli("shenzhen-hospital", &[&["doc", "keyset", "--threshold", "2"][..], &holders].concat());

    // A hospital of the same jurisdiction, so that nothing crosses a border.
    let terms = ConsentTerms {
        controller: OrgId(1),
        grantees: Grantees { orgs: Set::new([OrgId(17)]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Treat]).unwrap(),
        places: Set::new([Place::whole(Jurisdiction::Cn)]).unwrap(),
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        ..terms(&patient)
    };
    let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
    must_execute(&client, &patient.key, Action::GrantConsent(Box::new(grant)), &[]).await;

    let content = b"two of three".repeat(1000);
    let path = network.dir().join("shared");
    fs::write(&path, &content).unwrap();
    let (sp, keyset) = (patient.sp.to_string(), keyset["keyset"].as_str().unwrap().to_owned());
    let put = ["doc", "put", path.to_str().unwrap(), "--sp", &sp, "--category", "LAB", "--day", "2026-03-02"];
    let kept =
        ["--keyset", &keyset, "--custodian", "11", "--custodian", "12", "--custodian", "13", "--custodian", "14"];
    let stored = network.cli("shenzhen-hospital", &[&put[..], &kept].concat());
    let anchor = stored["document"]["anchor"].as_str().unwrap();
    let shown = network.cli("shenzhen-hospital", &["doc", "show", "--anchor", anchor]);
    assert_eq!(shown["anchor"]["accepted"], serde_json::json!([1, 2, 4]), "every holder accepted its share");

    // The third holder is away from now on.
    network.kill_agent("keyservice");
    network.run_agent("keyservice", &["shenzhen-hospital", "hongkong-hospital"]);
    let out = network.dir().join("read");
    let request = ["--purpose", "TREAT", "--user-role", "PHYSICIAN", "--out", out.to_str().unwrap()];
    let read = network.cli("shantou-hospital", &[&["doc", "get", "--anchor", anchor][..], &request].concat());
    assert_eq!(fs::read(&out).unwrap(), content);
    assert_eq!(read["session"]["acked"], true);
    let session = read["session"]["id"].as_str().unwrap();
    let shown = network.cli("shantou-hospital", &["access", "show", "--session", session]);
    assert_eq!(shown["session"]["status"], "Acked");
    assert_eq!(shown["session"]["progress"][0]["holders"], serde_json::json!([1, 2]));
}
