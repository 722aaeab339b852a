"""nbviz: Jupyter widgets for watching a model learn."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbviz.capture.trees import log_tree, sketch_tree
    from nbviz.capture.watch import watch
    from nbviz.export import export_html
    from nbviz.formats.sketch import Sketch
    from nbviz.notice import NbvizWarning
    from nbviz.run import Run
    from nbviz.series import Histogram, HistogramSeries, ItemSeries, ScalarSeries
    from nbviz.sources.events import follow, read
    from nbviz.views.compare import Compare
    from nbviz.views.distributions import Distributions
    from nbviz.views.inspector import Inspector
    from nbviz.views.layer_map import LayerMap
    from nbviz.views.live_loss import LiveLoss
    from nbviz.views.ridgeline import Ridgeline
    from nbviz.views.scrubber import Scrubber

__version__ = "0.1.0"

__all__ = [
    "Compare",
    "Distributions",
    "Histogram",
    "HistogramSeries",
    "Inspector",
    "ItemSeries",
    "LayerMap",
    "LiveLoss",
    "NbvizWarning",
    "Ridgeline",
    "Run",
    "ScalarSeries",
    "Scrubber",
    "Sketch",
    "export_html",
    "follow",
    "log_tree",
    "read",
    "sketch_tree",
    "watch",
]

# Imported at their first use: a process that reads a log has no need of widgets, which take longer than the reading.
_MODULES = {
    "Compare": "views.compare",
    "Distributions": "views.distributions",
    "Histogram": "series",
    "HistogramSeries": "series",
    "Inspector": "views.inspector",
    "ItemSeries": "series",
    "LayerMap": "views.layer_map",
    "LiveLoss": "views.live_loss",
    "NbvizWarning": "notice",
    "Ridgeline": "views.ridgeline",
    "Run": "run",
    "ScalarSeries": "series",
    "Scrubber": "views.scrubber",
    "Sketch": "formats.sketch",
    "export_html": "export",
    "follow": "sources.events",
    "log_tree": "capture.trees",
    "read": "sources.events",
    "sketch_tree": "capture.trees",
    "watch": "capture.watch",
}


def __getattr__(name: str) -> object:
    if name in ("bq", "keras"):  # modules that import bqplot or Keras: found by name, and in no list of names
        return import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
