//! FHIR's data types that several resources share, and reading and writing of whole resources.

use assent_types::{Currency, Day, ErrorCode, Millis, Money, Month};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::date::{calendar_days, date_range, date_text, instant_text, interval};
use crate::element::{Element, elements};
use crate::error::FhirError;
use crate::ingest::{Fault, minor_units};
use crate::json::{Bounds, DEPTH_MAX, Json, RESOURCE_BYTES_MAX};
use crate::model::{Coding, Reference};

/// Most values of one resource.
const VALUES_MAX: usize = 100_000;

/// Reads a resource of one type.
pub(crate) fn read_resource<T: Element>(text: &str, kind: &'static str) -> Result<T, FhirError> {
    let mut json = parse(text, kind)?;
    let Json::Object(fields) = &mut json else {
        return Err(FhirError::invalid(kind, format!("expected an object, found {}", json.kind())));
    };
    match fields.remove("resourceType") {
        Some(Json::Text(found)) if found == kind => T::read(json, kind),
        Some(Json::Text(_)) => Err(FhirError::unsupported("resourceType", format!("it is not {kind}"))),
        _ => Err(FhirError::missing("resourceType", "say what it is")),
    }
}

/// Reads an object that is no resource, such as the claims of a token; errors name it as `root`.
pub(crate) fn read_json<T: Element>(text: &str, root: &'static str) -> Result<T, FhirError> {
    T::read(parse(text, root)?, root)
}

fn parse(text: &str, root: &'static str) -> Result<Json, FhirError> {
    let bounds = Bounds { root, bytes_max: RESOURCE_BYTES_MAX, depth_max: DEPTH_MAX, values_max: VALUES_MAX };
    Json::parse(text, &bounds)
}

/// A resource with its type in front.
#[derive(Serialize)]
struct Typed<'a, T> {
    #[serde(rename = "resourceType")]
    kind: &'static str,
    #[serde(flatten)]
    resource: &'a T,
}

/// Writes a resource of one type. Amounts stay the decimal text that they are.
pub(crate) fn write_resource<T: Serialize>(resource: &T, kind: &'static str) -> Result<String, FhirError> {
    let typed = Typed { kind, resource };
    serde_json::to_string(&typed).map_err(|error| FhirError::invalid(kind, error.to_string()))
}

/// A decimal as it is written: an amount that passed through a binary fraction is another amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) String);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl Element for Decimal {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Number(text) => Ok(Self(text)),
            other => Err(FhirError::invalid(path, format!("expected a number, found {}", other.kind()))),
        }
    }
}

elements! {
    /// An amount of money.
    Amount {
        required value: Decimal = "value",
        required currency: String = "currency",
    } ignores &["id", "extension"]
}

impl Amount {
    pub(crate) fn of(money: Money) -> Self {
        Self::signed(money, false)
    }

    pub(crate) fn signed(money: Money, negative: bool) -> Self {
        let text = money.to_string();
        let value = text.split(' ').next().unwrap_or_default();
        let sign = if negative && !money.is_zero() { "-" } else { "" };
        Self { value: Decimal(format!("{sign}{value}")), currency: money.ccy.code().to_owned() }
    }

    /// The amount, if it is not negative.
    pub(crate) fn read(&self, path: &str) -> Result<Money, FhirError> {
        match self.read_signed(path)? {
            (money, false) => Ok(money),
            (_, true) => {
                let problem = "negative; the ledger states directions apart";
                Err(FhirError::unsupported(format!("{path}.value"), problem))
            }
        }
    }

    /// The amount, and whether it is negative.
    pub(crate) fn read_signed(&self, path: &str) -> Result<(Money, bool), FhirError> {
        let refuse = |code, element: &str, problem: &str| FhirError {
            code,
            path: format!("{path}.{element}"),
            problem: problem.to_owned(),
        };
        let ccy = Currency::from_code(&self.currency).ok_or_else(|| {
            refuse(ErrorCode::Currency, "currency", "not a currency of the ledger, which are CNY, HKD, MOP and USD")
        })?;
        let (text, negative) =
            self.value.0.strip_prefix('-').map_or((self.value.0.as_str(), false), |rest| (rest, true));
        let decimals = u32::try_from(ccy.exponent()).unwrap_or(u32::MAX);
        match minor_units(text, decimals) {
            Ok(minor) => Ok((Money::new(ccy, minor), negative)),
            Err(Fault::Precision) => {
                Err(refuse(ErrorCode::Precision, "value", "more decimals than the currency has; nothing is rounded"))
            }
            Err(Fault::Negative | Fault::Overflow) => {
                Err(refuse(ErrorCode::AmountOverflow, "value", "larger than the ledger counts"))
            }
        }
    }
}

