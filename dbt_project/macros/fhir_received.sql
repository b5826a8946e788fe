{#
    What a FHIR resource said, carried through silver whole.

    Silver has columns for what every source says; a resource that arrived as FHIR may say more (further
    types and categories, body sites, periods, reasons, doNotPerform, extensions). `fhir_received` is the
    resource without what silver says in its own words: ids, codes that it reconciles, references, which would
    point to the source's ids. `fhir_with_received` lays it over the resource that silver builds.
#}

{# Elements of each resource that silver states itself, or that only hold references. #}
{% macro fhir_own_elements(resource_type) -%}
    {%- set shared = ['resourceType', 'id', 'meta', 'implicitRules', 'text', 'contained', 'identifier', 'subject', 'patient',
        'encounter', 'basedOn', 'partOf', 'reasonReference', 'performer', 'recorder', 'asserter', 'requester', 'location',
        'supportingInformation', 'note'] -%}
    {%- set own = {
        'Encounter': ['status', 'period', 'participant', 'serviceProvider', 'episodeOfCare', 'appointment', 'account',
            'diagnosis', 'statusHistory', 'classHistory'],
        'Condition': ['code', 'verificationStatus', 'recordedDate', 'evidence', 'stage'],
        'Observation': ['status', 'code', 'issued', 'component', 'device', 'specimen', 'focus', 'hasMember', 'derivedFrom',
            'valueQuantity'],
        'Procedure': ['status', 'code', 'report', 'complicationDetail', 'focalDevice', 'usedReference'],
        'MedicationRequest': ['status', 'intent', 'medicationCodeableConcept', 'medicationReference', 'authoredOn',
            'priorPrescription', 'insurance', 'detectedIssue', 'eventHistory'],
        'Immunization': ['status', 'vaccineCode', 'manufacturer', 'lotNumber', 'expirationDate', 'primarySource', 'reaction'],
        'ServiceRequest': ['status', 'intent', 'doNotPerform', 'priority', 'code', 'authoredOn', 'replaces', 'locationReference',
            'insurance', 'specimen', 'relevantHistory'],
        'DeviceRequest': ['status', 'intent', 'priority', 'codeCodeableConcept', 'codeReference', 'authoredOn', 'priorRequest',
            'insurance', 'supportingInfo', 'relevantHistory'],
        'Task': ['status', 'intent', 'priority', 'code', 'focus', 'for', 'authoredOn', 'groupIdentifier', 'owner', 'insurance',
            'relevantHistory', 'input', 'output'],
        'AdverseEvent': ['actuality', 'event', 'date', 'recordedDate', 'resultingCondition', 'contributor', 'suspectEntity',
            'subjectMedicalHistory', 'referenceDocument', 'study'],
        'Specimen': ['status', 'type', 'parent', 'request', 'collection', 'receivedTime', 'accessionIdentifier'],
        'RelatedPerson': ['active', 'relationship', 'name', 'telecom', 'gender', 'birthDate', 'address', 'period'],
        'DocumentReference': ['status', 'docStatus', 'masterIdentifier', 'type', 'date', 'author', 'authenticator', 'custodian',
            'relatesTo', 'context'],
        'MedicationAdministration': ['status', 'medicationCodeableConcept', 'medicationReference', 'context', 'effectiveDateTime',
            'effectivePeriod', 'request', 'device', 'eventHistory'],
        'Medication': ['status', 'code', 'manufacturer', 'batch'],
        'Account': ['status', 'coverage', 'owner', 'guarantor', 'partOf', 'name', 'servicePeriod'],
        'Device': ['status', 'owner', 'parent', 'definition', 'type', 'serialNumber', 'manufacturer'],
        'PractitionerRole': ['active', 'practitioner', 'organization', 'code', 'specialty', 'healthcareService', 'endpoint'],
        'AllergyIntolerance': ['code', 'verificationStatus', 'recordedDate', 'reaction'],
    } -%}
    {#- Numbers, notes and texts of a source that silver has no other place for. -#}
    {%- set kept = {
        'ServiceRequest': ['identifier', 'note'],
        'Specimen': ['identifier', 'note'],
        'RelatedPerson': ['identifier'],
        'DocumentReference': ['identifier'],
        'MedicationAdministration': ['identifier', 'note'],
        'Medication': ['identifier'],
        'Account': ['identifier'],
        'Device': ['identifier', 'note'],
        'PractitionerRole': ['identifier'],
    }.get(resource_type, []) -%}
    {{ return((shared + own[resource_type]) | reject('in', kept) | list) }}
{%- endmacro %}

{# `resource` (JSON) without the elements that silver states itself and without `also`; JSON text. #}
{% macro fhir_received(resource_type, resource='resources.resource', also=[]) -%}
    {%- set names = fhir_own_elements(resource_type) + also -%}
    cast(json_merge_patch(
        {{ resource }}, '{ {%- for name in names %}"{{ name }}":null{{ ',' if not loop.last }}{% endfor -%} }'
    ) as varchar)
{%- endmacro %}

{#
    `built` (JSON text) with what was received laid over it (RFC 7396). A choice of types (`onset[x]`) has one
    member: where the source used another type than silver builds, silver's gives way.
#}
{% macro fhir_with_received(built, choices={}) -%}
    case
        when received is null or received = '{}' then {{ built }}
        else cast(json_merge_patch(
            {{ built }},
            {%- for silver_name, other_names in choices.items() %}
            case
                when {% for name in other_names %}json_exists(received, '$.{{ name }}'){{ ' or ' if not loop.last }}{% endfor %}
                    then '{"{{ silver_name }}":null}'
                else '{}'
            end,
            {%- endfor %}
            received
        ) as varchar)
    end
{%- endmacro %}
