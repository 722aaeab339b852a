"""Runs by the names that a view shows them by."""

from __future__ import annotations

from typing import Any, cast

from nbviz.run import Run


class _Named:
    """A run that is called otherwise, as a mapping calls it, and is the same in all else."""

    def __init__(self, run: Run, name: str) -> None:
        self._run, self.name = run, name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._run, attribute)

    def __getitem__(self, tag: str) -> Any:
        return self._run[tag]


def named(run: Run, name: str) -> Run:
    return run if run.name == name else cast(Run, _Named(run, name))


def own_name(run: Run) -> str:
    """What a run was called when it was logged, which may tell its role."""
    return str(run._run.name if isinstance(run, _Named) else run.name)
