"""One name on both sides: synced traits, wire keys and message types in Python, TypeScript and docs/wire.md."""

from __future__ import annotations

import re
from pathlib import Path

import anywidget
import pytest

from nbviz import Compare, Inspector, LayerMap, LiveLoss, Ridgeline
from nbviz.channel import Channel
from nbviz.crowd import Crowd
from nbviz.views.view import View

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs/wire.md").read_text("utf-8")
VIEWS: list[type[View]] = [Compare, Inspector, LayerMap, LiveLoss, Ridgeline]
"""Those that have traits beside those of every view."""
SOURCE = {path.stem: path.read_text("utf-8") for path in (ROOT / "js/src").glob("*.ts")}
WORD = re.compile(r"_?[a-z]+")


def own_traits(widget: type[anywidget.AnyWidget]) -> set[str]:
    ours = set(widget.class_traits(sync=True)) - set(anywidget.AnyWidget.class_traits(sync=True))
    return ours - {"_anywidget_id"}


def documented(section: str) -> list[list[str]]:
    """The cells of the tables of a section, their code marks taken off."""
    text = DOCS.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("|---")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def read_by(module: str) -> set[str]:
    return set(re.findall(r"""model\.(?:get|set)\(["'](\w+)["']""", SOURCE[module]))


def keys_of(interface: str) -> set[str]:
    body = re.search(rf"interface {interface} \{{(.*?)\n\}}", SOURCE["wire"], re.DOTALL)
    assert body, f"js/src/wire.ts has no interface {interface}"
    return set(re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE))


def knobs() -> set[str]:
    listed = re.search(r"const KNOBS = \[(.*?)\]", SOURCE["views"], re.DOTALL)
    assert listed
    return set(re.findall(r'"(\w+)"', listed[1]))


def test_the_front_end_reads_the_traits_that_the_kernel_syncs() -> None:
    assert read_by("channel") == own_traits(Channel) | own_traits(Crowd)
    assert read_by("views") == own_traits(View)
    assert knobs() == {knob for view in VIEWS for knob in view.KNOBS}


@pytest.mark.parametrize("view", VIEWS)
def test_the_knobs_of_a_view_are_its_own_traits(view: type[View]) -> None:
    assert set(view.KNOBS) == own_traits(view) - own_traits(View)


@pytest.mark.parametrize(
    ("widget", "base"), [*((each, each) for each in (Channel, Crowd, View)), *((view, View) for view in VIEWS)]
)
def test_every_trait_is_documented(widget: type[anywidget.AnyWidget], base: type[anywidget.AnyWidget]) -> None:
    inherited = own_traits(base) if widget is not base else set()
    classes = {
        each.__name__ for each in widget.__mro__ if issubclass(each, base) and (each is not base or widget is base)
    }
    documented_here = {row[1] for row in documented("Traits") if row[0] in classes}
    assert documented_here == own_traits(widget) - inherited


def encoded_keys(*functions: str) -> set[str]:
    source = (ROOT / "nbviz/formats/wire.py").read_text("utf-8")
    bodies = re.split(r"^(?=def |class )", source, flags=re.MULTILINE)
    text = "".join(body for body in bodies if any(body.startswith(f"def {name}(") for name in functions))
    return set(re.findall(r"""(?:head\[|, head\[|[{,] ?)"(\w+)"[\]:]""", text))


def test_the_header_of_a_frame_has_the_same_keys_everywhere() -> None:
    wire = (ROOT / "nbviz/formats/wire.py").read_text("utf-8")
    python = set(re.findall(r'header\["(\w+)"\] =', wire))
    typescript = set(re.findall(r"header\.(\w+)", SOURCE["wire"]))
    assert python == typescript == keys_of("Frame") - {"number"}  # which comes before the header
    assert python <= {row[0] for row in documented("Frame")}


def test_the_head_of_a_splice_has_the_same_keys_everywhere() -> None:
    frame = keys_of("Frame")
    python = encoded_keys("encode", "_steps", "_scalar_parts", "_histogram_parts") - frame
    written = {row[0] for row in documented("Frame")} - {"bytes", "key"} - frame
    assert python == keys_of("Head") == {key for key in written if WORD.fullmatch(key)}


def test_messages_have_the_same_types_everywhere() -> None:
    sent_by_page = set(re.findall(r'send\(\{ type: "(\w+)"', "".join(SOURCE.values())))
    paths = ("channel.py", "crowd.py", "views/view.py")
    python = "".join((ROOT / "nbviz" / path).read_text("utf-8") for path in paths)
    sent_by_kernel = set(re.findall(r'"type": "(\w+)"', python))
    written = set(re.findall(r'"type": "(\w+)"', DOCS))
    assert sent_by_kernel == set(re.findall(r'message\?\.type === "(\w+)"', SOURCE["channel"] + SOURCE["views"]))
    assert set(re.findall(r'kind == "(\w+)"', python)) == sent_by_page
    assert written == sent_by_page | sent_by_kernel


def test_every_name_is_one_lower_case_word() -> None:
    names = own_traits(Channel) | own_traits(Crowd) | own_traits(View) | knobs() | keys_of("Frame") | keys_of("Head")
    names |= keys_of("ScalarColumns") | keys_of("HistogramColumns")
    assert [name for name in names if not WORD.fullmatch(name)] == []
