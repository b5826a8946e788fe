-- noqa: disable=LT02
{{ observation_versions(['hl7v2']) }}
