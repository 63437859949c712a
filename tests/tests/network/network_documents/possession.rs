//! Custodians answer challenges of possession by themselves, and who does not have a shard any more is found out.

use assent_client::vault::{Custodians, Right, RunRef, ShardRef};
use assent_tests::report;
use assent_types::ids::{AnchorId, ChallengeId};
use assent_types::possession::{Challenge, ChallengeStatus};
use assent_types::state::{Record, StateKey};

use super::*;

const REGULATOR: (OrgId, &str) = (OrgId(4), "regulator");
/// How long a custodian has to answer.
const ANSWER_MS: u64 = 20_000;
/// What somebody answers who has nothing to answer with.
const MADE_UP: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

impl World {
    /// The regulator asks for a stripe of a shard.
    fn challenge(&self, anchor: &str, shard: &str) -> ChallengeId {
        let said = self.network.cli(REGULATOR.1, &["doc", "challenge", "--anchor", anchor, "--shard", shard]);
        said["challenge"].as_str().unwrap().parse().unwrap()
    }

    /// What the regulator finds, and says on the ledger.
    fn judge(&self, challenge: ChallengeId) -> (bool, String) {
        let said = self.network.cli(REGULATOR.1, &["doc", "judge", "--challenge", &challenge.to_string()]);
        (said["held"].as_bool().unwrap(), said["finding"].to_string())
    }

    async fn found(&self, challenge: ChallengeId) -> Challenge {
        let key = StateKey::Challenge(challenge);
        let state = self.network.client(&[3], REGULATOR.0).get(&[key]).await.unwrap();
        match state.value(&key).flatten().map(|value| value.record.clone()) {
            Some(Record::Challenge(found)) => found,
            other => panic!("the challenge is {other:?}"),
        }
    }

    /// Blocks come until a challenge has this status.
    async fn becomes(&self, challenge: ChallengeId, status: ChallengeStatus) {
        until(&format!("the challenge to be {status}"), || async {
            let block = Patient::new().registration(self.network.chain, AgeBand::Adult);
            must_execute(&self.client, &self.network.key(CONTROLLER.0, "sign-tx"), block, &[]).await;
            (self.found(challenge).await.status == status).then_some(())
        })
        .await;
    }

    fn shards(&self, custodian: usize, anchor: &str) -> PathBuf {
        self.network.folder(CUSTODIANS[custodian].1).join("shards").join(anchor)
    }

    /// Every byte of a shard's chunks is another one.
    fn damage(&self, custodian: usize, anchor: &str) {
        for (path, content) in files(&self.shards(custodian, anchor)) {
            // The chunks' files have the number of their run behind a dot.
            if path.extension().is_some() {
                fs::write(&path, content.iter().map(|byte| !byte).collect::<Vec<_>>()).unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custodians_answer_challenges_and_who_cannot_is_found_out() {
    let mut network = Network::start_with(|doc| doc.params.access.possession_ms = ANSWER_MS);
    network.run_agents();
    let mut world = World::on(network).await;
    let (path, content) = world.file("kept", 3_000_000);
    let anchor = world.put(&path);

    let answered = world.challenge(&anchor, "0");
    world.becomes(answered, ChallengeStatus::Submitted).await;
    served_to_its_auditor_alone(&world, &anchor, answered).await;
    assert!(world.judge(answered).0);
    assert_eq!(world.found(answered).await.status, ChallengeStatus::Upheld);

    // It had the shard when it answered, and has it no more when the answer is fetched.
    let damaged = world.challenge(&anchor, "1");
    world.becomes(damaged, ChallengeStatus::Submitted).await;
    world.damage(1, &anchor);
    let (held, finding) = world.judge(damaged);
    assert!(!held && finding.contains("E_SHARD_DAMAGED"), "{finding}");
    assert_eq!(world.found(damaged).await.status, ChallengeStatus::Violation);

    // While the agents are away, one custodian makes an answer up, and another loses its disk.
    world.network.kill_agent("custodian");
    let made_up = world.challenge(&anchor, "2");
    let prove = ["doc", "prove", "--challenge", &made_up.to_string(), "--answer", MADE_UP];
    world.network.cli(CUSTODIANS[2].1, &prove);
    fs::remove_dir_all(world.shards(3, &anchor)).unwrap();
    let overdue = [world.challenge(&anchor, "1"), world.challenge(&anchor, "3")];
    world.network.run_custodians();
    let (held, finding) = until("the answer to be served", || async {
        let status = Custodians::new(&world.client, &world.network.agents("custodians")).unwrap();
        status.of(CUSTODIANS[2].0).unwrap().status().await.ok().map(|_| world.judge(made_up))
    })
    .await;
    assert!(!held && finding.contains("had answered otherwise"), "{finding}");
    assert_eq!(world.found(made_up).await.status, ChallengeStatus::Violation);

    // Neither what is damaged nor what is gone is proven.
    for challenge in overdue {
        world.becomes(challenge, ChallengeStatus::Overdue).await;
        assert_eq!(world.found(challenge).await.answer, None);
    }
    assert_eq!(world.read(&anchor, &world.ask(&anchor)).1, content, "the other two shards suffice");
    report::line(
        "documents",
        "possession: an agent answers by itself and is upheld; a made-up answer and a shard lost after answering are \
         violations; a damaged and a lost shard are overdue",
    );
}

/// Of an answer to be judged, the auditor gets the drawn stripe; nobody else gets anything.
async fn served_to_its_auditor_alone(world: &World, anchor: &str, challenge: ChallengeId) {
    let anchor: AnchorId = anchor.parse().unwrap();
    let (right, stripe) = (Right::Challenge(challenge), world.found(challenge).await.stripe);
    let read = async |org: OrgId, shard: u8, first: u32| {
        let client = world.network.client(&[3], org);
        let custodians = Custodians::new(&client, &world.network.agents("custodians")).unwrap();
        let run = RunRef { column: 0, first, count: 1 };
        let read = custodians.of(CUSTODIANS[0].0).unwrap().read(ShardRef { anchor, shard }, right, run).await;
        read.map(|chunk| chunk.len()).map_err(|error| error.code().map(|code| code.number()))
    };
    assert!(read(REGULATOR.0, 0, stripe).await.is_ok());
    assert_eq!(read(REGULATOR.0, 0, (stripe + 1) % 3).await, Err(Some(407)), "another stripe");
    assert_eq!(read(REGULATOR.0, 1, stripe).await, Err(Some(505)), "another shard");
    assert_eq!(read(CONTROLLER.0, 0, stripe).await, Err(Some(203)), "who did not ask");
}
