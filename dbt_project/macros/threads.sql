{#-
  The `pre_hook` of a model that all others wait for: nothing else has work for the other threads. dbt sets the
  profile's number again when the next model starts.
-#}
{% macro on_all_threads() -%}
    set threads = {{ target.threads }}
{%- endmacro %}
