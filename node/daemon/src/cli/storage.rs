//! Flags that say where a document goes.

use assent_client::ingest::Storage;
use assent_types::document::{Placement, Residency};
use assent_types::ids::{KeysetId, Millis, OrgId};
use assent_types::place::Jurisdiction;
use assent_vault::codec::Coding;

use super::access::seat;
use super::context::Context;
use super::output::CliError;
use super::parse;

/// Where a document goes.
#[derive(clap::Args)]
pub(super) struct StorageArgs {
    /// Who holds the shares of its key
    #[arg(long, value_name = "ID")]
    keyset: Option<KeysetId>,
    /// A custodian; repeatable, one for each shard in the order of the shards
    #[arg(long, value_name = "ORG")]
    custodian: Vec<OrgId>,
    /// Shards in all and shards that suffice to read: 4,2, 6,4, 6,3 or 9,6
    #[arg(long, value_name = "N,K", default_value = "4,2", value_parser = parse::coding)]
    coding: Coding,
    /// No single place may hold as many shards as suffice to read
    #[arg(long)]
    split: bool,
    /// This jurisdiction alone holds as many shards as suffice to read: CN, HK or MO
    #[arg(long, value_name = "JURISDICTION")]
    readable_in: Option<Jurisdiction>,
    /// Until when the law requires that it is kept
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    retain_until: Option<Millis>,
}

impl StorageArgs {
    /// Looks the custodians' places up.
    pub(super) async fn resolve(&self, context: &Context) -> Result<Storage, CliError> {
        let mut custody = Vec::new();
        for custodian in &self.custodian {
            custody.push(Placement { custodian: *custodian, place: seat(context, *custodian).await? });
        }
        if custody.len() != self.coding.n() {
            let problem = format!("--custodian: {} are named for {} shards", custody.len(), self.coding.n());
            return Err(CliError::usage(problem));
        }
        Ok(Storage {
            keyset: self.keyset.ok_or_else(|| CliError::usage("--keyset is missing"))?,
            custody,
            coding: self.coding,
            residency: Residency { split: self.split, readable_in: self.readable_in },
            retention_until: self.retain_until,
        })
    }
}
