"""sqlfluff, three times as fast on models that are full of macros.

``make lint`` runs this in the place of the ``sqlfluff`` command, with the same arguments.

- The templater hands every file of macros to Jinja anew for each model: here it is compiled once.
- A macro's `return` is that macro's, as dbt has it; sqlfluff gives it to the outermost one.
- An expression that a macro makes may be a hundred lines long, and sqlfluff reports nothing that
  is in it (it is not the model's text). It stands as a call of the macro with the columns that it
  names; what brings columns, clauses or relations stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro
from sqlfluff.cli.commands import cli
from sqlfluff.core.templaters.builtins.dbt import MacroReturn
from sqlfluff.core.templaters.jinja import JinjaTemplater

#: Shorter ones cost nothing.
_LONG = 60
_STATEMENT = re.compile(
    r"\b(?:select|from|join|where|union|order|group|over|window)\b", re.IGNORECASE
)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|[(\[{]|[)\]}]|,|\bas\b", re.IGNORECASE)
_COLUMN = re.compile(r"\b[a-z_]\w*\.[a-z_]\w*\b")


def shortened(name: str, text: str) -> str:
    """A call that stands for the expression `text`; `text` where it is more than an expression."""
    if len(text) < _LONG or _STATEMENT.search(text):
        return text
    depth = 0
    for token in _TOKEN.findall(text):
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif depth == 0 and (token == "," or token.lower() == "as"):
            return text
    words = re.sub(r"'(?:[^']|'')*'", "''", text)
    return f"{name}({', '.join(dict.fromkeys(_COLUMN.findall(words)))})"


def shorten_expressions() -> None:
    """Let macros' long expressions stand as calls; and dbt's ``tojson``, which sqlfluff lacks."""
    extract: Any = JinjaTemplater._extract_macros

    def wrapped(name: str, macro: Any) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            text = macro(*arguments, **named)
            return shortened(name, text) if type(text) is str else text

        return call

    def extract_shortened(self: JinjaTemplater, *arguments: Any, **named: Any) -> Any:
        macros = extract(self, *arguments, **named)
        return {
            "tojson": json.dumps,
            **{name: wrapped(name, macro) for name, macro in macros.items()},
        }

    JinjaTemplater._extract_macros = extract_shortened  # type: ignore[method-assign]


def return_to_the_caller() -> None:
    """Let `return` in a macro that another macro calls end the inner one alone."""
    invoke: Any = Macro._invoke

    def invoked(self: Macro, *arguments: Any, **named: Any) -> Any:
        try:
            return invoke(self, *arguments, **named)
        except MacroReturn as returned:
            return returned.value

    Macro._invoke = invoked  # type: ignore[method-assign]


def remember_compiled_templates() -> None:
    """Keep the code that Jinja makes of a template's text; it does not depend on the context."""
    compile_template: Any = Environment.compile

    @lru_cache(maxsize=256)
    def compiled(kind: type[Environment], options: tuple[Any, ...], source: str) -> Any:
        return compile_template(environments[kind, options], source)

    environments: dict[tuple[type[Environment], tuple[Any, ...]], Environment] = {}

    def compile_once(self: Environment, source: Any, *arguments: Any, **named: Any) -> Any:
        if arguments or named or not isinstance(source, str):
            return compile_template(self, source, *arguments, **named)
        options = (
            *(self.block_start_string, self.variable_start_string, self.comment_start_string),
            *(self.trim_blocks, self.lstrip_blocks, self.keep_trailing_newline),
            *(self.autoescape, tuple(sorted(self.extensions))),
        )
        environments.setdefault((type(self), options), self)
        return compiled(type(self), options, source)

    Environment.compile = compile_once  # type: ignore[method-assign]


# At import, because sqlfluff's other processes import this module too.
remember_compiled_templates()
return_to_the_caller()
shorten_expressions()

if __name__ == "__main__":
    sys.exit(cli())
