use assent_types::block::{APP_VERSION, BLOCK_FORMAT, Header};
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::hash::{Tag, tagged_value};
use assent_types::key::SecretKey;
use assent_types::receipt::{Event, RECEIPT_FORMAT, Receipt, ReceiptDetails, RowId};
use assent_types::state::{BlockMeta, ChainClass, Record, StateKey, StateValue, Validators};
use assent_types::validator::{CommitCertificate, CommitSignature, Validator, ValidatorSet};
use assent_types::{BlockHash, ErrorCode, Hash32, Height, List, Millis, OrgId, Sp, Text, TxHash, encode};

use super::{MemNodes, MemTiles};
use crate::bundle::{Bundle, Claim, Finality, SetChange, StateItem};
use crate::log::{leaf_hash, prove_consistency, prove_inclusion, root_of};
use crate::state::prove;

/// What a block of a [`TestChain`] does.
#[derive(Clone, Debug, Default)]
pub struct BlockInput {
    /// Number of receipts; every third one is a refusal, the others have five events: two with organisation 2 as a party,
    /// two with 3, one with 4, and 1 is party to all.
    pub receipts: u32,
    /// Further receipts, each of these events.
    pub events: Vec<Vec<Event>>,
    /// Records written.
    pub records: Vec<(StateKey, Record)>,
    /// Values written as they are, whether or not they decode.
    pub raw: Vec<(Hash32, Vec<u8>)>,
    /// Validators decided in this block; they act two heights later.
    pub validators: Option<Vec<OrgId>>,
    /// Enters every receipt, so that two chains from one genesis can differ.
    pub salt: u64,
}

/// A final block of a [`TestChain`].
#[derive(Clone, Debug)]
pub struct TestBlock {
    /// Header.
    pub header: Header,
    /// Certificate by three of four validators.
    pub certificate: CommitCertificate,
    /// Validators of this height.
    pub validators: ValidatorSet,
    /// Receipts with their details.
    pub receipts: Vec<(Receipt, ReceiptDetails)>,
    /// Entry of the first receipt in the log.
    pub first_entry: u64,
}

/// A chain of four validators with equal power, kept in memory.
#[derive(Clone, Debug)]
pub struct TestChain {
    /// Genesis header.
    pub genesis: GenesisHeader,
    /// Blocks from height 1.
    pub blocks: Vec<TestBlock>,
    /// History log.
    pub tiles: MemTiles,
    /// State.
    pub nodes: MemNodes,
    next: ValidatorSet,
    after_next: ValidatorSet,
}

/// The key of a validator; anybody can compute it.
pub fn test_key(org: OrgId) -> SecretKey {
    SecretKey::from_seed(&tagged_value(Tag::Evidence, &("test validator", org)).0)
}

fn set_of(orgs: &[OrgId]) -> ValidatorSet {
    let validator = |org: &OrgId| Validator { org: *org, power: 10, key: test_key(*org).public() };
    ValidatorSet::new(orgs.iter().map(validator).collect()).unwrap()
}

impl TestChain {
    /// A chain at genesis with validators 1 to 4.
    pub fn genesis() -> Self {
        let set = set_of(&[OrgId(1), OrgId(2), OrgId(3), OrgId(4)]);
        Self::with_validators(set, "test chain")
    }

    /// A chain at genesis with these validators and name.
    pub fn with_validators(set: ValidatorSet, name: &str) -> Self {
        let mut nodes = MemNodes::default();
        let record = Record::Validators(Validators { next: set.clone(), after_next: set.clone() });
        let value = StateValue { key: StateKey::Validators, written_by: TxHash::default(), record };
        let update = nodes.apply(None, &[(StateKey::Validators.hash(), encode(&value))]).unwrap();
        let genesis = GenesisHeader {
            format: GENESIS_FORMAT,
            name: Text::new(name).unwrap(),
            chain_class: ChainClass::Test,
            time: Millis(1_780_000_000_000),
            validators: set.clone(),
            params: tagged_value(Tag::Params, &0u8),
            state_root: update.root,
            app_version: APP_VERSION,
        };
        Self { genesis, blocks: vec![], tiles: MemTiles::default(), nodes, next: set.clone(), after_next: set }
    }

    /// Ten blocks with five receipts each, forty subjects, and at height 5 validator 5 in place of validator 4.
    pub fn standard() -> Self {
        Self::standard_with(0)
    }

    /// The same chain with other receipts from height 7 on, as if its validators had rewritten history.
    pub fn rewritten() -> Self {
        Self::standard_with(1)
    }

