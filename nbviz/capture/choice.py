"""Which of a model's parameters and modules are wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Chosen = Callable[[str], bool]
Patterns = str | Iterable[str] | None


def chooser(caller: str, include: Patterns, exclude: Patterns) -> Chosen:
    """Whether a name is wanted: by regular expressions that are found anywhere in it.

    Raises
    ------
    ValueError
        If one is no regular expression.
    """
    wanted, unwanted = _patterns(caller, "include", include), _patterns(caller, "exclude", exclude)

    def chosen(name: str) -> bool:
        found = wanted is None or any(pattern.search(name) for pattern in wanted)
        return found and not any(pattern.search(name) for pattern in unwanted or ())

    return chosen


def _patterns(caller: str, argument: str, patterns: Patterns) -> list[re.Pattern[str]] | None:
    if patterns is None:
        return None
    try:
        return [re.compile(pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)]
    except (re.error, TypeError) as error:
        raise ValueError(f"{caller} got {argument}={patterns!r}, which is no regular expression: {error}.") from error
