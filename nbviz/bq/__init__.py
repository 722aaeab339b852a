"""Runs as bqplot marks and figures, which can be put together with any others: the notebook's own plotting widgets.

Imported only where it is used, as bqplot brings pandas.
"""

from nbviz.bq.figures import figure
from nbviz.bq.hparams import parallel, scatter, view
from nbviz.bq.marks import histogram, line
from nbviz.bq.matrix import confusion

__all__ = ["confusion", "figure", "histogram", "line", "parallel", "scatter", "view"]
