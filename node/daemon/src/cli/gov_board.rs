//! What the ledger says of governance, all of it proven at one height, and where a proposal stands.

use std::collections::{BTreeMap, BTreeSet};

use assent_client::ProvenState;
use assent_contracts::runtime::memory::MemoryState;
use assent_contracts::{BlockContext, Standing, standings};
use assent_proto::limits::KEYS_MAX;
use assent_types::governance::{Governance, Halts, Matter, Proposal, Target, Upgrade};
use assent_types::ids::{BlockHash, Height, Millis, OrgId, ProposalId};
use assent_types::state::{Record, StateKey, StateValue};
use serde_json::{Value, json};

use super::context::Context;
use super::output::CliError;

/// The register, the members, and proposals, as they were at one height.
pub(super) struct Board {
    chain: assent_types::ChainId,
    proven: ProvenState,
    state: MemoryState,
}

impl Board {
    /// Reads the register, then everything that it names, with these proposals.
    pub(super) async fn read(context: &Context, named: &[ProposalId]) -> Result<Self, CliError> {
        Self::read_with(context, named, &[]).await
    }

    /// The same with further records.
    pub(super) async fn read_with(
        context: &Context,
        named: &[ProposalId],
        more: &[StateKey],
    ) -> Result<Self, CliError> {
        let first = context.client.get(&[StateKey::Governance, StateKey::Halts]).await?;
        let Some(Record::Governance(register)) = record(&first, StateKey::Governance) else {
            return Err(CliError::failed("the ledger has no register of governance"));
        };
        let mut keys: BTreeSet<StateKey> =
            BTreeSet::from([StateKey::Governance, StateKey::Halts, StateKey::Params, StateKey::Validators]);
        keys.extend(register.orgs.iter().copied().map(StateKey::Org));
        keys.extend(named.iter().copied().map(StateKey::Proposal));
        keys.extend(more.iter().copied());
        let mut optional: Vec<ProposalId> = register.open.iter().chain(register.closed.iter()).copied().collect();
        if let Some(Record::Halts(halts)) = record(&first, StateKey::Halts) {
            optional.extend(halts.measures.iter().map(|measure| measure.proposal));
        }
        // The latest ones first, as far as one proof takes them.
        for id in optional.into_iter().rev() {
            if keys.len() < KEYS_MAX {
                keys.insert(StateKey::Proposal(id));
            }
        }
        if keys.len() > KEYS_MAX {
            let problem = format!("{} records are needed in one proof; a node proves {KEYS_MAX}", keys.len());
            return Err(CliError::failed(problem));
        }
        let proven = context.client.get(&keys.into_iter().collect::<Vec<_>>()).await?;
        let values: Vec<StateValue> = proven.values.iter().filter_map(|(_, value)| value.clone()).collect();
        Ok(Self { chain: context.chain, state: MemoryState::new(values), proven })
    }

    pub(super) fn height(&self) -> Height {
        self.proven.height
    }

    pub(super) fn bundle(&self) -> &[u8] {
        &self.proven.bundle
    }

    pub(super) fn state(&self) -> &MemoryState {
        &self.state
    }

    /// A record as it was proven.
    pub(super) fn record(&self, key: StateKey) -> Option<&Record> {
        record(&self.proven, key)
    }

    /// The block after the proven one, for which dry runs are made.
    pub(super) fn next_block(&self) -> BlockContext {
        BlockContext {
            chain: self.chain,
            height: self.proven.height.next(),
            time: self.proven.time.plus(1),
            previous: BlockHash::default(),
        }
    }

    fn register(&self) -> Option<&Governance> {
        match self.record(StateKey::Governance) {
            Some(Record::Governance(register)) => Some(register),
            _ => None,
        }
    }

    pub(super) fn proposal(&self, id: ProposalId) -> Result<Proposal, CliError> {
        match self.record(StateKey::Proposal(id)) {
            Some(Record::Proposal(proposal)) => Ok((**proposal).clone()),
            _ => {
                let detail = format!("there is no proposal {id} at height {}", self.height());
                Err(CliError::numbered(assent_types::ErrorCode::NotFound, detail))
            }
        }
    }

    /// The proposals that were read, the oldest first.
    pub(super) fn listed(&self) -> Vec<Proposal> {
        let mut found: Vec<Proposal> = self
            .proven
            .values
            .iter()
            .filter_map(|(_, value)| match value.as_ref().map(|value| &value.record) {
                Some(Record::Proposal(proposal)) => Some((**proposal).clone()),
                _ => None,
            })
            .collect();
        found.sort_by_key(|proposal| (proposal.at, proposal.id));
        found
    }

