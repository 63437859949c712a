//! The whole way: ingest, consent, case, claim, duplicate, payment, trace; and nothing of it gives anybody away.

use assent_tests::e2e::until;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_becomes_documents_and_a_settled_claim_and_names_nobody() {
    let mut world = World::start();
    let keys = world.network.dir().join("patients");
    it_is_killed_while_uploads_wait(&world).await;
    world.network.run_custodians();
    let report = world.ingest(&keys);
    everything_of_the_bundle_is_taken(&report);
    each_document_was_anchored_once(&world);
    again_nothing_is_done_twice(&world, &report, &keys);
    every_document_is_active(&world, &report);

    let sp: Sp = report["made"]["subjects"][0].as_str().unwrap().parse().unwrap();
    let key_file = keys.join(format!("{sp}.key"));
    let bill = report["made"]["bills"][0]["bill"].as_str().unwrap().to_owned();
    let patient = claim::Insured { world: &world, sp, key_file: key_file.to_str().unwrap().to_owned(), bill };
    patient.evidence_needs_consent();
    world.consent(sp, &key_of(&key_file)).await;
    let claim = patient.is_settled();
    patient.is_traced(&claim);
    patient.second_insurer_is_held();
    trail::accesses_are_counted_out(&world, &report, sp);

    scan::nothing_names_the_patient(&world, &patient.bill).await;
}

/// Nobody stores the shards yet: the command waits, and is killed while all of its uploads are on their way.
async fn it_is_killed_while_uploads_wait(world: &World) {
    let mut ingesting = world.network.cli_command(HOSPITAL, &world.ingest_args()).spawn().unwrap();
    let uploads = world.network.folder(HOSPITAL).join("uploads");
    until("every document has a journal", || async {
        (fs::read_dir(&uploads).map(Iterator::count).unwrap_or_default() == 5).then_some(())
    })
    .await;
    ingesting.kill().unwrap();
    ingesting.wait().unwrap();
}

/// As many documents were anchored as the Bundle has, whichever of the two runs anchored them.
fn each_document_was_anchored_once(world: &World) {
    let output = world.network.cli_command("regulator", &["query", "events", "--trusting"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.matches("\"DO-01\"").count(), 5, "{lines}");
    assert_eq!(lines.matches("\"SU-01\"").count(), 1, "{lines}");
}

fn everything_of_the_bundle_is_taken(report: &Value) {
    let accepted = json!({
        "Binary": 1,
        "Claim": 1,
        "DiagnosticReport": 2,
        "DocumentReference": 1,
        "ExplanationOfBenefit": 1,
        "Observation": 2,
        "Organization": 2,
        "Patient": 1,
    });
    assert_eq!(report["read"]["accepted"], accepted, "{report:#}");
    assert_eq!(report["read"]["refused"], json!([]), "{report:#}");
    assert_eq!(report["refused"], json!([]), "{report:#}");
    let new = |count| json!({ "done": count, "already": 0, "refused": 0 });
    // The run that was killed had enrolled the patient, and left uploads that this one has finished.
    assert_eq!(report["subjects"], json!({ "done": 0, "already": 1, "refused": 0 }));
    assert_eq!(report["bills"], new(1));
    let documents = [("DiagnosticReport", 2), ("DocumentReference", 1), ("Claim", 1), ("ExplanationOfBenefit", 1)];
    for (kind, count) in documents {
        assert_eq!(report["documents"][kind], new(count), "{kind}: {report:#}");
    }
    assert_eq!(report["made"]["bills"][0]["total"], "6380.50 HKD");
}

fn again_nothing_is_done_twice(world: &World, report: &Value, keys: &Path) {
    let again = world.ingest(keys);
    let there = |count| json!({ "done": 0, "already": count, "refused": 0 });
    assert_eq!((&again["subjects"], &again["bills"]), (&there(1), &there(1)), "{again:#}");
    assert_eq!(again["documents"]["DiagnosticReport"], there(2), "{again:#}");
    assert_eq!(again["made"], report["made"], "the same subjects, documents and bills");
    // Journals of finished uploads are gone, and so are their keys.
    let journals = fs::read_dir(world.network.folder(HOSPITAL).join("uploads")).map(Iterator::count);
    assert_eq!(journals.unwrap_or_default(), 0);
}

fn every_document_is_active(world: &World, report: &Value) {
    let made = report["made"]["documents"].as_array().unwrap();
    assert_eq!(made.len(), 5);
    for document in made {
        let shown = world.network.cli(HOSPITAL, &["doc", "show", "--anchor", document["anchor"].as_str().unwrap()]);
        assert_eq!(shown["anchor"]["status"], "Active", "{shown:#}");
        assert_eq!(shown["anchor"]["body"]["subject"], report["made"]["subjects"][0]);
    }
}
