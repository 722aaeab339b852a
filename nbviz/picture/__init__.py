"""The static picture of a view, for readers of a notebook where the widget itself does not live."""

from nbviz.picture.page import picture_html, picture_svg

__all__ = ["picture_html", "picture_svg"]