    fn standard_with(salt: u64) -> Self {
        let mut chain = Self::genesis();
        for height in 1..=10 {
            let records = (0..4).map(|index| subject_record(height * 4 + index)).collect();
            let validators = (height == 3).then(|| vec![OrgId(1), OrgId(2), OrgId(3), OrgId(5)]);
            let salt = if height < 7 { 0 } else { salt };
            chain.push(BlockInput { receipts: 5, records, validators, salt, ..Default::default() });
        }
        chain
    }

    /// Height of the latest block.
    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The block of a height, from 1.
    pub fn block(&self, height: u64) -> &TestBlock {
        &self.blocks[usize::try_from(height).unwrap() - 1]
    }

    /// Executes and finalises a block.
    pub fn push(&mut self, input: BlockInput) -> &TestBlock {
        let height = self.height() + 1;
        let time = Millis(self.genesis.time.0 + height * 1_000);
        let previous = self.blocks.last().map_or(BlockHash(self.genesis.chain_id().0), |block| block.header.hash());
        let mut receipts: Vec<_> = (0..input.receipts).map(|index| receipt(height, time, index, input.salt)).collect();
        for (index, events) in (input.receipts..).zip(&input.events) {
            receipts.push(receipt_of(height, time, index, events.clone()));
        }

        // The log gets the previous header, then this block's receipts.
        let mut entries: Vec<Hash32> = self.blocks.last().map(|block| block.header.hash().0).into_iter().collect();
        let first_entry = self.tiles.size + entries.len() as u64;
        entries.extend(receipts.iter().map(|(receipt, _)| receipt.hash()));
        let leaves: Vec<Hash32> = entries.iter().map(|entry| leaf_hash(&entry.0)).collect();
        let log = self.tiles.append(&leaves).unwrap();

        let validators = std::mem::replace(&mut self.next, self.after_next.clone());
        if let Some(orgs) = &input.validators {
            self.after_next = set_of(orgs);
        }
        let state_root = self.write_state(height, time, previous, input);

        let txs: Vec<Hash32> = receipts.iter().map(|(receipt, _)| leaf_hash(&receipt.tx.0.0)).collect();
        let header = Header {
            format: BLOCK_FORMAT,
            chain: self.genesis.chain_id(),
            height: Height(height),
            time,
            proposer: validators.validators()[0].org,
            previous,
            tx_root: root_of(&txs),
            tx_count: u32::try_from(txs.len()).unwrap(),
            log_root: log.root,
            log_size: log.size,
            state_root,
            validators: validators.hash(),
            next_validators: self.next.hash(),
            params: self.genesis.params,
            app_version: APP_VERSION,
        };
        let absent = usize::try_from(height).unwrap() % validators.validators().len();
        let signers = validators.validators().iter().enumerate().filter(|(index, _)| *index != absent);
        let signers: Vec<OrgId> = signers.map(|(_, validator)| validator.org).collect();
        let certificate = certify(&header, u32::try_from(height % 3).unwrap(), &signers);
        self.blocks.push(TestBlock { header, certificate, validators, receipts, first_entry });
        &self.blocks[self.blocks.len() - 1]
    }

    fn write_state(&mut self, height: u64, time: Millis, previous: BlockHash, input: BlockInput) -> Hash32 {
        let block = Record::Block(BlockMeta { height: Height(height), time, previous });
        let sets = Validators { next: self.next.clone(), after_next: self.after_next.clone() };
        let fixed = [(StateKey::Block, block), (StateKey::Validators, Record::Validators(sets))];
        let records = fixed.into_iter().chain(input.records);
        let mut writes: Vec<(Hash32, Vec<u8>)> = records
            .map(|(key, record)| {
                let written_by = TxHash(tagged_value(Tag::Transaction, &(height, key)));
                (key.hash(), encode(&StateValue { key, written_by, record }))
            })
            .collect();
        writes.extend(input.raw);
        self.nodes.apply(Some(height - 1), &writes).unwrap().root
    }

    /// Header and certificate of a height.
    pub fn finality(&self, height: u64) -> Finality {
        let block = self.block(height);
        Finality { header: block.header.clone(), certificate: block.certificate.clone() }
    }

    /// The validator-set changes before a height.
    pub fn path(&self, height: u64) -> Vec<SetChange> {
        (1..height)
            .filter(|at| self.block(*at).header.next_validators != self.block(*at).header.validators)
            .map(|at| SetChange { finality: self.finality(at), validators: self.block(at + 1).validators.clone() })
            .collect()
    }

    /// A bundle about the header of a height.
    pub fn bundle(&self, height: u64, claim: Claim) -> Bundle {
        Bundle::new(self.genesis.clone(), self.path(height), self.finality(height), claim).unwrap()
    }

