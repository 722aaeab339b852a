"""The embedding projector's settings; protobuf's own text format is the oracle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.plugins.projector import projector_config_pb2
from tensorboardX import SummaryWriter as SummaryWriterX

from nbviz.formats.projector import FILE, decode_projector
from nbviz.sources.events import read
from tests.tfevents import losses, unhurried

pytestmark = pytest.mark.filterwarnings("ignore::nbviz.notice.NbvizWarning")


def assert_same(ours: Any, theirs: Any) -> None:
    assert ours.checkpoint_path == theirs.model_checkpoint_path
    assert len(ours.embeddings) == len(theirs.embeddings)
    for mine, other in zip(ours.embeddings, theirs.embeddings, strict=True):
        for name in ("tensor_name", "tensor_path", "metadata_path", "bookmarks_path"):
            assert getattr(mine, name) == getattr(other, name)
        assert mine.tensor_shape == tuple(other.tensor_shape)
        assert mine.sprite_path == other.sprite.image_path
        assert mine.sprite_size == tuple(other.sprite.single_image_dim)


def torch_writer(path: Path) -> Any:
    return pytest.importorskip("torch.utils.tensorboard").SummaryWriter(str(path))


@pytest.mark.parametrize("make", [torch_writer, lambda path: SummaryWriterX(str(path))], ids=["torch", "tensorboardX"])
def test_embeddings_of_writers_are_what_tensorboard_reads(tmp_path: Path, make: Any) -> None:
    torch = pytest.importorskip("torch")
    with make(tmp_path / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
        for step in range(2):
            images = torch.rand(4, 3, 8, 8)
            writer.add_embedding(torch.rand(4, 5), list("abcd"), images, step, "größer")
    theirs = text_format.Parse((tmp_path / "run" / FILE).read_text("utf-8"), projector_config_pb2.ProjectorConfig())
    assert len(theirs.embeddings) == 2
    runs = read(tmp_path)
    assert_same(runs.projector("run"), theirs)
    table = np.loadtxt(tmp_path / "run" / runs.projector("run").embeddings[0].tensor_path)
    assert table.shape == (4, 5)


words = st.text(max_size=12)


@unhurried
@given(
    st.lists(st.tuples(words, words, st.lists(st.integers(0, 2**32 - 1), max_size=3), words), max_size=3),
    words,
    st.booleans(),
)
def test_settings_are_what_protobuf_reads(rows: list[Any], checkpoint: str, one_line: bool) -> None:
    theirs = projector_config_pb2.ProjectorConfig(model_checkpoint_path=checkpoint)
    for name, path, shape, sprite in rows:
        embedding = theirs.embeddings.add(tensor_name=name, metadata_path=path, tensor_shape=shape)
        embedding.sprite.image_path = sprite
        embedding.sprite.single_image_dim.extend(shape)
    for as_utf8 in (True, False):
        text = text_format.MessageToString(theirs, as_utf8=as_utf8, as_one_line=one_line)
        assert_same(decode_projector(text.encode()), theirs)


def test_every_way_of_writing_a_field_is_read() -> None:
    text = """
    # a comment
    embeddings < tensor_name: 'one' "two"; tensor_shape: [3, 4], sprite: { image_path: "\\x41\\102\\n" } >
    embeddings { unknown { a: 1 b: [{ c: -1.5e3 }] } [an.extension/of.it]: true tensor_shape: 5 tensor_shape: 6 }
    """
    first, second = decode_projector(text.encode()).embeddings
    assert (first.tensor_name, first.tensor_shape, first.sprite_path) == ("onetwo", (3, 4), "AB\n")
    assert second.tensor_shape == (5, 6)


@pytest.mark.parametrize(
    "text", ["{", "embeddings {", "a: }", "a", "a:", '"a": 1', "a: [1", 'a: "b', "}", "[a", "a {" * 9999]
)
def test_malformed_settings_are_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="the projector's settings are"):
        decode_projector(text.encode())


@unhurried
@given(st.text(alphabet="ab{}<>[]:;,\"'\\#1 \n", max_size=40))
def test_anything_else_raises_nothing_but_that(text: str) -> None:
    try:
        decode_projector(text.encode())
    except ValueError as error:
        assert re.match("the projector's settings are", str(error))


def test_a_run_without_settings_has_none_and_bad_ones_are_reported(tmp_path: Path) -> None:
    for name in ("without", "bad", "assets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tfevents.1").write_bytes(losses(0, 2))
    bad = tmp_path / "bad" / FILE
    bad.write_text("embeddings {")
    assets = tmp_path / "assets" / "plugins" / "org_tensorflow_tensorboard_projector" / FILE
    assets.parent.mkdir(parents=True)
    assets.write_text('embeddings { tensor_name: "here" }')
    runs = read(tmp_path)
    assert (runs.projector("without"), runs.projector("bad")) == (None, None)
    assert runs.projector("assets").embeddings[0].tensor_name == "here"
    sentence = "the projector's settings are no protobuf text: 'their end' was not expected"
    assert runs["bad"].problems == [f"{bad}: {sentence}, so they were left out."]
    with pytest.raises(KeyError, match="no run 'other'"):
        runs.projector("other")
