use std::time::{Duration, Instant};
use assent_client::*;
use assent_types::*;
use assent_types::action::*;
use assent_types::key::*;
use assent_types::subject::AgeBand;
#[tokio::main]
async fn main() {
    let net = std::env::args().nth(1).unwrap();
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let window: usize = std::env::args().nth(3).unwrap().parse().unwrap();
    let slugs = ["shenzhen-hospital", "hongkong-hospital", "hongkong-insurer", "regulator"];
    let chain: ChainId = std::fs::read_to_string(format!("{net}/chain")).unwrap().trim().parse().unwrap();
    let ca = std::fs::read_to_string(format!("{net}/ca.pem")).unwrap();
    let load = |s: &str| assent_daemon::keyfile::load_any(std::path::Path::new(&format!("{net}/{s}/keys/sign-tx.key"))).unwrap().key;
    let mut clients = vec![];
    for (i, s) in slugs.iter().enumerate() {
        let ep = Endpoint { url: format!("https://127.0.0.1:{}", 24101 + 3 * i), node: OrgId(i as u32 + 1) };
        clients.push(Client::connect(Config::new(vec![ep], ca.clone(), chain, load(s))).unwrap());
    }
    let key = load("shenzhen-hospital");
    let mut txs = vec![];
    for _ in 0..n {
        let sp = Sp(Hash32(builder::random().unwrap()));
        let k = SecretKey::from_seed(&builder::random().unwrap());
        let p = k.public();
        let a = Action::RegisterSubject(RegisterSubject { sp, key: p, loa: 1, age_band: AgeBand::Adult, attest: Hash32::ZERO, possession: k.sign_possession(&possession_of(chain, &p, &sp)) });
        txs.push(clients[0].transaction(&key, a, &[]).unwrap());
    }
    let start = Instant::now();
    let sem = std::sync::Arc::new(tokio::sync::Semaphore::new(window));
    let mut joins = vec![];
    for (i, tx) in txs.into_iter().enumerate() {
        let permit = sem.clone().acquire_owned().await.unwrap();
        let c = clients[i % 4].clone();
        joins.push(tokio::spawn(async move { let t = Instant::now(); let r = c.submit_and_wait(&tx, Duration::from_secs(60)).await; drop(permit); (t.elapsed(), r) }));
    }
    let mut lat = vec![]; let mut bad = 0;
    for j in joins { let (t, r) = j.await.unwrap(); lat.push(t); match r { Ok(r) if r.outcome().is_ok() => {}, e => { bad += 1; if bad < 3 { println!("{e:?}"); } } } }
    lat.sort();
    let secs = start.elapsed().as_secs_f64();
    println!("{n} tx in {secs:.2} s = {:.0} tx/s, p50 {:?} p99 {:?}, bad {bad}", n as f64 / secs, lat[n/2], lat[n*99/100]);
}