    pub(super) fn halts(&self) -> Option<&Halts> {
        match self.record(StateKey::Halts) {
            Some(Record::Halts(halts)) => Some(halts),
            _ => None,
        }
    }

    pub(super) fn upgrade(&self) -> Option<&Upgrade> {
        self.register()?.upgrade.as_ref()
    }

    /// Where a matter stands with these votes.
    pub(super) fn stand(&self, matter: &Matter, votes: BTreeMap<OrgId, bool>) -> Result<Stand, CliError> {
        let yes = votes.iter().filter(|(_, approve)| **approve).map(|(org, _)| *org).collect();
        let standings = standings(&self.state, matter, &yes, self.proven.time).map_err(CliError::failed)?;
        let standings = standings.map_err(|code| CliError::numbered(code, code.hint()))?;
        Ok(Stand { standings, votes })
    }

    pub(super) fn standing(&self, proposal: &Proposal) -> Result<Stand, CliError> {
        self.stand(&proposal.matter, proposal.votes.iter().map(|vote| (vote.org, vote.approve)).collect())
    }

    /// When something happens next, and what has happened.
    pub(super) fn times(&self, proposal: &Proposal) -> Vec<String> {
        use assent_types::governance::ProposalStatus::{Approved, EmergencyInForce, Open};
        let mut lines = vec![format!("by organisation {} at {}", proposal.by, time(proposal.at))];
        if let Some(due) = proposal.due {
            let what = match proposal.status {
                Open => "expires",
                Approved => "is executed",
                EmergencyInForce => "lapses, unless it is ratified,",
                _ => "ends",
            };
            lines.push(format!("{what} at {}", time(due)));
        }
        if let Some(ended) = proposal.ended {
            lines.push(format!("ended at {}", time(ended)));
        }
        if let Some(code) = proposal.refused.and_then(assent_types::ErrorCode::from_number) {
            lines.push(format!("not possible any more when its time came: {code}: {}", code.hint()));
        }
        lines
    }
}

fn record(proven: &ProvenState, key: StateKey) -> Option<&Record> {
    proven.value(&key).flatten().map(|value| &value.record)
}

pub(super) fn time(at: Millis) -> String {
    assent_verify::rfc3339(at)
}

/// What a matter is about, in a few words.
pub(super) fn matter_text(matter: &Matter) -> String {
    match matter {
        Matter::Payload(payload) => match payload {
            assent_types::governance::Payload::SetParam(change) => format!("SetParam {}", change.name()),
            other => other.name().to_owned(),
        },
        Matter::Emergency(emergency) => match emergency.target {
            Target::Org(org) => format!("emergency suspension of organisation {org}"),
            Target::Facility { org, facility } => format!("emergency suspension of facility {facility} of {org}"),
            Target::Borders => "emergency halt of disclosure across borders".to_owned(),
            Target::Outbound(from) => format!("emergency halt of disclosure out of {from}"),
            Target::Basis { exporter, basis } => format!("emergency halt of basis {basis} of {exporter}"),
            Target::BreakGlass => "emergency halt of breaking the glass".to_owned(),
            Target::Settlement => "emergency halt of settlement".to_owned(),
        },
    }
}

/// What is asked, what was given, and who could still give it.
pub(super) struct Stand {
    standings: Vec<Standing>,
    votes: BTreeMap<OrgId, bool>,
}

impl Stand {
    /// Those who did not vote yet, of the electors of a requirement that is not met.
    fn silent(&self, standing: &Standing) -> Vec<OrgId> {
        let silent = standing.electors.iter().copied().filter(|org| !self.votes.contains_key(org));
        if standing.is_met { Vec::new() } else { silent.collect() }
    }

    pub(super) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .standings
            .iter()
            .map(|standing| {
                json!({
                    "requirement": standing.requirement.to_string(),
                    "electors": standing.electors,
                    "yes": standing.yes,
                    "met": standing.is_met,
                    "missing_from": self.silent(standing),
                })
            })
            .collect();
        Value::Array(rows)
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let numbers = |orgs: &[OrgId]| {
            let names: Vec<String> = orgs.iter().map(OrgId::to_string).collect();
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
        };
        let line = |standing: &Standing| {
            let electors = numbers(&standing.electors);
            let given = format!("{}: {} of {}", standing.requirement, standing.yes.len(), standing.electors.len());
            if standing.is_met {
                format!("{given} agree, enough (members {electors})")
            } else {
                format!(
                    "{given} agree, not enough (members {electors}; no vote yet: {})",
                    numbers(&self.silent(standing))
                )
            }
        };
        self.standings.iter().map(line).collect()
    }
}
