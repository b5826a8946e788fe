{#-
  Reading FHIR R4 JSON: one pass over the text of a resource into a typed struct.

  `fhir_read('Encounter')` names the elements that staging uses; what a resource holds besides stays
  in the column `resource`. An element of another type than the standard's is null, never an error.
  Source: HL7 FHIR R4 (4.0.1), datatypes and resource definitions.
-#}

{% macro fhir_structures() %}
    {%- set coding = {'system': 'VARCHAR', 'code': 'VARCHAR', 'display': 'VARCHAR'} -%}
    {%- set concept = {'coding': [coding], 'text': 'VARCHAR'} -%}
    {%- set identifier = {'system': 'VARCHAR', 'value': 'VARCHAR', 'use': 'VARCHAR', 'type': concept} -%}
    {%- set reference = {'reference': 'VARCHAR', 'display': 'VARCHAR', 'type': 'VARCHAR', 'identifier': identifier} -%}
    {%- set period = {'start': 'VARCHAR', 'end': 'VARCHAR'} -%}
    {%- set quantity = {
        'value': 'VARCHAR', 'comparator': 'VARCHAR', 'unit': 'VARCHAR', 'system': 'VARCHAR', 'code': 'VARCHAR'} -%}
    {%- set name = {
        'use': 'VARCHAR', 'text': 'VARCHAR', 'family': 'VARCHAR', 'given': ['VARCHAR'], 'prefix': ['VARCHAR'],
        'suffix': ['VARCHAR'], 'period': period} -%}
    {%- set telecom = {'system': 'VARCHAR', 'value': 'VARCHAR', 'use': 'VARCHAR'} -%}
    {%- set address = {
        'use': 'VARCHAR', 'text': 'VARCHAR', 'line': ['VARCHAR'], 'city': 'VARCHAR', 'district': 'VARCHAR',
        'state': 'VARCHAR', 'postalCode': 'VARCHAR', 'country': 'VARCHAR', 'period': period} -%}
    {%- set extension = {
        'url': 'VARCHAR', 'valueString': 'VARCHAR', 'valueCode': 'VARCHAR', 'valueCoding': coding,
        'extension': [{'url': 'VARCHAR', 'valueString': 'VARCHAR', 'valueCoding': coding}]} -%}
    {%- set note = {'text': 'VARCHAR'} -%}
    {%- set money = {'value': 'VARCHAR', 'currency': 'VARCHAR'} -%}
    {%- set value = {
        'valueQuantity': quantity, 'valueCodeableConcept': concept, 'valueString': 'VARCHAR',
        'valueBoolean': 'VARCHAR', 'valueInteger': 'VARCHAR', 'valueDateTime': 'VARCHAR', 'valueTime': 'VARCHAR',
        'valueRange': {'low': quantity, 'high': quantity},
        'valueRatio': {'numerator': quantity, 'denominator': quantity}, 'valuePeriod': period,
        'dataAbsentReason': concept, 'interpretation': [concept],
        'referenceRange': [{'low': quantity, 'high': quantity, 'text': 'VARCHAR'}]} -%}
    {%- set dosage = {
        'text': 'VARCHAR', 'patientInstruction': 'VARCHAR', 'asNeededBoolean': 'VARCHAR',
        'doseAndRate': [{'doseQuantity': quantity}],
        'timing': {'repeat': {'frequency': 'VARCHAR', 'period': 'VARCHAR', 'periodUnit': 'VARCHAR'}}} -%}
    {%- set totals = [{'category': concept, 'amount': money}] -%}
    {{ return({
        'Patient': {
            'identifier': [identifier], 'name': [name], 'telecom': [telecom], 'address': [address],
            'gender': 'VARCHAR', 'birthDate': 'VARCHAR', 'deceasedBoolean': 'VARCHAR', 'deceasedDateTime': 'VARCHAR',
            'maritalStatus': concept, 'multipleBirthBoolean': 'VARCHAR', 'multipleBirthInteger': 'VARCHAR',
            'communication': [{'language': concept, 'preferred': 'VARCHAR'}], 'extension': [extension]},
        'Practitioner': {'identifier': [identifier], 'name': [name], 'telecom': [telecom], 'gender': 'VARCHAR',
            'qualification': [{'code': concept}]},
        'PractitionerRole': {'practitioner': reference, 'organization': reference, 'code': [concept],
            'specialty': [concept], 'location': [reference], 'active': 'VARCHAR', 'telecom': [telecom]},
        'Organization': {'identifier': [identifier], 'name': 'VARCHAR', 'type': [concept], 'telecom': [telecom],
            'address': [address]},
        'Location': {'identifier': [identifier], 'name': 'VARCHAR', 'type': [concept], 'address': address,
            'managingOrganization': reference, 'status': 'VARCHAR'},
        'Encounter': {'identifier': [identifier], 'status': 'VARCHAR', 'class': coding, 'type': [concept],
            'subject': reference, 'period': period, 'reasonCode': [concept], 'serviceProvider': reference,
            'participant': [{'individual': reference}], 'location': [{'location': reference}],
            'hospitalization': {'dischargeDisposition': concept, 'admitSource': concept}},
        'Condition': {'identifier': [identifier], 'clinicalStatus': concept, 'verificationStatus': concept,
            'category': [concept], 'code': concept, 'subject': reference, 'encounter': reference,
            'onsetDateTime': 'VARCHAR', 'onsetPeriod': period, 'abatementDateTime': 'VARCHAR',
            'recordedDate': 'VARCHAR', 'recorder': reference, 'asserter': reference},
        'AllergyIntolerance': {'identifier': [identifier], 'clinicalStatus': concept, 'verificationStatus': concept,
            'type': 'VARCHAR', 'category': ['VARCHAR'], 'criticality': 'VARCHAR', 'code': concept,
            'patient': reference, 'onsetDateTime': 'VARCHAR', 'recordedDate': 'VARCHAR',
            'reaction': [{'manifestation': [concept], 'severity': 'VARCHAR', 'description': 'VARCHAR'}]},
        'Procedure': {'identifier': [identifier], 'status': 'VARCHAR', 'code': concept, 'subject': reference,
            'encounter': reference, 'performedDateTime': 'VARCHAR', 'performedPeriod': period,
            'performer': [{'actor': reference}]},
        'MedicationRequest': {'identifier': [identifier], 'status': 'VARCHAR', 'intent': 'VARCHAR',
            'medicationCodeableConcept': concept, 'medicationReference': reference, 'subject': reference,
            'encounter': reference, 'authoredOn': 'VARCHAR', 'requester': reference, 'dosageInstruction': [dosage],
            'note': [note], 'dispenseRequest': {'numberOfRepeatsAllowed': 'VARCHAR', 'quantity': quantity,
                'expectedSupplyDuration': quantity}},
        'MedicationDispense': {'identifier': [identifier], 'status': 'VARCHAR',
            'medicationCodeableConcept': concept, 'medicationReference': reference, 'subject': reference,
            'authorizingPrescription': [reference], 'quantity': quantity, 'daysSupply': quantity,
            'whenPrepared': 'VARCHAR', 'whenHandedOver': 'VARCHAR', 'dosageInstruction': [dosage],
            'performer': [{'actor': reference}]},
        'Medication': {'identifier': [identifier], 'code': concept, 'status': 'VARCHAR', 'form': concept,
            'batch': {'lotNumber': 'VARCHAR', 'expirationDate': 'VARCHAR'}},
        'ServiceRequest': {'identifier': [identifier], 'status': 'VARCHAR', 'intent': 'VARCHAR', 'category': [concept],
            'priority': 'VARCHAR', 'doNotPerform': 'VARCHAR', 'code': concept, 'subject': reference,
            'encounter': reference, 'authoredOn': 'VARCHAR', 'requester': reference},
        'Specimen': {'identifier': [identifier], 'accessionIdentifier': identifier, 'status': 'VARCHAR', 'type': concept,
            'subject': reference, 'receivedTime': 'VARCHAR', 'note': [note], 'condition': [concept],
            'collection': {'collector': reference, 'collectedDateTime': 'VARCHAR', 'collectedPeriod': period,
                'quantity': quantity, 'method': concept, 'bodySite': concept}},
        'RelatedPerson': {'identifier': [identifier], 'active': 'VARCHAR', 'patient': reference, 'relationship': [concept],
            'name': [name], 'telecom': [telecom], 'address': [address], 'gender': 'VARCHAR', 'birthDate': 'VARCHAR',
            'period': period},
        'DocumentReference': {'masterIdentifier': identifier, 'identifier': [identifier], 'status': 'VARCHAR',
            'docStatus': 'VARCHAR', 'type': concept, 'subject': reference, 'date': 'VARCHAR', 'author': [reference],
            'authenticator': reference, 'description': 'VARCHAR',
            'relatesTo': [{'code': 'VARCHAR', 'target': reference}],
            'content': [{'attachment': {'contentType': 'VARCHAR', 'data': 'VARCHAR', 'url': 'VARCHAR', 'title': 'VARCHAR'}}],
            'context': {'encounter': [reference], 'period': period}},
        'MedicationAdministration': {'identifier': [identifier], 'status': 'VARCHAR', 'medicationCodeableConcept': concept,
            'medicationReference': reference, 'subject': reference, 'context': reference, 'effectiveDateTime': 'VARCHAR',
            'effectivePeriod': period, 'performer': [{'actor': reference}], 'request': reference,
            'dosage': {'text': 'VARCHAR', 'route': concept, 'site': concept, 'dose': quantity}},
        'Account': {'identifier': [identifier], 'status': 'VARCHAR', 'type': concept, 'name': 'VARCHAR',
            'subject': [reference], 'servicePeriod': period},
        'Device': {'identifier': [identifier], 'status': 'VARCHAR', 'type': concept, 'deviceName': [{'name': 'VARCHAR'}],
            'manufacturer': 'VARCHAR', 'modelNumber': 'VARCHAR', 'serialNumber': 'VARCHAR', 'lotNumber': 'VARCHAR',
            'patient': reference},
        'DeviceRequest': {'identifier': [identifier], 'status': 'VARCHAR', 'intent': 'VARCHAR', 'priority': 'VARCHAR',
            'codeCodeableConcept': concept, 'codeReference': reference, 'subject': reference, 'encounter': reference,
            'authoredOn': 'VARCHAR', 'requester': reference,
            'modifierExtension': [{'url': 'VARCHAR', 'valueBoolean': 'VARCHAR'}]},
        'Task': {'identifier': [identifier], 'status': 'VARCHAR', 'intent': 'VARCHAR', 'priority': 'VARCHAR', 'code': concept,
            'focus': reference, 'for': reference, 'encounter': reference, 'authoredOn': 'VARCHAR',
            'lastModified': 'VARCHAR', 'requester': reference, 'executionPeriod': period, 'statusReason': concept},
        'AdverseEvent': {'identifier': identifier, 'actuality': 'VARCHAR', 'category': [concept], 'event': concept,
            'subject': reference, 'encounter': reference, 'date': 'VARCHAR', 'detected': 'VARCHAR',
            'recordedDate': 'VARCHAR', 'seriousness': concept, 'outcome': concept, 'recorder': reference},
        'Observation': dict({'identifier': [identifier], 'basedOn': [reference], 'status': 'VARCHAR',
            'category': [concept], 'code': concept, 'subject': reference, 'encounter': reference,
            'effectiveDateTime': 'VARCHAR', 'effectivePeriod': period, 'effectiveInstant': 'VARCHAR',
            'issued': 'VARCHAR', 'performer': [reference], 'device': reference, 'note': [note],
            'component': [dict({'code': concept}, **value)]}, **value),
        'DiagnosticReport': {'identifier': [identifier], 'basedOn': [reference], 'status': 'VARCHAR',
            'category': [concept], 'code': concept, 'subject': reference, 'encounter': reference,
            'effectiveDateTime': 'VARCHAR', 'effectivePeriod': period, 'issued': 'VARCHAR', 'performer': [reference],
            'result': [reference], 'conclusion': 'VARCHAR'},
        'Immunization': {'identifier': [identifier], 'status': 'VARCHAR', 'statusReason': concept,
            'vaccineCode': concept, 'patient': reference, 'encounter': reference, 'occurrenceDateTime': 'VARCHAR',
            'primarySource': 'VARCHAR', 'lotNumber': 'VARCHAR', 'expirationDate': 'VARCHAR',
            'manufacturer': reference, 'site': concept, 'route': concept, 'doseQuantity': quantity,
            'performer': [{'actor': reference}], 'location': reference},
        'Appointment': {'identifier': [identifier], 'status': 'VARCHAR', 'appointmentType': concept,
            'serviceType': [concept], 'start': 'VARCHAR', 'end': 'VARCHAR', 'minutesDuration': 'VARCHAR',
            'created': 'VARCHAR', 'cancelationReason': concept, 'description': 'VARCHAR',
            'participant': [{'actor': reference}], 'reasonCode': [concept]},
        'Coverage': {'identifier': [identifier], 'status': 'VARCHAR', 'type': concept, 'subscriber': reference,
            'subscriberId': 'VARCHAR', 'beneficiary': reference, 'relationship': concept, 'period': period,
            'payor': [reference], 'class': [{'type': concept, 'value': 'VARCHAR', 'name': 'VARCHAR'}]},
        'Claim': {'identifier': [identifier], 'status': 'VARCHAR', 'type': concept, 'use': 'VARCHAR',
            'patient': reference, 'billablePeriod': period, 'created': 'VARCHAR', 'provider': reference,
            'insurer': reference, 'insurance': [{'coverage': reference}], 'total': money,
            'diagnosis': [{'sequence': 'VARCHAR', 'diagnosisCodeableConcept': concept}],
            'item': [{'sequence': 'VARCHAR', 'productOrService': concept, 'net': money, 'quantity': quantity,
                'servicedDate': 'VARCHAR', 'servicedPeriod': period, 'encounter': [reference]}]},
        'ExplanationOfBenefit': {'identifier': [identifier], 'status': 'VARCHAR', 'type': concept, 'use': 'VARCHAR',
            'patient': reference, 'billablePeriod': period, 'created': 'VARCHAR', 'insurer': reference,
            'provider': reference, 'claim': reference, 'outcome': 'VARCHAR', 'disposition': 'VARCHAR',
            'total': totals, 'payment': {'amount': money, 'date': 'VARCHAR', 'type': concept}},
    }) }}
{% endmacro %}

{#- The elements that staging uses of `resource`, in one pass. -#}
{% macro fhir_read(resource_type, json='resource') -%}
    json_transform({{ json }}, '{{ tojson(fhir_structures()[resource_type]) | trim }}')
{%- endmacro %}

{#- What every row of FHIR staging says about where it came from. -#}
{% macro fhir_provenance() -%}
    source_system,
    feed,
    file_sha256,
    record_index,
    source_record_id,
    received_at,
    message_at,
    fhir_id
{%- endmacro %}

{#- date, dateTime or instant as a UTC timestamp; a partial date is its first day at 00:00. -#}
{% macro fhir_moment(text) -%}
    case length({{ text }})
        when 4 then try_strptime({{ text }}, '%Y')
        when 7 then try_strptime({{ text }}, '%Y-%m')
        when 10 then try_strptime({{ text }}, '%Y-%m-%d')
        else {{ instant_to_utc("try_cast(" ~ text ~ " as timestamptz)") }}
    end
{%- endmacro %}

{#- How much of a date, dateTime or instant was given: year, month, day, second or millisecond. -#}
{% macro fhir_precision(text) -%}
    case
        when length({{ text }}) = 4 then 'year'
        when length({{ text }}) = 7 then 'month'
        when length({{ text }}) = 10 then 'day'
        when contains({{ text }}, '.') then 'millisecond'
        when {{ text }} is not null then 'second'
    end
{%- endmacro %}

{#- The calendar day that the source wrote, whatever its offset. -#}
{% macro fhir_day(text) -%}
    case length({{ text }})
        when 4 then try_strptime({{ text }}, '%Y')::date
        when 7 then try_strptime({{ text }}, '%Y-%m')::date
        else try_strptime(left({{ text }}, 10), '%Y-%m-%d')::date
    end
{%- endmacro %}

{#- The id at the end of a literal reference: Patient/1, urn:uuid:…, https://…/Patient/1/_history/2, #contained, Location?identifier=system|value. -#}
{% macro fhir_reference_id(reference) -%}
    nullif(regexp_extract(regexp_replace({{ reference }}.reference, '/_history/.*$', ''), '([^/:#?|]+)$', 1), '')
{%- endmacro %}

{#- The NPI of a Practitioner or Organization reference: its identifier, or that of a conditional reference. -#}
{% macro fhir_reference_npi(reference) -%}
    coalesce(
        case when {{ reference }}.identifier.system = 'http://hl7.org/fhir/sid/us-npi' then {{ reference }}.identifier.value end,
        nullif(regexp_extract({{ reference }}.reference, 'us-npi[|]([0-9]+)', 1), '')
    )
{%- endmacro %}

{#- The first identifier of a system, and the first whose type (v2-0203) is one of `types`. -#}
{% macro fhir_identifier_value(identifiers, system) -%}
    list_filter({{ identifiers }}, lambda one: one.system = '{{ system }}')[1].value
{%- endmacro %}

{% macro fhir_identifier_of_type(identifiers, types) -%}
    list_filter(
        {{ identifiers }},
        lambda one: list_has_any(list_transform(one.type.coding, lambda coding: coding.code), {{ types }})
    )[1]
{%- endmacro %}

{#- The codings of a concept that have a code, without repetitions. -#}
{% macro fhir_codings(concept) -%}
    list_filter({{ concept }}.coding, lambda one: one.code is not null)
{%- endmacro %}

{#- What a concept is called: its text, else the display of its first coding that has one. -#}
{% macro fhir_display(concept) -%}
    coalesce(
        {{ concept }}.text,
        list_filter({{ concept }}.coding, lambda one: one.display is not null)[1].display
    )
{%- endmacro %}

{#- The first coding of a local vocabulary: one that is none of the terminologies that systems share. -#}
{% macro fhir_local_coding(codings) -%}
    list_filter(
        {{ codings }},
        lambda one: one.system is null or not regexp_matches(
            one.system,
            '^http://(loinc.org|snomed.info/sct|hl7.org/fhir/sid/|www.nlm.nih.gov/research/umls/|www.cms.gov/|www.ama-assn.org/)'
        )
    )[1]
{%- endmacro %}

{#- A concept's codings for silver; one that is text alone is a coding without a code. -#}
{% macro fhir_silver_codings(codings, display) -%}
    case
        when len({{ codings }}) > 0 then {{ codings }}
        when {{ display }} is not null
            then [struct_pack("system" := null::varchar, code := null::varchar, display := {{ display }})]
    end
{%- endmacro %}