elements! {
    /// Profiles that a resource follows.
    Meta {
        many profile: Vec<String> = "profile",
    } ignores &["id", "extension", "versionId", "lastUpdated", "source", "security", "tag"]
}

elements! {
    /// A coding of which the system may be left open, as published examples do.
    OpenCoding {
        optional system: Option<String> = "system",
        required code: String = "code",
    } ignores &["id", "display", "version", "userSelected", "extension"]
}

elements! {
    /// A concept of which the system may be left open.
    OpenConcept {
        required coding: Vec<OpenCoding> = "coding",
    } ignores &["id", "text", "extension"]
}

impl OpenConcept {
    pub(crate) fn new(system: &str, code: &str) -> Self {
        Self { coding: vec![OpenCoding { system: Some(system.to_owned()), code: code.to_owned() }] }
    }

    /// The one code, of this system or of none.
    pub(crate) fn code(&self, system: &str, path: &str) -> Result<&str, FhirError> {
        match self.coding.as_slice() {
            [coding] if coding.system.as_deref().is_none_or(|found| found == system) => Ok(&coding.code),
            [_] => Err(FhirError::unsupported(format!("{path}.coding[0].system"), format!("not {system}"))),
            _ => Err(FhirError::unsupported(format!("{path}.coding"), "several codes for one concept; give one")),
        }
    }
}

/// Refuses a code that is not the expected one.
pub(crate) fn expect_coding(coding: &Coding, system: &str, code: &str, path: &str) -> Result<(), FhirError> {
    if coding.system == system && coding.code == code {
        return Ok(());
    }
    Err(FhirError::unsupported(path, format!("{} is not {system}|{code}", coding.token())))
}

/// A reference that names one kind of object of the ledger by its identifier.
pub(crate) fn reference_to(system: &str, id: impl ToString) -> Reference {
    Reference::identifier(system, id.to_string())
}

/// An instant as text.
pub(crate) fn instant(at: Millis, path: &str) -> Result<String, FhirError> {
    instant_text(at).ok_or_else(|| FhirError::unsupported(path, "lies after the year 9999"))
}

/// The instant at which a `dateTime` or `instant` begins.
pub(crate) fn read_instant(text: &str, offset_minutes: i32, path: &str) -> Result<Millis, FhirError> {
    let start = interval(text, offset_minutes, path)?.start_ms;
    u64::try_from(start).map(Millis).map_err(|_| FhirError::unsupported(path, "lies before 1970"))
}

/// A month as text, `YYYY-MM`.
pub(crate) fn month_text(month: Month, path: &str) -> Result<String, FhirError> {
    let (year, number, _) = month.first_day().to_date();
    if month > Month::MAX || year > 9999 {
        return Err(FhirError::unsupported(path, "lies after the year 9999"));
    }
    Ok(format!("{year:04}-{number:02}"))
}

/// The one month that a date names; a day in it names it too.
pub(crate) fn read_month(text: &str, path: &str) -> Result<Month, FhirError> {
    let (first, next) = calendar_days(text).ok_or_else(|| FhirError::invalid(path, "not a FHIR date"))?;
    let day =
        |number: i32| u32::try_from(number).map(Day).map_err(|_| FhirError::unsupported(path, "lies before 1970"));
    let (first, last) = (day(first)?, day(next - 1)?);
    if first.month() != last.month() {
        return Err(FhirError::unsupported(path, "name a month or a day"));
    }
    Ok(first.month())
}

/// A day as text.
pub(crate) fn day_text(day: Day, path: &str) -> Result<String, FhirError> {
    if Day::from_date(9999, 12, 31).is_none_or(|last| day > last) {
        return Err(FhirError::unsupported(path, "lies after the year 9999"));
    }
    Ok(date_text(day))
}

/// The one day that a date names.
pub(crate) fn read_day(text: &str, path: &str) -> Result<Day, FhirError> {
    let (first, next) = date_range(text).ok_or_else(|| FhirError::invalid(path, "not a FHIR date"))?;
    if next - first != 1 {
        return Err(FhirError::unsupported(path, "name one day"));
    }
    u32::try_from(first).map(Day).map_err(|_| FhirError::unsupported(path, "lies before 1970"))
}
