use super::*;
use crate::p2p::limits::frame_bytes_max;

const CHANNELS: [Channel; 3] = [Channel::Consensus, Channel::Transactions, Channel::Bulk];

#[tokio::test(flavor = "multi_thread")]
async fn frames_arrive_whole_in_order_on_every_channel() {
    let limits = Limits::default();
    let mut a = TestNode::start(1, 0, &[], &[1, 2], limits).await;
    let mut b = TestNode::start(2, 0, &[(1, a.port())], &[1, 2], limits).await;
    a.wait_up(2).await;
    b.wait_up(1).await;
    for channel in CHANNELS {
        let max = frame_bytes_max(channel);
        for (number, size) in [(1, 1), (2, 70), (3, max), (4, max - 1), (5, 9)] {
            b.network.send(OrgId(1), channel, Arc::new(vec![number; size]));
            a.network.send(OrgId(2), channel, Arc::new(vec![number; size]));
        }
        for (number, size) in [(1, 1), (2, 70), (3, max), (4, max - 1), (5, 9)] {
            assert!(a.frame().await == (OrgId(2), channel, vec![number; size]));
            assert!(b.frame().await == (OrgId(1), channel, vec![number; size]));
        }
    }
    b.network.send(OrgId(9), Channel::Consensus, Arc::new(vec![1]));
    a.stop().await;
    b.wait_down(1).await;
    assert!(b.peers().is_empty());
    b.stop().await;
}

/// Ports that were free a moment ago.
async fn free_ports(count: usize) -> Vec<u16> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_that_all_dial_each_other_keep_one_link_each() {
    let ports = free_ports(4).await;
    let all = [1, 2, 3, 4];
    let targets: Vec<(u32, u16)> = all.into_iter().zip(ports.iter().copied()).collect();
    let mut nodes = Vec::new();
    for (org, port) in &targets {
        let dial: Vec<_> = targets.iter().copied().filter(|(other, _)| other != org).collect();
        nodes.push(TestNode::start(*org, *port, &dial, &all, Limits::default()).await);
    }
    // Links may be replaced while both sides dial, so everybody says hello again and again until everybody was heard.
    let networks: Vec<Network> = nodes.iter().map(|node| node.network.clone()).collect();
    let greeting = tokio::spawn(async move {
        let mut again = tokio::time::interval(Duration::from_millis(20));
        loop {
            again.tick().await;
            for network in &networks {
                network.broadcast(Channel::Consensus, &Arc::new(b"hello".to_vec()));
            }
        }
    });
    for node in &mut nodes {
        let mut heard = std::collections::BTreeSet::new();
        while heard.len() < 3 {
            heard.insert(node.frame().await.0);
        }
    }
    greeting.abort();
    assert!(nodes.iter().all(|node| node.peers().len() <= 3));
    let fourth = nodes.pop().unwrap();
    fourth.stop().await;
    for node in &mut nodes {
        node.wait_down(4).await;
    }
    let dial: Vec<_> = targets[..3].to_vec();
    let mut fourth = TestNode::start(4, targets[3].1, &dial, &all, Limits::default()).await;
    for org in [1, 2, 3] {
        nodes[org - 1].wait_up(4).await;
    }
    within("the restarted node is in the mesh", async {
        while fourth.peers().len() < 3 {
            fourth.event("its peers come up").await;
        }
    })
    .await;
    for node in nodes.into_iter().chain([fourth]) {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_longer_a_member_is_disconnected() {
    let mut a = TestNode::start(1, 0, &[], &[1, 2], Limits::default()).await;
    let mut b = TestNode::start(2, 0, &[(1, a.port())], &[1, 2], Limits::default()).await;
    a.wait_up(2).await;
    b.wait_up(1).await;
    a.network.set_members(members(&[1]));
    a.wait_down(2).await;
    b.wait_down(1).await;
    a.network.set_members(members(&[1, 2]));
    a.wait_up(2).await;
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ordering_thread_that_does_not_take_slows_only_that_channel() {
    let mut a = TestNode::start(1, 0, &[], &[1, 2], Limits::default()).await;
    let mut b = TestNode::start(2, 0, &[(1, a.port())], &[1, 2], Limits::default()).await;
    a.wait_up(2).await;
    b.wait_up(1).await;
    let size = 1 << 20;
    let sent = 20;
    for _ in 0..sent {
        b.network.send(OrgId(1), Channel::Bulk, Arc::new(vec![1; size]));
    }
    // Bodies are held; nine of them fill the budget.
    let mut held = Vec::new();
    while held.len() < 8 {
        if let Event::Frame { permit, channel: Channel::Bulk, .. } = a.event("bodies arrive").await {
            held.push(permit);
        }
    }
    for round in 0..100u8 {
        b.network.send(OrgId(1), Channel::Consensus, Arc::new(vec![round]));
    }
    let mut votes = 0;
    while votes < 100 {
        match a.event("votes pass").await {
            Event::Frame { channel: Channel::Consensus, .. } => votes += 1,
            Event::Frame { permit, .. } => held.push(permit),
            _ => {}
        }
    }
    let budget = Limits::default().bulk.inward_bytes_max as usize;
    assert!(held.len() * size <= budget, "{} bodies were let in", held.len());
    let mut bodies = held.len();
    held.clear();
    while bodies < sent {
        if let Event::Frame { channel: Channel::Bulk, .. } = a.event("the rest arrives").await {
            bodies += 1;
        }
    }
    a.stop().await;
    b.stop().await;
}
