//! Small parsers of flag values.

use std::path::Path;

use assent_types::Money;
use assent_types::access::Descriptor;
use assent_types::claim::{CodeRef, OtherPayer, RelatedClaim};
use assent_types::consent::Category;
use assent_types::hash::{Tag, tagged_value};
use assent_types::ids::{Day, Hash32, Millis, Month};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::StateKey;
use assent_vault::codec::Coding;

use super::output::CliError;

/// Largest file that is read as input, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a text file.
pub(super) fn text_file(path: &Path) -> Result<String, CliError> {
    String::from_utf8(file(path)?).map_err(|_| CliError::usage(format!("{}: not UTF-8", path.display())))
}

/// Reads a file within a bound.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, CliError> {
    use std::io::Read;
    let problem = |error: std::io::Error| CliError::usage(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(problem)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(CliError::usage(format!("{}: larger than {FILE_BYTES_MAX} bytes", path.display())));
    }
    Ok(bytes)
}

/// Reads a value from a JSON file.
pub(super) fn json_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, CliError> {
    serde_json::from_str(&text_file(path)?).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
}

/// Salted hash of a file that stays off the ledger, with its salt.
pub(super) fn evidence_hash(path: &Path) -> Result<(Hash32, Hash32), CliError> {
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    Ok((tagged_value(Tag::Evidence, &(salt, file(path)?)), salt))
}

/// `CN`, `HK`, `MO`, or with a city: `CN/4403`.
pub(super) fn place(text: &str) -> Result<Place, String> {
    let (jurisdiction, city) = text.split_once('/').unwrap_or((text, "0"));
    let jur: Jurisdiction = jurisdiction.parse()?;
    let city = city.parse().map_err(|_| format!("{city:?} is no GB/T 2260 code"))?;
    Ok(Place { jur, city })
}

/// `CATEGORY:GRADE:YYYY-MM:PLACE`.
pub(super) fn descriptor(text: &str) -> Result<Descriptor, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [category, grade, month, deliver_to] = parts.as_slice() else {
        return Err("expected CATEGORY:GRADE:YYYY-MM:PLACE, as LAB:3:2026-03:CN/4403".into());
    };
    let grade = grade.parse().map_err(|_| format!("{grade:?} is no grade of 1 to 5"))?;
    Ok(Descriptor {
        category: category.parse::<Category>()?,
        grade,
        service_month: self::month(month)?,
        deliver_to: place(deliver_to)?,
    })
}

/// A month `YYYY-MM`.
pub(super) fn month(text: &str) -> Result<Month, String> {
    let wrong = || format!("{text:?} is no month, expected YYYY-MM");
    let (year, month) = text.split_once('-').ok_or_else(wrong)?;
    let (year, month): (u32, u32) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
    // The day check also refuses years before 1970 and months above 12.
    Day::from_date(year, month, 1).ok_or_else(wrong)?;
    Ok(Month((year - 1970) * 12 + month - 1))
}

/// `120.50 HKD`: exact, with at most the decimals of its currency; else E701, E702, E703 or E907.
pub(super) fn money(text: &str) -> Result<Money, CliError> {
    text.parse::<Money>().map_err(|error| {
        CliError::numbered(error.code(), format!("{text:?}: {error}; amounts are written as '120.50 HKD'"))
    })
}

/// `KIND=120.50 HKD`: what another payer bears.
pub(super) fn other_payer(text: &str) -> Result<OtherPayer, CliError> {
    let parts = text.split_once('=').ok_or_else(|| CliError::usage("expected KIND=AMOUNT, as 'EHCV=100.00 HKD'"))?;
    Ok(OtherPayer { kind: parts.0.parse().map_err(CliError::usage)?, amount: money(parts.1)? })
}

/// `RELATION:CLAIM`: an earlier claim.
pub(super) fn related(text: &str) -> Result<RelatedClaim, String> {
    let (relation, claim) = text.split_once(':').ok_or("expected RELATION:ID, as correction:ID")?;
    Ok(RelatedClaim { relation: relation.parse()?, claim: claim.parse().map_err(|error| format!("{claim}: {error}"))? })
}

