{#- Documents in HL7 v2: what OBX of type ED and RP hold, as FHIR attachments. Tables 0191, 0291. -#}

{#- Media type of an ED or RP by its type of data and subtype (ED-2, ED-3; RP-3, RP-4). -#}
{% macro hl7_media_type(type, subtype) -%}
    case
        when contains({{ subtype }}, '/') then lower({{ subtype }})
        when contains({{ type }}, '/') then lower({{ type }})
        when upper({{ subtype }}) = 'PDF' or upper({{ type }}) = 'PDF' then 'application/pdf'
        when upper({{ subtype }}) in ('JPEG', 'JPG') then 'image/jpeg'
        when upper({{ subtype }}) in ('TIFF', 'GIF', 'PNG', 'PICT') then 'image/' || lower({{ subtype }})
        when upper({{ subtype }}) in ('HTML', 'XML', 'SGML', 'RTF', 'CSV') then 'text/' || lower({{ subtype }})
        when upper({{ subtype }}) in ('X-HL7-CDA-LEVEL-ONE', 'X-HL7-CDA-LEVEL-ONE-MULTIPART') then 'text/xml'
        when upper({{ subtype }}) = 'DICOM' then 'application/dicom'
        when upper({{ subtype }}) = 'POSTSCRIPT' then 'application/postscript'
        when upper({{ subtype }}) = 'BASIC' then 'audio/basic'
        when upper({{ subtype }}) in ('PLAIN', 'TEXT', 'TXT') or upper({{ type }}) in ('TEXT', 'TX', 'FT', 'ST') then 'text/plain'
        else 'application/octet-stream'
    end
{%- endmacro %}

{#- Text as the data of an attachment. -#}
{% macro fhir_text_data(text) -%}
    to_base64(encode({{ text }}))
{%- endmacro %}

{#-
  One OBX of type ED or RP as struct(content_type, data, url, title): what is Base64 stays so, hexadecimal (Hex)
  and plain text (A) become it. Data that are not what their encoding says are no data.
-#}
{% macro hl7_attachment(value_type, parts, title) -%}
    {
        'content_type': case
            when {{ value_type }} = 'ED' then {{ hl7_media_type(parts ~ '[2]', parts ~ '[3]') }}
            else {{ hl7_media_type(parts ~ '[3]', parts ~ '[4]') }}
        end,
        'data': case
            when {{ value_type }} <> 'ED' then null
            when upper({{ parts }}[4]) = 'BASE64' or {{ parts }}[4] is null or {{ parts }}[4] = ''
                then case
                    when regexp_full_match(regexp_replace({{ parts }}[5], '\s+', '', 'g'), '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?')
                        then nullif(regexp_replace({{ parts }}[5], '\s+', '', 'g'), '')
                end
            when upper({{ parts }}[4]) = 'HEX' then to_base64(try(unhex(regexp_replace({{ parts }}[5], '\s+', '', 'g'))))
            else {{ fhir_text_data('nullif(' ~ parts ~ '[5], \'\')') }}
        end,
        'url': case when {{ value_type }} = 'RP' then nullif({{ parts }}[1], '') end,
        'title': {{ title }}
    }
{%- endmacro %}

{#- An attachment (`hl7_attachment`) into FHIR. -#}
{% macro fhir_attachment(content) -%}
    {{ fhir_object({
        'contentType': fhir_code(content ~ '.content_type'),
        'data': fhir_token(content ~ '."data"'),
        'url': fhir_token("case when regexp_matches(" ~ content ~ ".url, '^\\S+$') then " ~ content ~ ".url end"),
        'title': fhir_string(content ~ '.title'),
    }) }}
{%- endmacro %}

{#- The impression of each report: what OBX-3 marks so (suffix IMP, 7.2.2), or LOINC's code for it; its lines in order. -#}
{% macro hl7_conclusions() -%}
    select
        file_sha256,
        record_index,
        obr_index,
        {{ text_in_order('value_text', 'chr(10)', 'segment_index', 'value_text is not null') }} as conclusion
    from {{ ref('stg_hl7v2__obx') }}
    where
        (suffix(observation_code, '&IMP') or observation_code = '19005-8' or observation_alternate_code = '19005-8')
        and coalesce(result_status, '') not in ('D', 'W', 'X')
    group by file_sha256, record_index, obr_index
{%- endmacro %}
