use assent_types::document::Anchor;
use assent_types::ids::SessionId;
use assent_vault::tree::StripeIndex;
use assent_vault::{OpenError, Opener, ShardStripe};
use futures::future::try_join_all;

use super::anchors::roots_of;
use super::custodians::{Custodians, Description, Right, RunRef, ShardRef};
use super::error::{Fault, ShardFault, VaultError};
use super::runs::Runs;
use crate::error::ClientError;

/// Reads a document's stripes from as few shards as suffice, and from others when these are missing or wrong.
pub(super) struct ShardReader<'a> {
    anchor: &'a Anchor,
    session: SessionId,
    custodians: &'a Custodians,
    pub(super) opener: Opener,
    runs: Runs,
    /// Shards in use; data shards first, from which nothing has to be decoded.
    chosen: Vec<u8>,
    /// Shards that were not tried yet.
    spare: Vec<u8>,
    pub(super) faults: Vec<ShardFault>,
    pub(super) bytes_read: u64,
    pub(super) decoded: bool,
}

/// The chunks of one run, by shard and column.
pub(super) type ReadRun = Vec<(u8, Vec<Vec<u8>>)>;

/// Plaintext of a stripe; wiped when dropped.
pub(super) type Segment = zeroize::Zeroizing<Vec<u8>>;

impl<'a> ShardReader<'a> {
    /// Finds as many custodians as suffice.
    pub(super) async fn open(
        anchor: &'a Anchor,
        session: SessionId,
        custodians: &'a Custodians,
        dek: &assent_vault::envelope::Dek,
    ) -> Result<Self, VaultError> {
        let roots = roots_of(&anchor.body)?;
        let mut finding = Finding { anchor, session, custodians, faults: Vec::new() };
        let stored = (0_u8..).zip(anchor.custody.iter()).filter(|(_, custody)| custody.stored_at.is_some());
        let mut spare: Vec<u8> = stored.map(|(shard, _)| shard).collect();
        // Taken from the end: data shards first.
        spare.reverse();
        let mut described = Vec::new();
        let needed = roots.geometry.coding().k();
        while described.len() < needed {
            let Some(shard) = spare.pop() else {
                return Err(VaultError::TooFewShards { needed, faults: finding.faults });
            };
            if let Some(found) = finding.describe(shard, &roots).await {
                described.push((shard, found));
            }
        }
        let stripes = described.first().map_or_else(StripeIndex::default, |(_, found)| found.stripes.clone());
        let runs = Runs::of(&roots.geometry);
        let mut opener = Opener::new(roots, dek, stripes)?;
        let mut chosen = Vec::new();
        for (shard, found) in described {
            opener.admit(usize::from(shard), found.index)?;
            chosen.push(shard);
        }
        let faults = finding.faults;
        Ok(Self { anchor, session, custodians, opener, runs, chosen, spare, faults, bytes_read: 0, decoded: false })
    }

    pub(super) fn runs(&self) -> Runs {
        self.runs
    }

