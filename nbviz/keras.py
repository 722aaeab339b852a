"""For Keras 3: `Capture`, a callback that logs a model's layers while it trains."""

from nbviz.capture.keras import Capture

__all__ = ["Capture"]
