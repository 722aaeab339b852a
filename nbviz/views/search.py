"""Traits that say what is searched for in names."""

from __future__ import annotations

import re
from typing import Any

import traitlets

LONGEST = 1000


class Search(traitlets.Unicode):  # type: ignore[type-arg]  # traitlets 5.9 cannot be subscripted
    """A text, or a /regular expression/; a compiled one is written as such."""

    def validate(self, obj: Any, value: Any) -> Any:
        if isinstance(value, re.Pattern):
            value = f"/{value.pattern}/{'i' if value.flags & re.IGNORECASE else ''}"
        text = super().validate(obj, value)
        if len(text) > LONGEST:
            raise traitlets.TraitError(f"{self.name} is a text of {LONGEST:,} characters at most, not of {len(text):,}")
        try:
            re.compile(self.expression_in(obj, text))
        except (re.error, RecursionError, OverflowError) as error:
            raise traitlets.TraitError(f"{self.name}={text!r} is no regular expression: {error}") from None
        return text

    def expression_in(self, _obj: Any, text: str) -> str:
        """What of the text has to be a regular expression."""
        written = re.fullmatch("/(.*?)(/i?)?", text, re.DOTALL)
        return written[1] if written else ""


class Group(Search):
    """The name of a hyper-parameter, or a regular expression, between slashes or without."""

    def expression_in(self, obj: Any, text: str) -> str:
        if any(text in row for row in obj.hparams.values()):
            return ""
        return super().expression_in(obj, text) or text
