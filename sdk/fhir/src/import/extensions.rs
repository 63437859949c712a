//! Reading the project's own extensions of Consent.

use assent_types::Hash32;
use assent_types::codec::Set;
use assent_types::consent::{
    BasisKinds, BreakGlass, EvidenceRef, LabelRule, Labels, Limits, Obligations, Redisclosure, SeparateConsents,
    XBorder,
};
use assent_types::org::Role;
use assent_types::place::{Place, PlaceSet};

use crate::codes::place_of;
use crate::error::FhirError;
use crate::extensions::{Extensions, Found, code, flag, hash, number, text, text_code};
use crate::model::{Extension, ExtensionValue, Reference};

impl<'a> Extensions<'a> {
    pub(crate) fn notice(&mut self) -> Result<Option<Hash32>, FhirError> {
        self.optional("policy-notice")?.map(|found| hash(&found)).transpose()
    }

    pub(crate) fn places(&mut self) -> Result<Option<PlaceSet>, FhirError> {
        let found = self.many("place");
        if found.is_empty() { Ok(None) } else { places(&self.path, found).map(Some) }
    }

    pub(crate) fn excluded(&mut self) -> Result<Vec<(String, &'a Reference)>, FhirError> {
        let read = |(path, extension): Found<'a>| match &extension.value {
            Some(ExtensionValue::Reference(reference)) => Ok((path, reference)),
            _ => Err(FhirError::invalid(path, "expected valueReference")),
        };
        self.many("excluded").into_iter().map(read).collect()
    }

    pub(crate) fn roles(&mut self) -> Result<Vec<assent_types::consent::RoleSelector>, FhirError> {
        let read = |found: Found<'a>| {
            let mut parts = Self::parts(&found);
            let role: Role = code(&parts.required("role")?)?;
            let places = parts.places()?.unwrap_or_default();
            let accreditation = parts.optional("accreditation")?.map(|found| code(&found)).transpose()?;
            parts.finish()?;
            Ok(assent_types::consent::RoleSelector { role, places, accreditation })
        };
        self.many("grantee-role").into_iter().map(read).collect()
    }

    pub(crate) fn max_grade(&mut self) -> Result<Option<u8>, FhirError> {
        let Some(found) = self.optional("max-grade")? else { return Ok(None) };
        let grade = u8::try_from(number(&found)?).ok().filter(|grade| (1..=5).contains(grade));
        grade.map(Some).ok_or_else(|| FhirError::invalid(found.0, "a grade is 1 to 5"))
    }

    pub(crate) fn label_rule(&mut self) -> Result<Option<LabelRule>, FhirError> {
        let Some(found) = self.optional("label-rule")? else { return Ok(None) };
        let mut parts = Self::parts(&found);
        let (path, kind) = parts.required("kind").and_then(|found| Ok((found.0.clone(), text_code(&found)?)))?;
        let labels: Vec<_> = parts.many("label").iter().map(code).collect::<Result<_, _>>()?;
        parts.finish()?;
        let labels = Labels::of(&labels);
        match kind {
            "none-restricted" if labels.is_empty() => Ok(Some(LabelRule::NoneRestricted)),
            "allow-list" => Ok(Some(LabelRule::AllowList(labels))),
            "any-except" => Ok(Some(LabelRule::AnyExcept(labels))),
            _ => Err(FhirError::invalid(path, "expected none-restricted without labels, allow-list or any-except")),
        }
    }
}

/// What the extensions of the resource itself say.
#[derive(Default)]
pub(crate) struct RootExtensions {
    pub(crate) complete: bool,
    pub(crate) separate: Option<SeparateConsents>,
    pub(crate) xborder: Option<XBorder>,
    pub(crate) evidence: Option<EvidenceRef>,
    pub(crate) redisclosure: Option<Redisclosure>,
    pub(crate) obligations: Option<Obligations>,
    pub(crate) retention_days: Option<u32>,
    pub(crate) break_glass: Option<BreakGlass>,
    pub(crate) limits: Option<Limits>,
}

