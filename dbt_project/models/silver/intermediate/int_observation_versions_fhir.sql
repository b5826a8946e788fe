-- noqa: disable=LT02
{{ observation_versions(['fhir']) }}
