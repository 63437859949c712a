//! What names the patient of the Bundle, looked for wherever validators keep or tell anything.

use assent_fhir::testing::planted_identifiers;
use assent_tests::e2e::{Port, within};
use assent_tests::planted::{Finder, forms};
use assent_tests::report;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// The validators' folders.
const VALIDATORS: [&str; 4] = ["shenzhen-hospital", "hongkong-hospital", "hongkong-insurer", "regulator"];
/// Shorter texts occur by chance in any binary file.
const LENGTH_MIN: usize = 6;

/// Numbers of the bill and the claim, and what the documents say.
const OTHERS: [&str; 5] = [
    "BILL-EXAMPLE-2026-0815",
    "CLAIM-EXAMPLE-0042",
    "CT of the chest of a made-up patient",
    "Discharge summary of a made-up patient",
    "cross-border-inpatient",
];

/// Every text that names the patient, or stands in a document.
fn planted(bundle: &Path) -> Vec<String> {
    let found = planted_identifiers(&fs::read_to_string(bundle).unwrap()).unwrap();
    let texts = found.into_iter().map(|planted| planted.text).chain(OTHERS.map(str::to_owned));
    let long: Vec<String> = texts.filter(|text| text.len() >= LENGTH_MIN).collect();
    assert!(long.len() > 10, "{}", long.len());
    long
}

/// The data folder and log of each validator, and what its metrics say; and the logs of the agents.
async fn contents(network: &Network) -> Vec<(String, Vec<u8>)> {
    let mut contents = Vec::new();
    for (node, member) in VALIDATORS.iter().enumerate() {
        let folder = network.folder(member);
        collect(&folder.join("data"), &mut contents);
        contents.push((format!("log of {member}"), fs::read(folder.join("node.log")).unwrap()));
        contents.push((format!("metrics of {member}"), metrics(network, node).await.into_bytes()));
    }
    for agent in ["custodian", "keyservice"] {
        contents.push((format!("log of {agent}"), fs::read(network.dir().join(format!("{agent}.log"))).unwrap()));
    }
    contents
}

fn collect(folder: &Path, contents: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, contents);
        } else if let Ok(content) = fs::read(&path) {
            // Files that a running database has just replaced are gone.
            contents.push((path.display().to_string(), content));
        }
    }
}

async fn metrics(network: &Network, node: usize) -> String {
    let mut stream = TcpStream::connect(network.addr(node, Port::Metrics)).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    within("the metrics port answers", stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// No form of an identifier, a number or a sentence of a document lies in any validator's data, log or metrics.
pub(super) async fn nothing_names_the_patient(world: &World, bill: &str) {
    let planted = planted(&world.bundle);
    let contents = contents(&world.network).await;
    // What is there is seen, or the scan would prove nothing: each validator keeps the bill's nullifier.
    let nullifier = Finder::of([(hex::decode(bill).unwrap(), bill.to_owned())]);
    for member in VALIDATORS {
        let kept = contents.iter().any(|(name, content)| name.contains(member) && nullifier.find(content).is_some());
        assert!(kept, "the scan does not see the bill in the data of {member}");
    }
    let finder = Finder::of_texts(planted.iter().cloned());
    for form in forms(&planted[0]) {
        assert!(finder.find(&[b"before ".as_slice(), &form, b" after"].concat()).is_some(), "every form is seen");
    }
    for (name, content) in &contents {
        assert_eq!(finder.find(content), None, "stands in {name}");
    }
    let bytes: usize = contents.iter().map(|(_, content)| content.len()).sum();
    let seen = format!("{} files and answers of the validators ({bytes} bytes)", contents.len());
    report::line("documents", &format!("{} planted texts and identifiers, in no form in {seen}", planted.len()));
}
