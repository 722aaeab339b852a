"""Which storage a path or a URL is in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nbviz.sources.storage import LocalStorage, Storage, shown

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")  # one letter alone is a drive


def locate(path: str | os.PathLike[str], options: Mapping[str, Any]) -> tuple[Storage, str, str]:
    """The storage that a path or URL is in, its path there, and the name to show for it."""
    root = os.fsdecode(path)
    name = shown(root)
    storage: Storage
    if _URL.match(root) and urlsplit(root).scheme not in ("file", "local"):
        from nbviz.sources.remote import RemoteStorage

        try:
            storage = remote = RemoteStorage(root, options)
        except OSError as error:  # as of a host that is not there
            raise OSError(f"{name} cannot be reached: {error}.") from error
        root = remote.root
    else:
        if _URL.match(root):
            from urllib.request import url2pathname  # which brings http and ssl

            root = url2pathname(urlsplit(root).path)
        storage, root = LocalStorage(), str(Path(root).expanduser())
        name = shown(root)
    try:
        storage.check(root)
    except FileNotFoundError:
        raise FileNotFoundError(f"{name} does not exist: expected a log directory or an event file.") from None
    except OSError as error:
        raise OSError(f"{name} cannot be reached: {error}.") from error
    return storage, root, name
