"""Widget: what Channels and Views have in common. Nothing that a page sends is trusted."""

from __future__ import annotations

from typing import Any, TypeVar

import anywidget
import traitlets

LONGEST = 10_000
"""Characters of all texts, and number of all values, in what a page sets at once."""
DEEPEST = 8

Trait = TypeVar("Trait", bound="traitlets.TraitType[Any, Any]")


def is_bounded(value: Any) -> bool:
    """Whether looking at a value, and writing it into a message, costs little."""
    left, waiting = LONGEST, [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        left -= 1 + _size(each)
        if left < 0 or depth > DEEPEST:
            return False
        if isinstance(each, dict):
            waiting += [(inner, depth + 1) for pair in each.items() for inner in pair]
        elif isinstance(each, list):
            waiting += [(inner, depth + 1) for inner in each]
    return True


def _size(value: Any) -> int:
    if isinstance(value, int):  # JSON knows integers of any length, and writing one takes the square of its length
        return value.bit_length() // 8
    return len(value) if isinstance(value, (str, bytes, bytearray, memoryview, list, dict)) else 0


def sound(value: Any) -> Any:
    """The same with half surrogate pairs spelled out: no message could carry them."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, (list, tuple)):
        return [sound(each) for each in value]
    if isinstance(value, dict):
        return {sound(key): sound(each) for key, each in value.items()}
    return value


def of_page(trait: Trait) -> Trait:
    """A trait that a page sets; any other that is synced only the kernel does."""
    return trait.tag(sync=True, echo_update=False)


class Widget(anywidget.AnyWidget):
    """A widget of which a page sets what is its own, the traits made by `of_page`, and those only as they may be."""

    def set_state(self, sync_data: Any) -> None:
        """Take what a page set; what it may not set, and what a trait does not take, changes nothing."""
        if not isinstance(sync_data, dict):
            return
        own = self.trait_names(sync=True, echo_update=False)
        super().set_state(
            {name: value for name, value in sync_data.items() if name in own and self._takes(name, value)}
        )

    def _takes(self, name: str, value: Any) -> bool:
        """Stricter than traitlets, for which 0 is ``False``, ``True`` is 1 and NaN lies within any bounds."""
        trait = self.traits()[name]
        if not is_bounded(value) or value != value or (type(value) is bool) != isinstance(trait, traitlets.Bool):
            return False
        try:
            trait._validate(self, value)
        except (traitlets.TraitError, OverflowError):  # an integer that no float holds
            return False
        return True

    def get_state(self, *arguments: Any, **keywords: Any) -> Any:
        """The state as it travels."""
        return sound(super().get_state(*arguments, **keywords))