/// `SYSTEM/VERSION`: a version of a code system, by its numbers.
pub(super) fn code_ref(text: &str) -> Result<CodeRef, String> {
    let wrong = || format!("{text:?} is no version of a code system, expected SYSTEM/VERSION in numbers");
    let (system, version) = text.split_once('/').ok_or_else(wrong)?;
    Ok(CodeRef { system: system.parse().map_err(|_| wrong())?, version: version.parse().map_err(|_| wrong())? })
}

/// A date `YYYY-MM-DD` (its beginning in UTC) or milliseconds since 1970.
pub(super) fn instant(text: &str) -> Result<Millis, String> {
    if let Ok(millis) = text.parse() {
        return Ok(Millis(millis));
    }
    day(text).map(Day::start).map_err(|error| format!("{error} or milliseconds since 1970"))
}

/// A date `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Result<Day, String> {
    let wrong = || format!("{text:?} is no date, expected YYYY-MM-DD");
    let parts: Vec<u32> = text.split('-').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let [year, month, day] = parts.as_slice() else { return Err(wrong()) };
    Day::from_date(*year, *month, *day).ok_or_else(wrong)
}

/// `N,K`: shards in all and shards that suffice.
pub(super) fn coding(text: &str) -> Result<Coding, String> {
    let wrong = || format!("{text:?} is no code, expected 4,2, 6,4, 6,3 or 9,6");
    let (n, k) = text.split_once(',').ok_or_else(wrong)?;
    let (n, k) = (n.parse().map_err(|_| wrong())?, k.parse().map_err(|_| wrong())?);
    Coding::new(n, k).map_err(|error| error.to_string())
}

