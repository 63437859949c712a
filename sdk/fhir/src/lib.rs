//! assent-fhir
