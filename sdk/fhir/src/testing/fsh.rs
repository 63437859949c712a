//! The small part of FHIR Shorthand in which examples of Consent are written: instances with one rule to a line.

use serde_json::{Map, Value, json};

/// The instances of a Consent profile in a text of FHIR Shorthand, by name, in the order of the text.
///
/// # Errors
/// The line that is no rule of the subset which IHE's examples are written in.
pub fn consents(text: &str) -> Result<Vec<(String, Value)>, String> {
    let mut found = Vec::new();
    let mut current: Option<(String, Option<Value>)> = None;
    for line in text.lines() {
        let line = line.trim_end();
        let keyword = line.split(':').next().unwrap_or_default();
        if ["Instance", "Profile", "ValueSet", "RuleSet", "Extension"].contains(&keyword) && line.contains(':') {
            found.extend(current.take().and_then(|(name, resource)| Some((name, resource?))));
            let name = line.split_once(':').map_or("", |(_, name)| name.trim());
            current = (keyword == "Instance").then(|| (name.to_owned(), None));
        } else if let (Some((_, resource)), Some(of)) = (&mut current, line.strip_prefix("InstanceOf:")) {
            *resource = of.trim().ends_with("Consent").then(|| json!({ "resourceType": "Consent" }));
        } else if let (Some((_, Some(resource))), Some(rule)) = (&mut current, line.strip_prefix("* ")) {
            let (path, value) = rule.split_once(" = ").ok_or_else(|| format!("not a rule: {rule}"))?;
            apply(resource, path.trim(), value.trim())?;
        }
    }
    found.extend(current.and_then(|(name, resource)| Some((name, resource?))));
    Ok(found)
}

const ARRAYS: [&str; 10] =
    ["category", "performer", "organization", "policy", "purpose", "actor", "securityLabel", "data", "action", "class"];
const CONCEPTS: [&str; 4] = ["scope", "category", "role", "action"];

fn apply(resource: &mut Value, path: &str, text: &str) -> Result<(), String> {
    if path.starts_with("meta") {
        return Ok(());
    }
    let segments: Vec<&str> = path.split('.').collect();
    let mut at = resource;
    for (depth, segment) in segments.iter().enumerate() {
        let name = segment.split('[').next().unwrap_or_default();
        let fields = at.as_object_mut().ok_or_else(|| format!("{path}: {name} lies in no object"))?;
        // The root provision is one, its exceptions are many.
        let is_array = ARRAYS.contains(&name) || (name == "provision" && depth > 0);
        at = fields.entry(name).or_insert_with(|| if is_array { json!([]) } else { Value::Object(Map::new()) });
        if is_array {
            let items = at.as_array_mut().ok_or_else(|| format!("{path}: {name} is no array"))?;
            if items.is_empty() || segment.ends_with("[+]") {
                items.push(Value::Object(Map::new()));
            }
            at = items.last_mut().ok_or_else(|| format!("{path}: an empty array"))?;
        }
    }
    let last = segments.last().and_then(|segment| segment.split('[').next()).unwrap_or_default();
    *at = value(last, text);
    Ok(())
}

fn value(name: &str, text: &str) -> Value {
    if let Some(reference) = text.strip_prefix("Reference(").and_then(|rest| rest.strip_suffix(')')) {
        return json!({ "reference": reference });
    }
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return json!(quoted);
    }
    let Some((system, code)) = text.split_once('#') else { return json!(text) };
    let code = code.split(' ').next().unwrap_or_default();
    if system.is_empty() {
        return json!(code);
    }
    let coding = json!({ "system": system, "code": code });
    if CONCEPTS.contains(&name) { json!({ "coding": [coding] }) } else { coding }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subset_is_read() {
        let text = "Profile: P\n* status 1..1\n\nInstance: one\nInstanceOf: BasicConsent\nTitle: \"t\"\n* status = #active\n\
            * category[+] = http://loinc.org#59284-0 \"Consent\"\n* patient = Reference(Patient/p)\n\
            * policy.uri = \"http://example.org\"\n* provision.purpose[+] = http://s#A\n* provision.purpose[+] = http://s#B\n\
            * provision.data[iData][+].meaning = #instance\n* provision.data[iData][=].reference = Reference(Observation/o)\n\
            * provision.provision.type = #deny\n* provision.dataPeriod.start = 2022-01-01\n\nInstance: two\nInstanceOf: Patient\n";
        let found = consents(text).unwrap();
        let expected = json!({
            "resourceType": "Consent",
            "status": "active",
            "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
            "patient": { "reference": "Patient/p" },
            "policy": [{ "uri": "http://example.org" }],
            "provision": {
                "purpose": [{ "system": "http://s", "code": "A" }, { "system": "http://s", "code": "B" }],
                "data": [{ "meaning": "instance", "reference": { "reference": "Observation/o" } }],
                "provision": [{ "type": "deny" }],
                "dataPeriod": { "start": "2022-01-01" },
            },
        });
        assert_eq!(found, [("one".to_owned(), expected)]);
    }
}
