"""How nbviz speaks up without ever stopping a training run."""

from __future__ import annotations

import logging
import sys
import warnings

logger = logging.getLogger("nbviz")

BETWEEN = ("nbviz", "torch", "keras", "jax", "tensorflow", "contextlib")
"""Whose code is not what a warning is about: they call us, or we them."""


class NbvizWarning(UserWarning):
    """Something was wrong with what nbviz was given; training went on and the good data were kept."""


def warn(sentence: str) -> None:
    """Warn at the caller's own line, and never raise.

    Under ``-W error`` a warning is an exception, and an exception would end the training loop that called us:
    the sentence goes to the ``nbviz`` logger then.
    """
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in BETWEEN:
        depth, frame = depth + 1, frame.f_back
    try:
        warnings.warn(sentence, NbvizWarning, stacklevel=depth)
    except Exception:  # also a warning that cannot be shown, as when stderr is closed
        logger.warning(sentence)


class Problems(list[str]):
    """Sentences on what went wrong, each warned of once."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[object, object] = {}

    def report(self, sentence: str, key: object = None) -> None:
        """Keep a sentence and warn of it, unless one of the same ``key``, by default the sentence itself, was."""
        first = object()
        # One step, and no lock, which a fork may find locked: only one of two threads gets its own object back.
        if self._said.setdefault(sentence if key is None else key, first) is first:
            self.append(sentence)
            warn(sentence)

    def said(self, key: object) -> bool:
        """Whether a sentence of that key was reported."""
        return key in self._said
