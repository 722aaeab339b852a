"""Looking at files and walking log directories on this machine."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from nbviz.sources.events import Following, read
from nbviz.sources.logdir import SETTLED, THOROUGH, Walk
from nbviz.sources.storage import LocalStorage, Status, shown
from tests.tfevents import losses

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"


def put(path: Path, data: bytes = b"") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the paths of the files that are looked at from now on."""
    paths: list[str] = []
    good_status = LocalStorage.status

    def status(storage: LocalStorage, path: str) -> Status:
        paths.append(path)
        return good_status(storage, path)

    monkeypatch.setattr(LocalStorage, "status", status)
    return paths


def no_complaint(sentence: str) -> None:
    raise AssertionError(sentence)


class Clock:
    """A clock to set, which starts when everything on disk has settled."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that were listed."""
    paths: list[str] = []
    good_scandir = os.scandir

    def scandir(path: str) -> Any:
        paths.append(path)
        return good_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return paths


def settled(*directories: Path) -> Clock:
    """Say that the directories changed at second 1000 of the clock, long ago."""
    for directory in directories:
        os.utime(directory, (1000, 1000))
    return Clock(1000 + 2 * SETTLED)


def test_a_status_tells_growth_and_replacement(tmp_path: Path) -> None:
    storage, path = LocalStorage(), put(tmp_path / NAME, b"one")
    first = storage.status(path)
    assert first == storage.status(path) == Status(3, Path(path).stat().st_ino, Path(path).stat().st_mtime_ns)
    put(tmp_path / NAME, b"three")
    grown = storage.status(path)
    assert (grown.size, grown.identity) == (5, first.identity)
    Path(put(tmp_path / "new", b"three")).replace(path)
    assert storage.status(path).identity != first.identity
    Path(path).unlink()
    with pytest.raises(FileNotFoundError):
        storage.status(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_opened_wherever_it_stands(tmp_path: Path) -> None:
    path = put(tmp_path / NAME, losses(0, 3))
    os.mkfifo(tmp_path / f"{NAME}.pipe")
    (tmp_path / f"{NAME}.directory").mkdir()
    with Following(tmp_path) as runs:
        runs.poll()
        Path(path).unlink()
        os.mkfifo(path)
        runs.poll()
    assert [len(run["loss"]) for run in runs.values()] == [3]


@pytest.mark.parametrize("offset, size", [(0, 3), (2, 3), (2, 100), (10, 5), (4, 0)])
def test_a_range_is_what_the_file_holds_there(tmp_path: Path, offset: int, size: int) -> None:
    storage, path, buffer = LocalStorage(), put(tmp_path / NAME, b"0123456789"), bytearray(size)
    expected = b"0123456789"[offset:][:size]
    assert storage.read(path, offset, size) == expected
    assert storage.readinto(path, offset, memoryview(buffer)) == len(expected)
    assert buffer[: len(expected)] == expected


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are not listed here")
def test_following_holds_no_file_open_and_writes_nothing(tmp_path: Path) -> None:
    path = put(tmp_path / NAME, losses(0, 3))
    before = len(list(Path("/proc/self/fd").iterdir()))
    Path(path).chmod(0o400)
    runs = Following(tmp_path)
    runs.poll()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert Path(path).read_bytes() == losses(0, 3)
    assert [found.name for found in tmp_path.iterdir()] == [NAME]


def test_only_a_directory_that_changed_is_listed_again(tmp_path: Path, listed: list[str]) -> None:
    a, b = put(tmp_path / "a" / NAME), put(tmp_path / "b" / NAME)
    clock = settled(tmp_path, tmp_path / "a", tmp_path / "b")
    walk = Walk(str(tmp_path), clock)
    found = walk.event_files(no_complaint)
    assert found == {"a": [a], "b": [b]}
    listed.clear()
    assert walk.event_files(no_complaint) is found
    assert listed == []
    new = put(tmp_path / "b" / "tfevents.2")
    assert walk.event_files(no_complaint) == {"a": [a], "b": [b, new]}
    assert listed == [str(tmp_path / "b")]


def test_a_directory_that_changed_just_now_is_listed_until_it_has_settled(tmp_path: Path, listed: list[str]) -> None:
    """A coarse file system gives a second change the time of the first."""
    first = put(tmp_path / NAME)
    clock = settled(tmp_path)
    clock.now = 1000 + SETTLED / 2
    walk = Walk(str(tmp_path), clock)
    assert walk.event_files(no_complaint) == {".": [first]}
    second = put(tmp_path / "tfevents.2")
    os.utime(tmp_path, (1000, 1000))
    assert walk.event_files(no_complaint) == {".": [first, second]}
    clock.now = 1000 + 2 * SETTLED
    walk.event_files(no_complaint)
    listed.clear()
    walk.event_files(no_complaint)
    assert listed == []


@pytest.mark.parametrize("later", [THOROUGH, -1.0], ids=["after a while", "after the clock was set back"])
def test_now_and_then_every_directory_is_listed_anew(tmp_path: Path, later: float) -> None:
    """Some file systems do not change a directory's time, and what a link points to changes without it."""
    first = put(tmp_path / NAME)
    clock = settled(tmp_path)
    walk = Walk(str(tmp_path), clock)
    walk.event_files(no_complaint)
    second = put(tmp_path / "tfevents.2")
    os.utime(tmp_path, (1000, 1000))
    assert walk.event_files(no_complaint) == {".": [first]}
    clock.now += later
    assert walk.event_files(no_complaint) == {".": [first, second]}


def test_directories_appear_late_go_away_and_come_again(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    walk = Walk(str(root))
    assert walk.event_files(no_complaint) == {}
    path = put(root / "deep" / "er" / NAME)
    assert walk.event_files(no_complaint) == {"deep/er": [path]}
    root.rename(tmp_path / "elsewhere")
    assert walk.event_files(no_complaint) == {}
    (tmp_path / "elsewhere").rename(root)
    assert walk.event_files(no_complaint) == {"deep/er": [path]}


def test_a_file_that_becomes_a_directory_is_walked(tmp_path: Path) -> None:
    put(tmp_path / "tfevents")
    walk = Walk(str(tmp_path))
    walk.event_files(no_complaint)
    (tmp_path / "tfevents").unlink()
    path = put(tmp_path / "tfevents" / NAME)
    assert walk.event_files(no_complaint) == {"tfevents": [path]}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_process_forked_while_a_poll_reads_can_stop_following(tmp_path: Path) -> None:
    put(tmp_path / NAME, losses(0, 3))
    runs = Following(tmp_path)
    with runs._lock:
        child = os.fork()
        if not child:
            signal.alarm(5)
            runs.poll()
            runs.stop()
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    runs.stop()
    assert len(runs[tmp_path.name]["loss"]) == 3


@pytest.mark.parametrize("records", [20, 60_000])
def test_a_file_of_which_less_can_be_read_than_it_says_is_read_as_far_as_it_goes_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: int
) -> None:
    contents = losses(0, records)
    put(tmp_path / "run" / NAME, contents)
    good_readinto, there = LocalStorage.readinto, len(losses(0, 15))

    def readinto(self: LocalStorage, path: str, offset: int, buffer: memoryview) -> int:
        return good_readinto(self, path, offset, buffer[: max(0, there - offset)])

    monkeypatch.setattr(LocalStorage, "readinto", readinto)
    assert len(read(tmp_path)["run"]["loss"]) == 15
    runs = Following(tmp_path)
    for _ in range(3):
        assert not runs.poll()
    assert len(runs["run"]["loss"]) == 15
    there = len(contents)
    while runs.poll():
        pass
    assert runs["run"]["loss"].steps.tolist() == list(range(records))


def test_reading_looks_once_at_each_file_however_long_another_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        put(tmp_path / f"run{number}" / NAME, losses(0, 1))
    put(tmp_path / "long" / NAME, losses(0, 20_000) * 8)
    calls = looks(monkeypatch)
    runs = read(tmp_path)
    assert len(runs["long"]["loss"]) == 160_000
    assert len([path for path in calls if "long" not in path]) == 50


def test_following_hundreds_of_runs_looks_once_at_each_file_and_reads_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(300):
        put(tmp_path / f"run{number}" / NAME, losses(0, 1))
    runs = Following(tmp_path)
    while runs.poll():
        pass
    calls = looks(monkeypatch)
    monkeypatch.setattr(LocalStorage, "readinto", None)
    runs.poll(walk=False)
    assert (len(runs), len(calls), len(set(calls))) == (300, 300, 300)
    assert all(run["loss"].values.tolist() == [0.0] for run in runs.values())


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text here")
def test_a_name_that_is_no_text_is_shown_with_its_bytes_escaped(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"gr\xf6\xdfe")
    directory.mkdir()
    (directory / NAME).write_bytes(losses(0, 3) + b"garbage in sixteen bytes")
    (tmp_path / "größe").mkdir()
    (tmp_path / "größe" / NAME).write_bytes(losses(0, 1))
    runs = read(tmp_path)
    assert list(runs) == ["größe", r"gr\xf6\xdfe"]
    (problem,) = runs[r"gr\xf6\xdfe"].problems
    assert problem.startswith(f"{tmp_path}/gr\\xf6\\xdfe/{NAME}, byte {len(losses(0, 3))}: ")
    assert read(os.fsencode(directory))[r"gr\xf6\xdfe"]["loss"].values.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("text", ["größe", "run\udcf6", "run\ud800", "a\\b"])
def test_any_path_is_shown_as_text_that_can_be_written(text: str) -> None:
    shown(text).encode("utf-8")
    assert shown("run\udcf6") == r"run\xf6"


def test_a_password_in_a_url_is_not_shown() -> None:
    assert shown("https://me:secret@host:80/logs") == "https://me:…@host:80/logs"
    assert shown("abfs://container@account/a:b@c") == "abfs://container@account/a:b@c"
