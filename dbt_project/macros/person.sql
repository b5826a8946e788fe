{#-
  How a person's details are brought into one form before two records are compared.

  Here: expressions over one raw text, free of dbt's own objects, so that `ml.linkage` renders the
  same macros for files that never went through the warehouse (a rule is written once).
  Not here: the vocabularies (`seeds/identity`), the comparison itself (`ml/linkage`).

  A value that says "we do not know" becomes null: a placeholder must never count as agreement.
-#}

{#- Letters in capitals without accents; every other run of characters becomes one space. -#}
{% macro person_letters(text) -%}
    nullif(trim(regexp_replace(
        replace(replace(replace(translate(upper(strip_accents(replace({{ text }}, 'ß', 'ss'))),
            'ØŁĐÐ', 'OLDD'), 'Æ', 'AE'), 'Œ', 'OE'), 'Þ', 'TH'),
        '[^\p{L}\p{M}0-9]+', ' ', 'g')), '')
{%- endmacro %}

{#-
  A name for comparison: apostrophes and full stops vanish (O'Brien is OBRIEN), hyphens and other
  punctuation separate (Garcia-Lopez is GARCIA LOPEZ), digits are dropped.
-#}
{% macro person_name(text) -%}
    nullif(trim(regexp_replace(regexp_replace({{ person_letters("regexp_replace(" ~ text ~ ", '[''’‘`´.]+', '', 'g')") }},
        '[0-9]+', '', 'g'), ' +', ' ', 'g')), '')
{%- endmacro %}

{#- A family name without a generation suffix at its end; particles keep their place. -#}
{% macro person_family(text) -%}
    nullif(regexp_replace({{ person_name(text) }}, ' +(JR|SR|JNR|SNR|II|III|IV|JUNIOR|SENIOR|MD|PHD)$', ''), '')
{%- endmacro %}

{#- A given name without a title before it or a generation suffix after it. -#}
{% macro person_given(text) -%}
    nullif(regexp_replace(regexp_replace({{ person_name(text) }},
        '^(MR|MRS|MS|MISS|DR|PROF|REV|SIR|MADAM) +', ''),
        ' +(JR|SR|II|III|IV|JUNIOR|SENIOR)$', ''), '')
{%- endmacro %}

{#- The generation: JR, SR, II, III or IV, from a suffix or from the end of a family name. -#}
{% macro person_suffix(suffix, family) -%}
    case coalesce(
            nullif(regexp_extract({{ person_letters(suffix) }}, '\b(JR|JNR|JUNIOR|SR|SNR|SENIOR|II|2ND|III|3RD|IV|4TH)\b', 1), ''),
            nullif(regexp_extract({{ person_letters(family) }}, ' (JR|JNR|JUNIOR|SR|SNR|SENIOR|II|2ND|III|3RD|IV|4TH)$', 1), ''))
        when 'JR' then 'JR' when 'JNR' then 'JR' when 'JUNIOR' then 'JR'
        when 'SR' then 'SR' when 'SNR' then 'SR' when 'SENIOR' then 'SR'
        when 'II' then 'II' when '2ND' then 'II'
        when 'III' then 'III' when '3RD' then 'III'
        when 'IV' then 'IV' when '4TH' then 'IV'
    end
{%- endmacro %}

{#- The digits of a text, or null. -#}
{% macro person_digits(text) -%}
    nullif(regexp_replace({{ text }}, '[^0-9]+', '', 'g'), '')
{%- endmacro %}

{#-
  A birth date as the digits of year, month and day as far as they are known: 19750312, 197503 or
  1975. `order` says how a date whose year comes last is to be read: 'mdy' or 'dmy'.
  An impossible day or month is kept (a typing error can still be one digit away from the truth),
  an impossible year or a date that systems use for "unknown" is null.
-#}
{% macro person_birth_digits(text, order='mdy') -%}
    {%- set year_last = "^ *([0-9]{1,2})[^0-9]+([0-9]{1,2})[^0-9]+([0-9]{4}|[0-9]{2})([^0-9].*)?$" -%}
    {%- set first = "lpad(regexp_extract(" ~ text ~ ", '" ~ year_last ~ "', 1), 2, '0')" -%}
    {%- set second = "lpad(regexp_extract(" ~ text ~ ", '" ~ year_last ~ "', 2), 2, '0')" -%}
    {%- set year = "regexp_extract(" ~ text ~ ", '" ~ year_last ~ "', 3)" -%}
    case
        when {{ text }} is null then null
        when regexp_matches({{ text }}, '{{ year_last }}')
            then
                case when length({{ year }}) = 2 then case when {{ year }} > '26' then '19' else '20' end else '' end
                || {{ year }} || {{ (second ~ " || " ~ first) if order == 'dmy' else (first ~ " || " ~ second) }}
        when regexp_matches({{ text }}, '^ *[0-9]{4}[^0-9][0-9]{1,2}[^0-9][0-9]{1,2}([^0-9].*)?$')
            then
                regexp_extract({{ text }}, '([0-9]{4})', 1)
                || lpad(regexp_extract({{ text }}, '^ *[0-9]{4}[^0-9]([0-9]{1,2})', 1), 2, '0')
                || lpad(regexp_extract({{ text }}, '^ *[0-9]{4}[^0-9][0-9]{1,2}[^0-9]([0-9]{1,2})', 1), 2, '0')
        when regexp_matches({{ text }}, '^ *[0-9]{4}[^0-9][0-9]{1,2} *$')
            then
                regexp_extract({{ text }}, '([0-9]{4})', 1)
                || lpad(regexp_extract({{ text }}, '^ *[0-9]{4}[^0-9]([0-9]{1,2})', 1), 2, '0')
        when regexp_matches({{ text }}, '^ *[0-9]{8}([0-9]{2,}.*|[^0-9].*)?$') then left(trim({{ text }}), 8)
        when regexp_matches({{ text }}, '^ *[0-9]{6} *$') then trim({{ text }})
        when regexp_matches({{ text }}, '^ *[0-9]{4} *$') then trim({{ text }})
        when regexp_matches({{ text }}, '[A-Za-z]{3}')
            then strftime(try_strptime(
                regexp_replace(trim({{ text }}), '[ ,./-]+', ' ', 'g'),
                ['%d %b %Y', '%d %B %Y', '%b %d %Y', '%B %d %Y', '%Y %b %d', '%d %b %y']
            ), '%Y%m%d')
    end
{%- endmacro %}

{#- The same, with dates that stand for "unknown" and years nobody living was born in as null. -#}
{% macro person_birth_key(digits) -%}
    case
        when {{ digits }} is null then null
        when {{ digits }} in ('19000101', '18000101', '19010101', '18991231', '11111111', '19700101000000') then null
        when left({{ digits }}, 4) not between '1880' and '2100' then null
        when substr({{ digits }}, 5, 2) = '00' then left({{ digits }}, 4)
        when substr({{ digits }}, 7, 2) = '00' then left({{ digits }}, 6)
        else {{ digits }}
    end
{%- endmacro %}

{#- M or F; every way of saying other or unknown is null here (it is kept as sent elsewhere). -#}
{% macro person_sex(text) -%}
    case upper(trim({{ text }}))
        when 'M' then 'M' when 'MALE' then 'M' when 'MAN' then 'M' when 'BOY' then 'M' when '1' then 'M'
        when 'F' then 'F' when 'FEMALE' then 'F' when 'WOMAN' then 'F' when 'GIRL' then 'F' when '2' then 'F'
    end
{%- endmacro %}

{#-
  A national identifier, in letters and digits. Nine digits are held to the rules of the US Social
  Security Administration (no area 000 or 666, no group 00, no serial 0000; the two numbers printed
  in advertisements are void). An area 9xx is a taxpayer's number (ITIN) and identifies as well.
  One repeated character is nobody's number anywhere.
-#}
{% macro person_ssn(text) -%}
    {%- set plain = "upper(regexp_replace(" ~ text ~ ", '[^A-Za-z0-9]+', '', 'g'))" -%}
    case
        when {{ text }} is null or length({{ plain }}) < 4 then null
        when {{ plain }} = repeat(left({{ plain }}, 1), length({{ plain }})) then null
        when {{ plain }} in ('123456789', '987654321', '078051120', '219099999', '1234567890', '012345678') then null
        when length({{ plain }}) = 9 and regexp_matches({{ plain }}, '^[0-9]{9}$') and (
            left({{ plain }}, 3) in ('000', '666') or substr({{ plain }}, 4, 2) = '00' or right({{ plain }}, 4) = '0000') then null
        when not regexp_matches({{ plain }}, '[0-9]') then null
        else {{ plain }}
    end
{%- endmacro %}

{#-
  A telephone number as its national digits; numbers that stand for "none" are null. In a lambda, where nothing is
  computed once, in two steps: the digits in a first one, the number in a second.
-#}
{% macro person_phone(text) -%}
    {{ person_phone_of_digits(person_phone_digits(text)) }}
{%- endmacro %}

{% macro person_phone_digits(text) -%}
    regexp_replace(regexp_replace(lower({{ text }}), '(ext|x|#).*$', ''), '[^0-9]+', '', 'g')
{%- endmacro %}

{% macro person_phone_of_digits(digits) -%}
    case
        when {{ digits }} is null or length({{ digits }}) < 7 then null
        when right({{ digits }}, 7) in ('0000000', '1111111', '2222222', '3333333', '4444444', '5555555',
            '6666666', '7777777', '8888888', '9999999', '1234567') then null
        when {{ digits }} in ('1234567890', '11234567890') then null
        when length({{ digits }}) = 11 and left({{ digits }}, 1) = '1' then right({{ digits }}, 10)
        else {{ digits }}
    end
{%- endmacro %}

{#- An e-mail address in small letters; what is no address, or nobody's, is null. -#}
{% macro person_email(text) -%}
    case
        when not regexp_matches(lower(trim({{ text }})), '^[^@ ]+@[^@ ]+[.][^@ ]+$') then null
        when regexp_matches(lower(trim({{ text }})),
            '^(none|no|noemail|no-email|no[._-]?reply|na|n/a|unknown|test|declined|refused|null)@') then null
        else lower(trim({{ text }}))
    end
{%- endmacro %}

{#-
  What `rules`, one after another, make of each element `x` of a list; what is no value is left out, and no list is an
  empty one. Empty lists are the most: a lambda costs something even where there is nothing to do.
-#}
{% macro person_each(list, rules) -%}
    {%- set ns = namespace(sql=list) -%}
    {%- for rule in rules -%}
        {%- set ns.sql = "list_transform(" ~ ns.sql ~ ", lambda x: " ~ rule ~ ")" -%}
    {%- endfor -%}
    case when len({{ list }}) > 0 then list_filter({{ ns.sql }}, lambda x: x is not null) else [] end
{%- endmacro %}

{#- A US ZIP as five digits; any other postal code as its letters and digits. -#}
{% macro person_postal_code(text) -%}
    case
        when {{ text }} is null then null
        when regexp_matches(trim({{ text }}), '^[0-9]{5}-?([0-9]{4})?$')
            then nullif(nullif(left(trim({{ text }}), 5), '00000'), '99999')
        else nullif(regexp_replace(upper({{ text }}), '[^A-Z0-9]+', '', 'g'), '')
    end
{%- endmacro %}

{#-
  A street address in one form: the commonest words as the US Postal Service abbreviates them
  (Publication 28, appendices B and C), unit designators as one word, no punctuation.
-#}
{% macro person_address(text) -%}
    {%- set words = {
        'STREET|STR': 'ST', 'AVENUE|AVEN|AV': 'AVE', 'BOULEVARD|BOULV': 'BLVD', 'ROAD': 'RD', 'DRIVE|DRV': 'DR',
        'LANE': 'LN', 'COURT': 'CT', 'PLACE': 'PL', 'TERRACE|TERR': 'TER', 'CIRCLE|CIRC': 'CIR',
        'PARKWAY|PKY': 'PKWY', 'HIGHWAY': 'HWY', 'SQUARE': 'SQ', 'TRAIL': 'TRL', 'CRESCENT|CRES': 'CR',
        'NORTH': 'N', 'SOUTH': 'S', 'EAST': 'E', 'WEST': 'W', 'SAINT': 'ST', 'MOUNT': 'MT', 'FORT': 'FT',
        'NORTHEAST': 'NE', 'NORTHWEST': 'NW', 'SOUTHEAST': 'SE', 'SOUTHWEST': 'SW',
        'APARTMENT|APPARTMENT|UNIT|SUITE|STE|NUMBER|NO': 'APT'} -%}
    {%- set ns = namespace(sql=person_letters("replace(" ~ text ~ ", '#', ' APT ')")) -%}
    {%- for pattern, word in words.items() -%}
        {%- set ns.sql = "regexp_replace(" ~ ns.sql ~ ", '\\b(" ~ pattern ~ ")\\b', '" ~ word ~ "', 'g')" -%}
    {%- endfor -%}
    case
        when regexp_matches({{ person_letters(text) }},
            '^(UNKNOWN|HOMELESS|NO FIXED (ADDRESS|ABODE)|GENERAL DELIVERY|NONE|N A|NA|UNK|UNDOMICILED|TRANSIENT|BAD ADDRESS|REFUSED)$')
            then null
        else replace({{ ns.sql }}, 'APT APT', 'APT')
    end
{%- endmacro %}

{#- The date of a birth key; a partial one as its first day, an impossible one null. -#}
{% macro person_birth_date(key) -%}
    case
        when length({{ key }}) = 8 then try_strptime({{ key }}, '%Y%m%d')
        when length({{ key }}) = 6 then try_strptime({{ key }} || '01', '%Y%m%d')
        when length({{ key }}) = 4 then try_strptime({{ key }} || '0101', '%Y%m%d')
    end::date
{%- endmacro %}
