"""Event files at a URL: in fsspec's memory, behind a web server and in an S3 store, both real and of this machine."""

from __future__ import annotations

import builtins
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.plugins.histogram import summary as histogram_summary

from nbviz.sources.event_file import OVERLAP
from nbviz.sources.events import Following, Runs, follow, read
from nbviz.sources.remote import BLOCK, RemoteStorage
from tests.test_events import half, values, wait_until
from tests.tfevents import event, framed, losses
from tests.web import Web

fsspec = pytest.importorskip("fsspec")

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")

NAME = "events.out.tfevents.1.host"


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with Web(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    options = {"key": "a", "secret": "b", "endpoint_url": f"http://{host}:{port}"}
    files = pytest.importorskip("s3fs").S3FileSystem(**options, skip_instance_cache=True)
    files.mkdir("bucket")
    files.options = options
    yield files
    server.stop()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def steps(runs: Runs) -> dict[str, list[float]]:
    return {name: values(runs, name) for name in runs}


def test_a_tree_in_memory_is_read_as_one_on_disk(memory: Any) -> None:
    memory.pipe(f"/logs/b/train/{NAME}", losses(0, 3))
    memory.pipe(f"/logs/a/{NAME}", losses(3, 5))
    memory.pipe(f"/logs/{NAME}", losses(5, 6))
    memory.pipe("/logs/c/notes.txt", b"no events")
    runs = read("memory://logs")
    assert steps(runs) == {"logs": half(5, 6), "a": half(3, 5), "b/train": half(0, 3)}
    assert repr(runs).startswith("3 runs in memory://logs\n")
    assert steps(read(f"memory://logs/a/{NAME}")) == {"a": half(3, 5)}


def test_what_is_not_there_is_said_to_be_missing(memory: Any, web: Web, s3: Any) -> None:
    memory.pipe("/logs/notes.txt", b"no events")
    for url, options in (("memory://nowhere", {}), (f"{web.url}/nowhere", {}), ("s3://bucket/nowhere", s3.options)):
        for function in (read, follow):
            with pytest.raises(FileNotFoundError, match=f"^{url} does not exist: expected a log directory or an event"):
                function(url, storage_options=options)
    with pytest.raises(ValueError, match=r"^memory://logs holds no event files"):
        read("memory://logs")
    with pytest.raises(ValueError, match=r"^memory://logs/notes.txt is no event file"):
        read("memory://logs/notes.txt")


def test_a_url_of_a_kind_that_nobody_knows_is_said_to_be_unknown() -> None:
    with pytest.raises(ValueError, match=r"^thing://logs cannot be read: Protocol not known: thing"):
        read("thing://logs")


def test_without_fsspec_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    good_import = builtins.__import__

    def without_fsspec(name: str, *args: Any) -> Any:
        if name == "fsspec":
            raise ModuleNotFoundError("No module named 'fsspec'")
        return good_import(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_fsspec)
    with pytest.raises(ImportError, match=r"^s3://bucket/logs lies elsewhere, .* pip install 'nbviz\[remote\]'"):
        read("s3://bucket/logs")


def test_without_the_package_of_the_service_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    known = pytest.importorskip("fsspec.registry").known_implementations
    monkeypatch.setitem(known, "far", {"class": "far.Files", "err": "Install farfs"})
    with pytest.raises(ImportError, match=r"^far://logs needs a package that is not installed: Install farfs"):
        read("far://logs")


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    put(tmp_path / "a run" / NAME, losses(0, 3))
    assert steps(read((tmp_path / "a run").as_uri())) == {"a run": half(0, 3)}


def test_growing_files_new_files_and_replaced_ones_are_followed_in_memory(memory: Any) -> None:
    memory.pipe(f"/logs/a/{NAME}", losses(0, 3)[:-5])
    runs = Following("memory://logs")
    runs.poll()
    assert values(runs, "a") == half(0, 2)
    memory.pipe(f"/logs/a/{NAME}", losses(0, 4))
    memory.pipe(f"/logs/b/{NAME}", losses(0, 1))
    runs.poll()
    assert steps(runs) == {"a": half(0, 4), "b": half(0, 1)}
    memory.pipe(f"/logs/a/{NAME}", losses(100, 104))
    memory.rm(f"/logs/b/{NAME}")
    runs.poll()
    runs.poll(walk=False)
    assert steps(runs) == {"a": half(0, 4) + half(100, 104), "b": half(0, 1)}
    runs.stop()
    assert [run.problems for run in runs.values()] == [[], []]


def test_a_tree_behind_a_web_server_is_read_with_names_in_any_script(tmp_path: Path, web: Web) -> None:
    for where in ("lr=0.1 & 50%/größe", "実験", "a"):
        put(tmp_path / "logs" / where / NAME, losses(0, 3))
    put(tmp_path / "logs" / NAME, losses(0, 3))
    for url in (f"{web.url}/logs", f"{web.url}/logs/"):
        assert steps(read(url)) == dict.fromkeys(["logs", "a", "lr=0.1 & 50%/größe", "実験"], half(0, 3))
    web.listings = False
    assert steps(read(f"{web.url}/logs/a/{NAME}")) == {"a": half(0, 3)}


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
def test_a_growing_file_behind_a_web_server_is_followed_and_only_its_end_fetched(
    tmp_path: Path, web: Web, ranges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbviz.sources.reading.CHUNK", 150)
    web.ranges = ranges
    path = put(tmp_path / "run" / NAME, losses(0, 9)[:-3])
    runs = Following(f"{web.url}/run/{NAME}")
    while runs.poll():
        pass
    assert values(runs, "run") == half(0, 8)
    put(path, losses(0, 11))
    web.requests.clear()
    while runs.poll():
        pass
    runs.stop()
    assert (values(runs, "run"), runs["run"].problems) == (half(0, 11), [])
    gets = [request for request in web.requests if request.startswith("GET")]
    overlap = len(losses(0, 8)) - OVERLAP
    assert gets == [f"GET /run/{NAME} bytes={overlap}-{len(losses(0, 11)) - 1}"]


def test_small_files_are_fetched_together_each_in_one_request(tmp_path: Path, web: Web) -> None:
    for number in range(8):
        put(tmp_path / f"run{number}" / NAME, losses(number, number + 2))
    web.gate = threading.Barrier(8)
    runs = read(web.url + "/")
    assert steps(runs) == {f"run{number}": half(number, number + 2) for number in range(8)}
    assert [run.problems for run in runs.values()] == [[]] * 8
    assert sum(request.startswith("GET /run") and NAME in request for request in web.requests) == 8


def test_thousands_of_items_side_by_side_are_a_few_requests(tmp_path: Path, web: Web) -> None:
    histogram = histogram_summary.histogram_pb("weights", np.arange(100.0)).value[0]
    data = framed(*(event(histogram, step=step) for step in range(3000)))
    put(tmp_path / "run" / NAME, data)
    run = read(f"{web.url}/run")["run"]
    web.requests.clear()
    assert [item.step for item in run["weights"]] == list(range(3000))
    assert len(web.requests) == -(-len(data) // BLOCK)


@pytest.mark.parametrize(
    "offset, size", [(0, 1), (5, 0), (BLOCK - 1, 2), (BLOCK, BLOCK), (3, 2 * BLOCK), (BLOCK, 9**9)]
)
@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
def test_any_range_is_what_the_file_holds_there(tmp_path: Path, web: Web, ranges: bool, offset: int, size: int) -> None:
    web.ranges = ranges
    data = np.random.default_rng(0).bytes(2 * BLOCK + 1000)
    put(tmp_path / "file", data)
    storage = RemoteStorage(f"{web.url}/file", {})
    assert storage.status(storage.root).size == len(data)
    assert storage.read(storage.root, offset, size) == data[offset:][:size]


def test_a_server_that_fails_is_reported_once_and_tried_again(tmp_path: Path, web: Web) -> None:
    path = put(tmp_path / "logs" / "run" / NAME, losses(0, 2))
    runs = Following(f"{web.url}/logs")
    runs.poll()
    put(path, losses(0, 4))
    web.broken = True
    for _ in range(3):
        assert runs.poll() is False
    web.broken = False
    runs.poll()
    assert steps(runs) == {"run": half(0, 4)}
    (problem,) = runs.problems
    assert problem.startswith(f"{web.url}/logs cannot be listed at present (ClientResponseError: 503")
    assert problem.endswith("it is tried again.")
    assert runs["run"].problems == []


def test_a_host_that_is_not_found_is_said_to_be_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OSError, match=r"^ftp://host/logs cannot be reached: .*Name or service not known\.$"):
        read("ftp://host/logs")


def test_a_server_that_does_not_answer_is_said_to_be_out_of_reach(web: Web) -> None:
    web.broken = True
    with pytest.raises(OSError, match=r"/logs cannot be reached: ClientResponseError: 503"):
        read(f"{web.url}/logs")
    with pytest.raises(OSError, match=r"^http://127.0.0.1:9/logs cannot be reached: .*Cannot connect"):
        read("http://127.0.0.1:9/logs")


def test_a_directory_that_is_closed_is_reported_and_the_rest_is_read(tmp_path: Path, web: Web) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / name / NAME, losses(0, 2))
    web.closed = {"b"}
    runs = read(f"{web.url}/")
    assert steps(runs) == {"a": half(0, 2), "c": half(0, 2)}
    (problem,) = runs.problems
    assert problem.startswith(f"the directory {web.url}/b/ cannot be listed (ClientResponseError: 403")


def test_a_neighbour_whose_name_begins_alike_is_not_read(s3: Any, memory: Any) -> None:
    for files in (s3, memory):
        for where in ("logs", "logs2"):
            files.pipe(f"bucket/alike/{where}/{NAME}", losses(0, 2))
    assert list(read("s3://bucket/alike/logs", storage_options=s3.options)) == ["logs"]
    assert list(read("memory://bucket/alike/logs")) == ["logs"]


def test_links_in_circles_behind_a_web_server_end(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbviz.sources.remote.MOST_DIRECTORIES", 20)
    put(tmp_path / "logs" / "run" / NAME, losses(0, 3))
    (tmp_path / "logs" / "run" / "again").symlink_to(tmp_path / "logs")
    runs = read(f"{web.url}/logs")
    assert values(runs, "run") == half(0, 3)
    assert runs.problems == [f"{web.url}/logs links to more than 20 directories; the rest is left out."]


def test_a_bucket_is_read_and_followed(s3: Any) -> None:
    s3.pipe(f"bucket/logs/a/{NAME}", losses(0, 3))
    s3.pipe(f"bucket/logs/b/größe/{NAME}", losses(0, 1))
    s3.pipe("bucket/logs/a/notes.txt", b"no events")
    with follow("s3://bucket/logs", storage_options=s3.options) as runs:
        assert steps(runs) == {"a": half(0, 3), "b/größe": half(0, 1)}
        s3.pipe(f"bucket/logs/a/{NAME}", losses(0, 5))
        s3.pipe(f"bucket/logs/c/{NAME}", losses(0, 2))
        wait_until(lambda: values(runs, "a") == half(0, 5) and values(runs, "c") == half(0, 2))
    assert [run.problems for run in runs.values()] == [[], [], []]
    assert steps(read(f"s3://bucket/logs/c/{NAME}", storage_options=s3.options)) == {"c": half(0, 2)}


def test_a_bucket_that_is_not_there_is_said_to_be_missing(s3: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"^s3://no-such-bucket/logs does not exist"):
        read("s3://no-such-bucket/logs", storage_options=s3.options)
