{#-
  For a model that all others wait for, so that nothing else has work for the other threads: before it
  (`pre_hook`) all threads are for a query, after it (`post_hook`) as many as the profile gives one.
-#}
{% macro on_all_threads() -%}
    set threads = {{ target.threads }}
{%- endmacro %}

{% macro on_its_threads() -%}
    set threads = {{ [target.threads // 2, 1] | max }}
{%- endmacro %}
