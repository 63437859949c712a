use super::{Clay, Codec, Coding, ColumnId, Plan, PlanError};

const BYTES: usize = 192;

/// All columns of all shards of a stripe.
type Stripe = Vec<Vec<Vec<u8>>>;

fn run(plan: &Plan, stripe: &Stripe) -> Vec<(ColumnId, Vec<u8>)> {
    let inputs: Vec<&[u8]> = plan.inputs().iter().map(|id| stripe[id.shard][id.column].as_slice()).collect();
    let mut outputs = vec![vec![0; BYTES]; plan.outputs().len()];
    let mut views: Vec<&mut [u8]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    plan.program().run(&inputs, &mut views);
    plan.outputs().iter().copied().zip(outputs).collect()
}

fn encoded(codec: &Clay) -> Stripe {
    let coding = codec.coding();
    let column =
        |shard: usize, column: usize| (0..BYTES).map(move |at| (at * 7 + shard * 31 + column * 101) as u8 ^ 0x5A);
    let mut stripe: Stripe =
        (0..coding.n()).map(|shard| (0..coding.columns()).map(|one| column(shard, one).collect()).collect()).collect();
    for (id, bytes) in run(codec.encode(), &stripe) {
        stripe[id.shard][id.column] = bytes;
    }
    stripe
}

/// Every way to choose `k` of `n` numbers.
fn subsets(n: usize, k: usize) -> Vec<Vec<usize>> {
    let chosen = |mask: &u32| mask.count_ones() as usize == k;
    (0..1u32 << n).filter(chosen).map(|mask| (0..n).filter(|at| mask >> at & 1 == 1).collect()).collect()
}

#[test]
fn any_k_shards_give_the_data_back() {
    for coding in Coding::ALL {
        let codec = Clay::new(coding);
        let stripe = encoded(&codec);
        for available in subsets(coding.n(), coding.k()) {
            let plan = codec.decode(&available).unwrap();
            assert!(plan.inputs().iter().all(|id| available.contains(&id.shard)));
            for (id, bytes) in run(&plan, &stripe) {
                assert!(bytes == stripe[id.shard][id.column], "{coding:?} from {available:?}: {id:?}");
            }
            let missing = (0..coding.k()).filter(|shard| !available.contains(shard)).count();
            assert_eq!(plan.outputs().len(), missing * coding.columns());
        }
    }
}

#[test]
fn every_lost_shard_is_repaired_to_the_byte_from_the_stated_fraction() {
    let stated = [(Coding::PILOT, 750), (Coding::CHEAP, 625), (Coding::LASTING, 556), (Coding::WIDE, 444)];
    for (coding, thousandths) in stated {
        let codec = Clay::new(coding);
        let stripe = encoded(&codec);
        let everything: Vec<usize> = (0..coding.n()).collect();
        for lost in 0..coding.n() {
            let plan = codec.repair(lost, &everything).unwrap();
            assert!(plan.inputs().iter().all(|id| id.shard != lost));
            // (n−1)/(k(n−k)) of the data, counted.
            let (read, data) = (plan.inputs().len() * BYTES, coding.data_columns() * BYTES);
            assert_eq!(read * coding.k() * coding.losses_max(), data * (coding.n() - 1));
            assert_eq!((read * 1000 + data / 2) / data, thousandths, "{coding:?}");
            for shard in (0..coding.n()).filter(|shard| *shard != lost) {
                let of_it = plan.inputs().iter().filter(|id| id.shard == shard).count();
                assert_eq!(of_it, coding.repair_columns());
            }
            let repaired = run(&plan, &stripe);
            assert_eq!(repaired.len(), coding.columns());
            for (id, bytes) in repaired {
                assert!(bytes == stripe[lost][id.column], "{coding:?} lost {lost}: {id:?}");
            }
        }
    }
}

#[test]
fn a_healthy_read_decodes_nothing() {
    for coding in Coding::ALL {
        let everything: Vec<usize> = (0..coding.n()).collect();
        let plan = Clay::new(coding).decode(&everything).unwrap();
        assert!(plan.outputs().is_empty());
        assert!(plan.inputs().iter().all(|id| id.shard < coding.k()));
    }
}

#[test]
fn too_few_shards_are_refused_by_name() {
    let codec = Clay::new(Coding::PILOT);
    let error = codec.decode(&[3, 3]).unwrap_err();
    assert_eq!(error, PlanError::TooFew { available: vec![3], missing: vec![0, 1, 2], needed: 2 });
    assert_eq!(error.to_string(), "1 shards are too few, 2 are needed; missing: shards [0, 1, 2]");
    assert_eq!(codec.decode(&[0, 4]).unwrap_err(), PlanError::Shard(4));
    assert_eq!(codec.repair(4, &[0, 1, 2, 3]).unwrap_err(), PlanError::Shard(4));
}

#[test]
fn with_two_shards_lost_a_repair_reads_k_whole_shards() {
    let codec = Clay::new(Coding::PILOT);
    let stripe = encoded(&codec);
    for (lost, available) in [(0, [1, 3]), (3, [0, 1]), (2, [0, 3])] {
        let plan = codec.repair(lost, &available).unwrap();
        assert_eq!(plan.inputs().len(), Coding::PILOT.data_columns());
        for (id, bytes) in run(&plan, &stripe) {
            assert!(bytes == stripe[lost][id.column], "{id:?} from {available:?}");
        }
    }
    let too_few = PlanError::TooFew { available: vec![1], missing: vec![0, 2, 3], needed: 2 };
    assert_eq!(codec.repair(0, &[0, 1]).unwrap_err(), too_few);
}

#[test]
fn only_offered_parameters_exist() {
    assert_eq!(Coding::new(4, 2), Ok(Coding::PILOT));
    assert!(Coding::new(4, 3).is_err() && Coding::new(0, 0).is_err() && Coding::new(255, 254).is_err());
    let columns: Vec<usize> = Coding::ALL.into_iter().map(Coding::columns).collect();
    assert_eq!(columns, [4, 8, 9, 27]);
}