    /// The plaintext of every stripe of a run, in order.
    pub(super) async fn run(&mut self, number: u32) -> Result<Vec<Segment>, VaultError> {
        loop {
            let read = match self.fetch(number).await {
                Ok(read) => read,
                Err((shard, error)) => {
                    self.replace(shard, Fault::of(&error)).await?;
                    continue;
                }
            };
            match self.decrypt(number, &read) {
                Ok(opened) => return Ok(opened),
                Err(OpenError::TooFew { culprits, .. }) if !culprits.is_empty() => {
                    for culprit in culprits {
                        self.replace(u8::try_from(culprit.shard).unwrap_or(u8::MAX), Fault::Damaged).await?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn decrypt(&mut self, number: u32, read: &ReadRun) -> Result<Vec<Segment>, OpenError> {
        let (first, count) = self.runs.run(number);
        let chunk_bytes = self.opener.geometry().chunk_bytes();
        let mut opened = Vec::with_capacity(count as usize);
        for stripe in 0..count {
            let at = stripe as usize * chunk_bytes;
            let chunk = |run: &'_ Vec<u8>| at..(at + chunk_bytes).min(run.len());
            let shards: Vec<ShardStripe<'_>> = read
                .iter()
                .map(|(shard, columns)| ShardStripe {
                    shard: usize::from(*shard),
                    chunks: columns.iter().map(|run| run.get(chunk(run)).unwrap_or_default()).collect(),
                })
                .collect();
            let mut segment = Segment::default();
            let how = self.opener.open(first + stripe, &shards, &mut segment)?;
            self.decoded |= !how.decoded.is_empty();
            opened.push(segment);
        }
        Ok(opened)
    }

    /// A run of every column of the chosen shards.
    async fn fetch(&mut self, number: u32) -> Result<ReadRun, (u8, ClientError)> {
        let (first, count) = self.runs.run(number);
        let columns = self.opener.geometry().coding().columns();
        let right = Right::Session(self.session);
        let this = &*self;
        let reads = self.chosen.iter().map(|shard| async move {
            let failed = |error| (*shard, error);
            let custodian = this.custodians.of(custodian_of(this.anchor, *shard)).map_err(failed)?;
            let reference = ShardRef { anchor: this.anchor.id, shard: *shard };
            let column = |column| custodian.read(reference, right, RunRef { column, first, count });
            let columns = try_join_all((0..).take(columns).map(column)).await.map_err(failed)?;
            Ok((*shard, columns))
        });
        let read: ReadRun = try_join_all(reads).await?;
        self.bytes_read += read.iter().flat_map(|(_, columns)| columns).map(|run| run.len() as u64).sum::<u64>();
        Ok(read)
    }

    /// Takes another shard in place of one that failed.
    async fn replace(&mut self, shard: u8, fault: Fault) -> Result<(), VaultError> {
        self.faults.push(ShardFault { shard, custodian: custodian_of(self.anchor, shard), fault });
        self.chosen.retain(|chosen| *chosen != shard);
        let roots = roots_of(&self.anchor.body)?;
        let needed = roots.geometry.coding().k();
        let faults = std::mem::take(&mut self.faults);
        let mut finding = Finding { anchor: self.anchor, session: self.session, custodians: self.custodians, faults };
        while self.chosen.len() < needed {
            let Some(shard) = self.spare.pop() else {
                return Err(VaultError::TooFewShards { needed, faults: finding.faults });
            };
            if let Some(found) = finding.describe(shard, &roots).await {
                self.opener.admit(usize::from(shard), found.index)?;
                self.chosen.push(shard);
            }
        }
        self.faults = finding.faults;
        Ok(())
    }
}

fn custodian_of(anchor: &Anchor, shard: u8) -> assent_types::OrgId {
    anchor.custody.get(usize::from(shard)).map(|custody| custody.custodian).unwrap_or_default()
}

struct Finding<'a> {
    anchor: &'a Anchor,
    session: SessionId,
    custodians: &'a Custodians,
    faults: Vec<ShardFault>,
}

impl Finding<'_> {
    /// What describes a shard, if its custodian gives it and it hashes to the anchored roots; else the fault is noted.
    async fn describe(&mut self, shard: u8, roots: &assent_vault::tree::Roots) -> Option<Description> {
        let custodian = custodian_of(self.anchor, shard);
        let reference = ShardRef { anchor: self.anchor.id, shard };
        let found = match self.custodians.of(custodian) {
            Ok(agent) => agent.describe(reference, Right::Session(self.session)).await,
            Err(error) => Err(error),
        };
        let fault = match found {
            Ok(found) => {
                let root = self.anchor.body.shard_roots.get(usize::from(shard))?;
                let index = found.index.clone().check(&roots.geometry, usize::from(shard), root);
                if index.is_ok() && found.stripes.clone().check(roots).is_ok() {
                    return Some(found);
                }
                Fault::Damaged
            }
            Err(error) => Fault::of(&error),
        };
        self.faults.push(ShardFault { shard, custodian, fault });
        None
    }
}
