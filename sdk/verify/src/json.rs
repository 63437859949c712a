use assent_proofs::bundle::{Proven, Signed, Verified, VerifyError};
use assent_types::block::Header;
use assent_types::state::Record;
use serde_json::{Value, json};

use crate::text::{kind, outcome};
use crate::time::rfc3339;

/// What was proven, as JSON.
pub fn accepted_json(verified: &Verified) -> Value {
    let Verified { genesis, changes, header, signed, proven } = verified;
    let mut out = json!({
        "accepted": true,
        "kind": kind(proven),
        "chain": header.chain,
        "chain_name": genesis.name,
        "chain_class": genesis.chain_class,
        "validator_changes": changes,
        "header": header_json(header),
        "finality": signed_json(signed),
    });
    match proven {
        Proven::Finality => {}
        Proven::Receipt { receipt, index, details } => {
            out["receipt"] = json!({
                "public": receipt,
                "time": rfc3339(receipt.time),
                "error": receipt.error(),
                "outcome": outcome(receipt),
                "entry": index,
                "details": details,
            });
        }
        Proven::Header(earlier) => out["earlier"] = header_json(earlier),
        Proven::State(items) => {
            let item = |item: &assent_proofs::bundle::ProvenItem| {
                json!({
                    "key": item.key,
                    "present": item.value.is_some(),
                    "written_by": item.value.as_ref().map(|value| value.written_by),
                    "record": item.value.as_ref().map(|value| record_json(&value.record)),
                })
            };
            out["state"] = items.iter().map(item).collect();
        }
        Proven::Consistency { older, signed } => {
            out["older"] = json!({ "header": header_json(older), "finality": signed_json(signed) });
        }
    }
    out
}

/// Why a bundle was refused, as JSON.
pub fn refused_json(error: &VerifyError) -> Value {
    json!({ "accepted": false, "part": error.part(), "reason": error.to_string() })
}

fn header_json(header: &Header) -> Value {
    json!({ "hash": header.hash(), "time": rfc3339(header.time), "fields": header })
}

fn signed_json(signed: &Signed) -> Value {
    json!({
        "round": signed.round,
        "signers": signed.signers,
        "power": signed.power,
        "total_power": signed.total,
        "validators": signed.validators,
    })
}

/// A record as JSON; equivocations are counted, since their signatures are of interest to machines only.
pub fn record_json(record: &Record) -> Value {
    match record {
        Record::Block(record) => json!({ "block": record }),
        Record::Params(record) => json!({ "params": record }),
        Record::Validators(record) => json!({ "validators": record }),
        Record::Org(record) => json!({ "org": record }),
        Record::Key(record) => json!({ "key": record }),
        Record::Subject(record) => json!({ "subject": record }),
        Record::Mandate(record) => json!({ "mandate": record }),
        Record::Consents(record) => json!({ "consents": record }),
        Record::Bases(record) => json!({ "bases": record }),
        Record::Misbehaviour(record) => json!({ "misbehaviour": record.len() }),
        Record::SweepSeed(_) => json!({ "sweep_seed": "not shown" }),
        Record::Anchor(record) => json!({ "anchor": record }),
        Record::Keyset(record) => json!({ "keyset": record }),
        Record::Session(record) => json!({ "session": record }),
        Record::Accesses(record) => json!({ "accesses": record }),
        Record::SubjectLinks(record) => json!({ "subject_links": record }),
        Record::Case(record) => json!({ "case": record }),
        Record::Bill(record) => json!({ "bill": record }),
        Record::Claim(record) => json!({ "claim": record }),
        Record::Settlement(record) => json!({ "settlement": record }),
        Record::Eligibility(record) => json!({ "eligibility": record }),
        Record::Preauth(record) => json!({ "preauth": record }),
        Record::Guarantee(record) => json!({ "guarantee": record }),
        Record::Proposal(record) => json!({ "proposal": record }),
        Record::Governance(record) => json!({ "governance": record }),
        Record::Halts(record) => json!({ "halts": record }),
        Record::Fixing(record) => json!({ "fixing": record }),
        Record::FixingPair(record) => json!({ "fixing_pair": record }),
        Record::CodeSystem(record) => json!({ "code_system": record }),
        Record::CodeMap(record) => json!({ "code_map": record }),
        Record::CodeMaps(record) => json!({ "code_maps": record }),
        Record::Delegation(record) => json!({ "delegation": record }),
        Record::Assignment(record) => json!({ "assignment": record }),
        Record::Batch(record) => json!({ "batch": record }),
        Record::ClaimCode(record) => json!({ "claim_code": record }),
        Record::ClaimCodeNonce(code) => json!({ "spent_by": code }),
        Record::Review(record) => json!({ "review": record }),
        Record::Standing(record) => json!({ "standing": record }),
        Record::Activity(record) => json!({ "activity": record }),
        Record::Anomalies(record) => json!({ "anomalies": record }),
        Record::Retention(record) => json!({ "retention": record }),
        Record::LogRoots(record) => json!({ "log_roots": record }),
        Record::Lookup(record) => json!({ "lookup": record }),
        Record::Recognitions(record) => json!({ "recognitions": record }),
        Record::RecognitionTally(record) => json!({ "recognition_tally": record }),
        Record::Rollover(record) => json!({ "rollover": record }),
        Record::SettlementList(record) => json!({ "settlement_list": record }),
        Record::Challenge(record) => json!({ "challenge": record }),
        Record::OpenRequests(count) => json!({ "open_requests": count }),
        Record::Exports(record) => json!({ "exports": record }),
        Record::Tombstone(record) => json!({ "tombstone": record }),
    }
}
