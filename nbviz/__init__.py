"""nbviz: Jupyter widgets for watching a model learn."""

from nbviz.export import export_html
from nbviz.notice import NbvizWarning
from nbviz.run import Run
from nbviz.series import Histogram, HistogramSeries, ItemSeries, ScalarSeries
from nbviz.sources.events import follow, read
from nbviz.views.inspector import Inspector
from nbviz.views.live_loss import LiveLoss
from nbviz.views.ridgeline import Ridgeline
from nbviz.views.scrubber import Scrubber

__version__ = "0.1.0"

__all__ = [
    "Histogram",
    "HistogramSeries",
    "Inspector",
    "ItemSeries",
    "LiveLoss",
    "NbvizWarning",
    "Ridgeline",
    "Run",
    "ScalarSeries",
    "Scrubber",
    "export_html",
    "follow",
    "read",
]
