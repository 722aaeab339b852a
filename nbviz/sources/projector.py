"""The embedding projector's settings of a run."""

from __future__ import annotations

import os

from nbviz.formats.projector import FILE, Projector, decode_projector
from nbviz.run import Run
from nbviz.sources.storage import Storage, shown

ASSETS = f"plugins/org_tensorflow_tensorboard_projector/{FILE}"
"""Where the settings stand if they do not stand beside the event files."""

LARGEST = 1 << 24
"""Bytes of settings that are read."""


def read_projector(storage: Storage, directory: str, run: Run) -> Projector | None:
    """Read the settings in the directory of a run; None if there are none, or if they are bad, which is reported."""
    for name in (FILE, ASSETS):
        path = os.path.join(directory, name)
        try:
            size = storage.status(path).size
            return decode_projector(storage.read(path, 0, min(size, LARGEST)))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            run.report(f"{shown(path)}: {error}, so they were left out.")
            return None
    return None
