"""Runs from TensorBoard event files: `read` what is there, or `follow` it as it grows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbviz.formats.frame import Stretch, frame
from nbviz.formats.reader import MARGIN
from nbviz.sources.event_file import LISTED
from nbviz.sources.logdir import MARK
from nbviz.sources.runs import Following, Runs

START = 1 << 20
"""Bytes that are looked at to tell whether a single file is an event file."""


def read(path: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> Runs:
    """Read the runs of a log directory.

    Parameters
    ----------
    path : str or path
        A run's directory, a directory tree of runs, or one event file. Event files are those with "tfevents" in their
        names. Runs are named by their directories below ``path``; files directly in ``path`` make a run with its name.
        With ``nbviz[remote]`` also a URL that fsspec knows: ``s3://``, ``gs://``, ``https://``, ``memory://`` and more.
    storage_options : mapping, optional
        Options of the fsspec file system behind a URL, such as ``{"anon": True}``.

    Returns
    -------
    Runs
        A mapping of names to runs. What is damaged is left out and reported in the ``problems`` of its run. A last
        record that is cut short is not yet there, and no problem.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    OSError
        If a URL cannot be reached.
    ValueError
        If ``path`` is a file that is no event file, or a directory without event files.
    ImportError
        If a package for the URL is not installed; the message says which.

    Examples
    --------
    >>> runs = nbviz.read("logs")  # doctest: +SKIP
    >>> runs["train"]["loss"].values  # doctest: +SKIP
    """
    return load(path, storage_options)


def load(
    path: str | os.PathLike[str],
    storage_options: Mapping[str, Any] | None = None,
    tick: Callable[[Runs], None] | None = None,
    listed: int = LISTED,
) -> Runs:
    """As `read`; ``tick`` is called with the runs as far as they were read, ``listed`` damages reported for a file."""
    runs = Runs(path, "finished", storage_options, listed)
    if runs.storage.is_file(runs.root):
        _check_event_file(runs)
    try:
        runs._walk()
    except OSError as error:
        raise OSError(f"{runs.place} cannot be listed: {error}.") from error
    if not runs:
        raise ValueError(f"{runs.place} holds no event files: expected files with {MARK!r} in their names.")
    while runs._read_on(tick):
        pass
    runs._finish()
    return runs


def follow(path: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> Following:
    """Read the runs of a log directory, and go on reading as they grow.

    New points show within 0.2 s on this machine and within a second or two from a URL, new files soon after. New runs
    appear in the mapping; a view shows the runs that there were when it was made. A file that is replaced is read again
    from its start, and appended. A directory without event files is waited for. Damage is reported as in `read`; a
    network that fails is reported once, and tried again.

    Parameters
    ----------
    path, storage_options
        As in `read`.

    Returns
    -------
    Following
        A mapping of names to runs, until its ``stop()``; a context manager, too.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    OSError, ImportError
        As in `read`.

    Examples
    --------
    >>> with nbviz.follow("logs") as runs:  # doctest: +SKIP
    ...     train()
    """
    runs = Following(path, storage_options)
    runs.poll()
    runs.start()
    return runs


def _check_event_file(runs: Runs) -> None:
    data = np.zeros(START + MARGIN, np.uint8)
    count = runs.storage.readinto(runs.root, 0, data.data[:START])
    (framed,) = frame(data, [Stretch(0, count)])
    if not len(framed.starts) and (framed.problems or MARK not in os.path.basename(runs.root)):
        raise ValueError(
            f"{runs.place} is no event file: expected a file of TFRecords, as TensorBoard's writers make them."
        )
