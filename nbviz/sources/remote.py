"""Event files elsewhere: any URL that fsspec knows (https://filesystem-spec.readthedocs.io), read by ranges."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from posixpath import basename, dirname
from typing import Any
from urllib.parse import unquote, urlsplit

from nbviz.sources.logdir import MARK
from nbviz.sources.storage import Complain, Status, shown

BLOCK = 1 << 20
"""Bytes fetched at once around a small item: ten thousand small items side by side are a few requests."""

BLOCKS = 32
"""Blocks kept: bounds memory."""

AT_ONCE = 16
"""Requests under way at once while files are looked at one by one."""

MOST_DIRECTORIES = 5000
"""Directories listed over HTTP, where a link in circles cannot be told from a directory."""

# What an fsspec file system may say of a change, under the names its service uses.
CHANGES = ("ETag", "etag", "LastModified", "Last-Modified", "last_modified", "updated", "modified", "mtime", "created")


class RemoteStorage:
    """Files at a URL. Paths are those of the file system behind it, such as ``bucket/logs/run/events...``.

    Parameters
    ----------
    url : str
    options : mapping
        Options of the fsspec file system, such as ``{"anon": True}``.

    Raises
    ------
    ImportError
        If fsspec, or the package for this kind of URL, is not installed.
    ValueError
        If fsspec does not know this kind of URL.
    """

    interval = 1.0

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._url = url
        try:
            import fsspec
        except ImportError as error:
            raise ImportError(f"{url} lies elsewhere, and reading it needs: pip install 'nbviz[remote]'") from error
        try:
            self._files, self.root = fsspec.core.url_to_fs(url, **options)
        except ImportError as error:
            raise ImportError(f"{url} needs a package that is not installed: {error}") from error
        except ValueError as error:
            raise ValueError(f"{url} cannot be read: {error}") from error
        protocols = self._files.protocol
        self._http = "http" in ((protocols,) if isinstance(protocols, str) else protocols)
        self._identity: dict[str, Any] = {}
        if self._http:  # a compressed answer has another length than the file
            headers = self._files.kwargs.get("headers") or {}
            self._identity = {"headers": {**headers, "Accept-Encoding": "identity"}}
        self._lock = threading.Lock()
        self._known: dict[str, Status] = {}
        self._listed: dict[str, Status] = {}
        self._unread: dict[str, Status] = {}
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._whole: tuple[str, bytes] | None = None
        self._file_root: bool | None = None

    def own_name(self, root: str) -> str:
        path = urlsplit(root).path if self._http else root
        directory = dirname(path) if self.is_file(root) else path.rstrip("/")
        return self._text(basename(directory))

    def check(self, root: str) -> None:
        with self._told(root):
            info = self._files.info(root)
        # Over HTTP everything is a file; a directory is one whose page lists its files.
        self._file_root = info.get("mimetype") != "text/html" if self._http else info["type"] == "file"

    def is_file(self, root: str) -> bool:
        if self._file_root is None:
            self.check(root)
        return bool(self._file_root)

    def status(self, path: str) -> Status:
        """Look at a file. The latest listing answers once, where it told of sizes, and saves a request."""
        status = self._listed.pop(path, None)
        if status is None:
            with self._told(path):
                info = self._files.info(path)
                if info.get("size") is None:  # the server does not say before it has sent it all
                    info["size"] = len(self._files.cat_file(path, **self._identity))
            status = _status(info)
        if self._known.get(path) != status:
            self._forget(path)
            self._known[path] = status
        return status

    def read(self, path: str, offset: int, size: int) -> bytes:
        if size >= BLOCK:
            return self._fetch(path, offset, offset + size)
        first, last = offset // BLOCK, max(offset, offset + size - 1) // BLOCK
        data = b"".join(self._block(path, number, offset + size) for number in range(first, last + 1))
        return data[offset - first * BLOCK :][:size]

    def readinto(self, path: str, offset: int, buffer: memoryview) -> int:
        if path in self._unread:
            self._read_ahead(path)
        end = min(offset + len(buffer), self._known[path].size if path in self._known else BLOCK)
        with self._lock:
            block = self._blocks.get((path, 0), b"")
        data = block[offset:end] if end <= len(block) else self._fetch(path, offset, offset + len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def event_files(self, root: str, complain: Complain) -> dict[str, list[str]]:
        with self._told(root):
            infos = self._look(root, complain)
        self._listed = {path: _status(info) for path, info in infos.items() if info.get("size") is not None}
        new = {path: status for path, status in self._listed.items() if path not in self._known}
        self._unread = {path: status for path, status in sorted(new.items()) if status.size <= BLOCK}
        if self.is_file(root):
            return {".": [root]}
        found: dict[str, list[str]] = {}
        for path in sorted(infos):
            where = dirname(path[len(root) :].lstrip("/"))
            found.setdefault(self._text(where) or ".", []).append(path)
        return {where: found[where] for where in sorted(found)}

    def _look(self, root: str, complain: Complain) -> dict[str, dict[str, Any]]:
        """What is known of each event file at and below the root."""
        self._files.invalidate_cache()
        if self.is_file(root):
            return self._infos([root])
        if self._http:
            return self._infos(self._links(root, complain))
        inside = root.rstrip("/") + "/"
        return {
            path: info
            for path, info in self._files.find(root, detail=True).items()
            if MARK in basename(path) and info["type"] == "file" and path.startswith(inside)
        }

    def _infos(self, paths: list[str]) -> dict[str, dict[str, Any]]:
        """Look at each file; one that fails is left for `status` to say so."""

        def info(path: str) -> dict[str, Any]:
            try:
                return dict(self._files.info(path))
            except Exception:
                return {}

        return dict(zip(paths, _at_once(info, paths), strict=True))

    def _links(self, root: str, complain: Complain) -> list[str]:
        """Event files linked from the page of a directory and from those below it."""

        def entries(directory: str) -> list[dict[str, Any]]:
            try:
                return list(self._files.ls(directory, detail=True))
            except FileNotFoundError:
                return []
            except Exception as error:
                if directory == root or getattr(error, "status", None) not in (401, 403):
                    raise
                complain(
                    f"the directory {shown(directory)} cannot be listed ({_reason(error)}); its runs are left out."
                )
                return []

        files: dict[str, None] = {}
        seen = {root.rstrip("/") + "/"}
        level, count = [root], 0
        while level:
            count += len(level)
            if count > MOST_DIRECTORIES:
                complain(f"{self._url} links to more than {MOST_DIRECTORIES:,} directories; the rest is left out.")
                break
            below: list[str] = []
            for entry in (entry for found in _at_once(entries, level) for entry in found):
                name = entry["name"].partition("?")[0]
                if name != entry["name"]:
                    continue  # a directory's page in another order
                if entry["type"] == "directory" and name not in seen:
                    seen.add(name)
                    below.append(name)
                elif entry["type"] == "file" and MARK in self._text(basename(name)):
                    files[name] = None
            level = below
        return list(files)

    def _read_ahead(self, path: str) -> None:
        """Fetch small files that nobody has read, together with some of their neighbours and all at once."""
        neighbours = (other for other in self._unread if other != path)
        together = [path, *islice(neighbours, AT_ONCE - 1)]
        for other in together:
            self._known[other] = self._unread.pop(other)

        def fetch(other: str) -> None:
            with suppress(OSError):  # it is met again when the file itself is read
                self._block(other, 0, self._known[other].size)

        _at_once(fetch, together)

    def _block(self, path: str, number: int, end: int) -> bytes:
        """Return a block that holds the bytes up to ``end``, as far as they are in it and in the file."""
        key, start = (path, number), number * BLOCK
        with self._lock:
            block = self._blocks.get(key)
            if block is not None and len(block) >= min(BLOCK, end - start):
                self._blocks.move_to_end(key)
                return block
        block = self._fetch(path, start, start + BLOCK)
        with self._lock:
            self._blocks[key] = block
            while len(self._blocks) > BLOCKS:
                self._blocks.popitem(last=False)
        return block

    def _fetch(self, path: str, start: int, end: int) -> bytes:
        if path in self._known:
            end = min(end, self._known[path].size)
        if start >= end:
            return b""
        whole = self._whole
        if whole is None or whole[0] != path:
            with self._told(path):
                data: bytes = self._files.cat_file(path, start=start, end=end, **self._identity)
            if len(data) <= end - start:
                return data
            self._whole = whole = (path, data)  # a server that knows no ranges sends the whole file
        return whole[1][start:end]

    def _forget(self, path: str) -> None:
        with self._lock:
            for key in [key for key in self._blocks if key[0] == path]:
                del self._blocks[key]
            if self._whole is not None and self._whole[0] == path:
                self._whole = None

    def _text(self, path: str) -> str:
        return shown(unquote(path) if self._http else path)

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Turn what a service raises into an OSError. To fsspec a web server that fails is a file that is missing."""
        try:
            yield
        except FileNotFoundError as error:
            cause = error.__cause__
            if not self._http or cause is None or getattr(cause, "status", None) in (404, 410):
                raise
            raise OSError(_reason(cause)) from error
        except OSError:
            raise
        except Exception as error:
            raise OSError(_reason(error)) from error


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _status(info: Mapping[str, Any]) -> Status:
    return Status(int(info["size"]), None, tuple(str(info[name]) for name in CHANGES if info.get(name) is not None))


def _at_once(function: Any, arguments: Iterable[Any]) -> list[Any]:
    arguments = list(arguments)
    if len(arguments) < 2:
        return [function(argument) for argument in arguments]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, arguments))
