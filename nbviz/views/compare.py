"""Compare: a layer of two runs, or at two steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import traitlets

from nbviz.run import Run
from nbviz.views.view import View
from nbviz.widget import of_page

AXES = ("auto", "linear", "symlog")


class _Steps(traitlets.TraitType):  # type: ignore[type-arg]  # traitlets 5.9 cannot be subscripted
    """The steps at which the two sides are held, None where a side goes with the cursor."""

    def validate(self, _obj: Any, value: Any) -> Any:
        if value is None or isinstance(value, int):
            value = (value, None)
        try:
            first, second = (None if step is None else int(step) for step in value)
        except (TypeError, ValueError, OverflowError):
            expected = "one step, or two of which either may be None"
            raise traitlets.TraitError(f"the steps of a comparison are {expected}, not {value!r:.200}") from None
        return [first, second]


class Compare(View):
    """One layer of two runs, or at two steps: over each other, their difference, and their distance over time.

    The distance is the Wasserstein-1 distance: how far values have to be moved on average to make one of the other.

    Parameters
    ----------
    a : Run
    b : Run, optional
        Without it ``a`` is compared with itself, at two steps.
    tag : str, optional
        The histogram to compare; by default the first that both have.
    steps : int, or pair of int or None, optional
        The steps at which the sides are held; a side without a step goes with the cursor. Of one run the first side is
        held at its first capture, unless it is told otherwise.
    **options
        ``axis``, and traits of the widget such as ``layout``.

    Attributes
    ----------
    tag : str
        Empty for the first histogram that both have.
    steps : list
        Of two steps, None for a side that goes with the cursor.
    axis : {"auto", "linear", "symlog"}

    Examples
    --------
    >>> nbviz.Compare(runs["baseline"], runs["dropout"], tag="gradients/fc1.weight")  # doctest: +SKIP
    >>> nbviz.Compare(run, tag="weights/fc1.weight", steps=1000)  # doctest: +SKIP
    """

    PANELS: ClassVar[tuple[str, ...]] = ("compare",)
    KNOBS: ClassVar[tuple[str, ...]] = ("tag", "steps", "axis")

    tag = of_page(traitlets.Unicode(""))
    steps = of_page(_Steps([None, None]))
    axis = of_page(traitlets.Enum(AXES, "auto"))

    def __init__(
        self,
        a: Run,
        b: Run | None = None,
        tag: str | None = None,
        steps: int | Sequence[int | None] | None = None,
        **options: Any,
    ) -> None:
        for run in (a,) if b is None else (a, b):
            if not isinstance(run, Run):
                raise TypeError(f"Compare() takes one Run or two, not a {type(run).__name__}.")
        super().__init__(a if b is None or b is a else _named(a, b), tag=tag or "", steps=steps, **options)


def _named(a: Run, b: Run) -> dict[str, Run]:
    if a.name != b.name:
        return {a.name: a, b.name: b}
    return {f"{a.name} (1)": a, f"{b.name} (2)": b}