impl RootExtensions {
    pub(crate) fn read(list: &[Extension]) -> Result<Self, FhirError> {
        let mut all = Extensions::of(list, "Consent");
        let separate: Vec<_> = all.many("separate-consent").iter().map(code).collect::<Result<_, _>>()?;
        let obligations: Vec<_> = all.many("obligation").iter().map(code).collect::<Result<_, _>>()?;
        let read = Self {
            complete: all.optional("complete")?.map(|found| flag(&found)).transpose()?.unwrap_or(false),
            separate: (!separate.is_empty()).then(|| SeparateConsents::of(&separate)),
            xborder: all.optional("xborder")?.map(|found| xborder(&found)).transpose()?,
            evidence: all.optional("evidence")?.map(|found| evidence(&found)).transpose()?,
            redisclosure: all.optional("redisclosure")?.map(|found| code(&found)).transpose()?,
            obligations: (!obligations.is_empty()).then(|| Obligations::of(&obligations)),
            retention_days: all.optional("retention-days")?.map(|found| number(&found)).transpose()?,
            break_glass: all.optional("break-glass")?.map(|found| code(&found)).transpose()?,
            limits: all.optional("limits")?.map(|found| limits(&found)).transpose()?,
        };
        all.finish()?;
        Ok(read)
    }
}

fn xborder(found: &Found<'_>) -> Result<XBorder, FhirError> {
    let mut parts = Extensions::parts(found);
    let to = parts.places()?.unwrap_or_default();
    let kinds: Vec<_> = parts.many("basis-kind").iter().map(code).collect::<Result<_, _>>()?;
    let notice = hash(&parts.required("notice")?)?;
    let evidence = evidence(&parts.required("evidence")?)?;
    parts.finish()?;
    Ok(XBorder { to, basis_kinds: BasisKinds::of(&kinds), notice, evidence })
}

fn evidence(found: &Found<'_>) -> Result<EvidenceRef, FhirError> {
    let mut parts = Extensions::parts(found);
    let evidence = EvidenceRef {
        kind: code(&parts.required("kind")?)?,
        hash: hash(&parts.required("hash")?)?,
        timestamp: parts.optional("timestamp")?.map(|found| hash(&found)).transpose()?,
        mutually_recognised: flag(&parts.required("mutually-recognised")?)?,
    };
    parts.finish()?;
    Ok(evidence)
}

fn limits(found: &Found<'_>) -> Result<Limits, FhirError> {
    let mut parts = Extensions::parts(found);
    let max_uses = parts.optional("max-uses")?.map(|found| number(&found)).transpose()?;
    let per_access_confirm = parts.optional("per-access-confirm")?.map(|found| flag(&found)).transpose()?;
    let rate = match (parts.optional("rate-count")?, parts.optional("rate-window-ms")?) {
        (Some(count), Some(window)) => {
            let window_ms =
                text(&window)?.parse().map_err(|_| FhirError::invalid(window.0, "expected milliseconds"))?;
            Some((number(&count)?, window_ms))
        }
        (None, None) => None,
        _ => return Err(FhirError::invalid(found.0.as_str(), "rate-count and rate-window-ms go together")),
    };
    parts.finish()?;
    Ok(Limits { max_uses, rate, per_access_confirm: per_access_confirm.unwrap_or(false) })
}

fn places(path: &str, found: Vec<Found<'_>>) -> Result<PlaceSet, FhirError> {
    let read = |found: Found<'_>| -> Result<Place, FhirError> {
        let place = place_of(text(&found)?);
        place.ok_or_else(|| FhirError::invalid(found.0, "expected a place such as HK or CN-4403"))
    };
    let places: Vec<Place> = found.into_iter().map(read).collect::<Result<_, _>>()?;
    Set::new(places).map_err(|error| FhirError::unsupported(path, format!("places: {error}")))
}
