"""The static picture of a view, for readers of a notebook where the widget itself does not live, and for papers."""

from nbviz.picture.named import named
from nbviz.picture.page import families, picture_html, picture_svg
from nbviz.picture.png import picture_png
from nbviz.picture.scene import Scene

__all__ = ["Scene", "families", "named", "picture_html", "picture_png", "picture_svg"]
