-- noqa: disable=LT02
{{ observation_versions(['omh', 'vendors', 'daily_activity', 'sdoh']) }}