    /// Claims receipt `index` of the block at `height`, for the header of height `at`.
    pub fn receipt_claim(&self, height: u64, index: usize, at: u64, open: bool) -> Claim {
        let block = self.block(height);
        let (receipt, details) = block.receipts[index].clone();
        let entry = block.first_entry + index as u64;
        let proof = prove_inclusion(&self.tiles, entry, self.block(at).header.log_size).unwrap();
        Claim::receipt(receipt, entry, proof, open.then(|| details.open(|_| true))).unwrap()
    }

    /// [`TestChain::receipt_claim`], of whose events those are opened that `shown` picks out.
    pub fn opened_claim(&self, height: u64, index: usize, at: u64, shown: impl Fn(&Event) -> bool) -> Claim {
        let mut claim = self.receipt_claim(height, index, at, false);
        if let Claim::Receipt(claim) = &mut claim {
            claim.details = Some(self.block(height).receipts[index].1.open(shown));
        }
        claim
    }

    /// Claims the header of `height`, for the header of height `at`.
    pub fn header_claim(&self, height: u64, at: u64) -> Claim {
        let header = self.block(height).header.clone();
        let proof = prove_inclusion(&self.tiles, header.log_size, self.block(at).header.log_size).unwrap();
        Claim::header(header, proof).unwrap()
    }

    /// Claims the values of these keys, present or absent, at height `at`.
    pub fn state_claim(&self, keys: &[StateKey], at: u64) -> Claim {
        let item = |key: &StateKey| {
            let (value, proof) = prove(&self.nodes, at, &key.hash()).unwrap();
            StateItem::new(*key, value, proof).unwrap()
        };
        Claim::state(keys.iter().map(item).collect()).unwrap()
    }

    /// Claims that the log at height `older` is the beginning of the one at height `at`.
    pub fn consistency_claim(&self, older: u64, at: u64) -> Claim {
        let sizes = [older, at].map(|height| self.block(height).header.log_size);
        let proof = prove_consistency(&self.tiles, sizes[0], sizes[1]).unwrap();
        Claim::consistency(self.finality(older), proof).unwrap()
    }
}

/// The precommits of these validators, ascending, for a header.
pub fn certify(header: &Header, round: u32, signers: &[OrgId]) -> CommitCertificate {
    let signatures = List::default();
    let mut certificate = CommitCertificate { height: header.height, round, block: header.hash(), signatures };
    for voter in signers {
        let signature = certificate.precommit(header.chain, *voter).sign(&test_key(*voter));
        certificate.signatures.push(CommitSignature { voter: *voter, signature }).unwrap();
    }
    certificate
}

fn receipt(height: u64, time: Millis, index: u32, salt: u64) -> (Receipt, ReceiptDetails) {
    let tx = TxHash(tagged_value(Tag::Transaction, &(height, index, salt)));
    let code = if index % 3 == 2 { ErrorCode::BasisPlace.number() } else { 0 };
    let event = |number: u32| {
        let object = tagged_value(Tag::Consent, &(tx, number));
        let subject = Some(Sp(tagged_value(Tag::Evidence, &object)));
        let parties = List::new(vec![OrgId(1), OrgId(2 + number / 2)]).unwrap();
        Event { row: RowId(*b"CN", 2), object, subject, parties }
    };
    let events = List::new((0..if code == 0 { 5 } else { 0 }).map(event).collect()).unwrap();
    let details = ReceiptDetails {
        seed: tagged_value(Tag::ReceiptSeed, &tx),
        signer: Some(test_key(OrgId(1)).public().id()),
        events,
    };
    let receipt =
        Receipt { format: RECEIPT_FORMAT, height: Height(height), time, index, tx, code, details: details.hash() };
    (receipt, details)
}

/// A receipt of an executed transaction with these events.
fn receipt_of(height: u64, time: Millis, index: u32, events: Vec<Event>) -> (Receipt, ReceiptDetails) {
    let (receipt, details) = receipt(height, time, index, 0);
    let details = ReceiptDetails { events: List::new(events).unwrap(), ..details };
    (Receipt { code: 0, details: details.hash(), ..receipt }, details)
}

/// Key and record of test subject number `index`; [`TestChain::standard`] registers 4 to 43.
pub fn subject_record(index: u64) -> (StateKey, Record) {
    let sp = Sp(tagged_value(Tag::Evidence, &("test subject", index)));
    let subject = assent_types::subject::Subject {
        sp,
        key: SecretKey::from_seed(&sp.0.0).public(),
        loa: 2,
        enrolled_by: OrgId(1),
        attest: tagged_value(Tag::Evidence, &index),
        age_band: assent_types::subject::AgeBand::Adult,
        majority_at: None,
        registered_at: Millis(1_780_000_000_000 + index),
    };
    (StateKey::Subject(sp), Record::Subject(subject))
}
