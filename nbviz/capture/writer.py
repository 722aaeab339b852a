"""Captures go into a run: histograms, what is derived from them, and what there is to say of them."""

from __future__ import annotations

from nbviz.capture.layer import Capture, Key, Layer, derived, first_nonfinite
from nbviz.run import Run

NAMED = 3
"""Layers that a sentence names before it counts the rest."""
FIRST = "first nonfinite"
"""The key of the sentence on where NaN or infinities came up, which a run says once, whoever captures."""


class Writer:
    """Logs captures to a run.

    Attributes
    ----------
    captures : int
        How many were logged.
    missing : dict of str to str
        Of which tags nothing was captured, and why.
    """

    def __init__(self, run: Run) -> None:
        self.captures = 0
        self.missing: dict[str, str] = {}
        self._run = run
        self._new: dict[str, list[str]] = {}

    def miss(self, key: Key, why: str) -> None:
        """There is nothing to capture of a layer."""
        if self.missing.get(key.tag) != why:
            self.missing[key.tag] = why
            self._new.setdefault(why, []).append(key.tag)

    def have(self, key: Key) -> None:
        """There is something again."""
        self.missing.pop(key.tag, None)

    def notice(self, sentence: str, key: object = None) -> None:
        """Say something once."""
        self._run.problems.report(sentence, key)

    def write(self, capture: Capture, every: int) -> None:
        """Log what was captured, at the capture's step."""
        for key, layer in capture.layers.items():
            self._run.log_sketch(key.tag, layer.sketch, step=capture.step)
        self._run.log_derived({statistic.tag: value for statistic, value in derived(capture)}, step=capture.step)
        self.captures += 1
        first = first_nonfinite(capture.layers)
        if first is not None and not self._run.problems.said(FIRST):
            # However long the run gets, this capture is kept as it is.
            step = capture.step if isinstance(capture.step, int) else self._run.step_of(capture.step)
            self._run.mark(f"{first.tag} is not finite", step=step)
            self._report_nonfinite(first, capture.layers[first], step, every)

    def report_missing(self) -> None:
        """Say, once for each reason, which layers have none."""
        new, self._new = self._new, {}
        for why, tags in new.items():
            more = f" and {len(tags) - NAMED:,} more" if len(tags) > NAMED else ""
            sentence = f"Not captured, as {'each' if len(tags) > 1 else 'it'} {why}: {', '.join(tags[:NAMED])}{more}."
            self._run.problems.report(sentence, ("missing", why))

    def _report_nonfinite(self, key: Key, layer: Layer, step: int, every: int) -> None:
        sentence = (
            f"The first layer with NaN or infinities: {key.tag}, {layer.sketch.nonfinite:,} of {layer.sketch.count:,} "
            f"values at step {step:,}"
        )
        since = f", captured every {every:,} steps" if every > 1 else ""
        self._run.problems.report(f"{sentence}{since}.", FIRST)