/// A state key: `block`, `params`, `validators`, `org:1`, `key:HEX`, `subject:HEX`, `mandate:HEX`, `consents:HEX:1`,
/// `bases:1`, `misbehaviour:1`, `anchor:HEX`, `keyset:HEX`, `session:HEX`, `accesses:HEX:1`, `links:HEX`, `case:HEX`,
/// `bill:HEX:1`, `claim:HEX`, `settlement:HEX`, `eligibility:HEX`, `preauth:HEX`, `guarantee:HEX`,
/// `proposal:HEX`, `governance`, `halts`, `fixing:HEX`, `fixings:CNY:HKD`, `code-system:1/20`, `code-map:HEX`,
/// `code-maps:1/20:2/1`, `delegation:3:8`, `assignment:HEX`, `batch:HEX`,
/// `claim-code:HEX`, `review:HEX`, `standing:1`, `activity:1:HEX`, `anomalies:KIND`, `anomalies:KIND:1`,
/// `retention:HEX`, `log-roots:1`, `lookup:4:HEX`, `recognitions:HEX`, `recognition-tally:1`,
/// `rollover:HEX`, `settlement-list:HEX:1`, `exports:1:2026`, `challenge:HEX`,
/// `open-requests:3:HEX`.
pub(super) fn state_key(text: &str) -> Result<StateKey, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no organisation number"));
    let hash = |text: &str| text.parse::<Hash32>().map_err(|error| format!("{text:?}: {error}"));
    Ok(match parts.as_slice() {
        ["block"] => StateKey::Block,
        ["params"] => StateKey::Params,
        ["validators"] => StateKey::Validators,
        ["org", id] => StateKey::Org(number(id)?),
        ["key", id] => StateKey::Key(assent_types::KeyId(hash(id)?)),
        ["subject", sp] => StateKey::Subject(assent_types::Sp(hash(sp)?)),
        ["mandate", id] => StateKey::Mandate(assent_types::MandateId(hash(id)?)),
        ["consents", sp, org] => StateKey::Consents(assent_types::Sp(hash(sp)?), number(org)?),
        ["bases", org] => StateKey::Bases(number(org)?),
        ["misbehaviour", org] => StateKey::Misbehaviour(number(org)?),
        ["case", id] => StateKey::Case(assent_types::CaseId(hash(id)?)),
        ["bill", id, org] => StateKey::Bill(assent_types::BillNullifier(hash(id)?), number(org)?),
        ["claim", id] => StateKey::Claim(assent_types::ClaimId(hash(id)?)),
        ["fixing", id] => StateKey::Fixing(assent_types::FixingId(hash(id)?)),
        ["fixings", one, other] => {
            let (one, other) = assent_types::fixing::pair_of(one.parse()?, other.parse()?);
            StateKey::FixingPair(one, other)
        }
        ["code-system", code] => StateKey::CodeSystem(code_ref(code)?),
        ["code-map", id] => StateKey::CodeMap(assent_types::CodeMapId(hash(id)?)),
        ["code-maps", src, dst] => StateKey::CodeMaps(code_ref(src)?, code_ref(dst)?),
        ["delegation", principal, delegate] => StateKey::Delegation(number(principal)?, number(delegate)?),
        ["assignment", id] => StateKey::Assignment(assent_types::AssignmentId(hash(id)?)),
        ["batch", id] => StateKey::Batch(assent_types::BatchId(hash(id)?)),
        ["settlement", id] => StateKey::Settlement(assent_types::SettlementId(hash(id)?)),
        ["eligibility", id] => StateKey::Eligibility(assent_types::EligibilityId(hash(id)?)),
        ["preauth", id] => StateKey::Preauth(assent_types::PreauthId(hash(id)?)),
        ["guarantee", id] => StateKey::Guarantee(assent_types::GuaranteeId(hash(id)?)),
        ["proposal", id] => StateKey::Proposal(assent_types::ProposalId(hash(id)?)),
        ["governance"] => StateKey::Governance,
        ["halts"] => StateKey::Halts,
        ["claim-code", id] => StateKey::ClaimCode(assent_types::ClaimCodeId(hash(id)?)),
        ["anchor", id] => StateKey::Anchor(assent_types::AnchorId(hash(id)?)),
        ["keyset", id] => StateKey::Keyset(assent_types::KeysetId(hash(id)?)),
        ["session", id] => StateKey::Session(assent_types::SessionId(hash(id)?)),
        ["accesses", sp, org] => StateKey::Accesses(assent_types::Sp(hash(sp)?), number(org)?),
        ["review", id] => StateKey::Review(assent_types::SessionId(hash(id)?)),
        ["standing", org] => StateKey::Standing(number(org)?),
        ["activity", org, person] => StateKey::Activity(number(org)?, hash(person)?),
        ["anomalies", kind] => StateKey::Anomalies(kind.parse()?, None),
        ["anomalies", kind, org] => StateKey::Anomalies(kind.parse()?, Some(number(org)?)),
        ["retention", id] => StateKey::Retention(assent_types::AnchorId(hash(id)?)),
        ["log-roots", org] => StateKey::LogRoots(number(org)?),
        ["lookup", org, sp] => StateKey::Lookup(number(org)?, assent_types::Sp(hash(sp)?)),
        ["recognitions", id] => StateKey::Recognitions(assent_types::AnchorId(hash(id)?)),
        ["recognition-tally", org] => StateKey::RecognitionTally(number(org)?),
        ["rollover", sp] => StateKey::Rollover(assent_types::Sp(hash(sp)?)),
        ["settlement-list", bill, org] => {
            StateKey::SettlementList(assent_types::BillNullifier(hash(bill)?), number(org)?)
        }
        ["challenge", id] => StateKey::Challenge(assent_types::ChallengeId(hash(id)?)),
        ["open-requests", org, sp] => StateKey::OpenRequests(number(org)?, assent_types::Sp(hash(sp)?)),
        ["exports", org, year] => {
            let year = year.parse().map_err(|_| format!("{year:?} is no year"))?;
            StateKey::Exports(number(org)?, year)
        }
        ["links", case] => StateKey::SubjectLinks(assent_types::CaseId(hash(case)?)),
        _ => {
            return Err("expected block, params, validators, org:N, key:HEX, subject:HEX, mandate:HEX, \
                        consents:HEX:N, bases:N, misbehaviour:N, anchor:HEX, keyset:HEX, session:HEX, \
                        accesses:HEX:N, links:HEX, case:HEX, bill:HEX:N, claim:HEX, settlement:HEX, \
                        eligibility:HEX, preauth:HEX, guarantee:HEX, proposal:HEX, governance, halts, fixing:HEX, \
                        fixings:CCY:CCY, code-system:N/N, code-map:HEX, code-maps:N/N:N/N, delegation:N:N, \
                        assignment:HEX, batch:HEX, claim-code:HEX, review:HEX, standing:N, activity:N:HEX, \
                        anomalies:KIND, anomalies:KIND:N, retention:HEX, log-roots:N, lookup:N:HEX, recognitions:HEX, recognition-tally:N, \
                        rollover:HEX, challenge:HEX, settlement-list:HEX:N, open-requests:N:HEX or exports:N:YEAR"
                .into());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_flags_are_read_or_refused_with_what_was_expected() {
        assert_eq!(place("HK"), Ok(Place::whole(Jurisdiction::Hk)));
        assert_eq!(place("CN/4403"), Ok(Place::city(Jurisdiction::Cn, 4403)));
        assert!(place("XX").is_err() && place("CN/x").is_err());
        let read = descriptor("LAB:3:2026-03:CN/4403").unwrap();
        assert_eq!((read.category, read.grade, read.service_month), (Category::Lab, 3, Month(56 * 12 + 2)));
        for wrong in ["LAB:3:2026-13:HK", "LAB:3:1969-01:HK", "LAB:3:2026-03", "X:3:2026-03:HK", "LAB:x:2026-03:HK"] {
            assert!(descriptor(wrong).is_err(), "{wrong}");
        }
        assert_eq!(instant("1970-01-02"), Ok(Millis(86_400_000)));
        assert_eq!(instant("42"), Ok(Millis(42)));
        assert!(instant("2026-02-30").is_err() && instant("tomorrow").is_err());
        assert_eq!(coding("4,2"), Ok(Coding::PILOT));
        assert_eq!(money("120.50 HKD").unwrap().to_string(), "120.50 HKD");
        for (wrong, number) in
            [("125.4567 USD", 702), ("1.00 XXX", 701), ("99999999999999999999 HKD", 703), ("1,5", 907)]
        {
            let Err(CliError::Numbered { code, .. }) = money(wrong) else { panic!("{wrong}") };
            assert_eq!(code.number(), number, "{wrong}");
        }
        assert_eq!(other_payer("EHCV=1.00 HKD").unwrap().amount.minor, 100);
        assert!(other_payer("EHCV").is_err() && other_payer("X=1.00 HKD").is_err());
        assert_eq!(code_ref("1/20"), Ok(CodeRef { system: 1, version: 20 }));
        let claim = "ab".repeat(32);
        assert!(related(&format!("correction:{claim}")).is_ok() && related(&claim).is_err());
        assert!(coding("2,4").is_err() && coding("4").is_err() && coding("5,2").is_err());
    }

    #[test]
    fn every_kind_of_state_key_can_be_named() {
        let hash = "ab".repeat(32);
        let named = ["fixings:CNY:HKD", "code-system:1/20", "code-maps:1/20:2/1", "delegation:3:8"];
        for text in ["block", "params", "validators", "org:1", "bases:1", "misbehaviour:4"].into_iter().chain(named) {
            assert!(state_key(text).is_ok(), "{text}");
        }
        for text in [
            "key",
            "subject",
            "mandate",
            "anchor",
            "keyset",
            "session",
            "links",
            "case",
            "claim",
            "settlement",
            "fixing",
            "code-map",
            "assignment",
            "batch",
        ] {
            assert!(state_key(&format!("{text}:{hash}")).is_ok(), "{text}");
            assert!(state_key(&format!("{text}:12")).is_err(), "{text}");
        }
        assert!(state_key(&format!("consents:{hash}:2")).is_ok());
        assert!(state_key(&format!("accesses:{hash}:2")).is_ok());
        assert!(state_key(&format!("bill:{hash}:2")).is_ok() && state_key("bill:2").is_err());
        assert!(state_key("consents:2").is_err() && state_key("org").is_err());
    }
}
