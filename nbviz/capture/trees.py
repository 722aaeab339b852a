"""Trees of arrays, as JAX and Flax keep parameters and gradients in: sketched, and logged with what is derived."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, nan
from typing import Any
from weakref import WeakKeyDictionary

from nbviz.capture.arrays import count, layer_of
from nbviz.capture.choice import Chosen, Patterns, chooser
from nbviz.capture.layer import Capture, Change, Key, What
from nbviz.capture.processes import meeting
from nbviz.capture.samples import UnreadableError
from nbviz.capture.writer import Writer
from nbviz.formats.sketch import Sketch
from nbviz.notice import warn
from nbviz.run import Run

_pivots: WeakKeyDictionary[Run, dict[Key, float]] = WeakKeyDictionary()


def sketch_tree(
    tree: Any, what: What = "weights", *, include: Patterns = None, exclude: Patterns = None
) -> dict[str, Sketch]:
    """The sketches of a pytree's arrays, by tag.

    Parameters
    ----------
    tree : pytree
        Of JAX or numpy arrays: parameters of Flax, gradients, the state of an optimizer. Other leaves are left out.
    what : {"weights", "gradients", "activations"}
        The first component of the tags; the others are the keys on the way to the leaf: ``weights/fc1/kernel``.
    include, exclude : str or iterable of str, optional
        Regular expressions, found anywhere in the names, which are the tags without ``what``.

    Returns
    -------
    dict of str to Sketch
        Of every value; of arrays on other devices than the CPU of 16,384 values, evenly spaced. An array that cannot
        be read is left out with a warning. Where several processes share arrays all have to call this: the first gets
        the whole arrays, each of the others what it counted for that.

    Raises
    ------
    ValueError
        If a pattern is no regular expression.
    """
    named = list(named_arrays(tree, chooser("sketch_tree()", include, exclude)))
    capture = Capture(0, 0)
    together = meeting([(f"{what}/{name}", array) for name, array in named])
    for name, array in named:
        key = Key(what, name)
        try:
            if together is None or together.counts(array):
                capture.add(key, layer_of(array, None if what == "weights" else 0.0))
        except UnreadableError as error:
            warn(f"sketch_tree() leaves out {key.tag}: it {error}.")
        except Exception as error:
            warn(f"sketch_tree() leaves out {key.tag}: it could not be read ({type(error).__name__}: {error}).")
    if together is not None:
        together.bring(capture, warn)
    return {key.tag: layer.sketch for key, layer in capture.layers.items()}


def log_tree(
    run: Any,
    weights: Any = None,
    gradients: Any = None,
    activations: Any = None,
    updates: Any = None,
    step: int | None = None,
    *,
    include: Patterns = None,
    exclude: Patterns = None,
) -> None:
    """Log pytrees of arrays as `nbviz.watch` logs a torch model: histograms, and the scalars derived from them.

    Whatever goes wrong is reported once, and training goes on. Where several processes share arrays all have to call
    this: the first logs the whole arrays, the others nothing.

    Parameters
    ----------
    run : Run or LiveLoss
    weights, gradients, activations : pytree, optional
        Of JAX or numpy arrays; weights and gradients of the same structure have the same names.
    updates : pytree, optional
        What the step adds to the weights, as optax gives it: only ``updates/ratio`` is logged of it.
    step : int, optional
        By default the latest step that was logged.
    include, exclude : str or iterable of str, optional
        Regular expressions, found anywhere in the names.

    Raises
    ------
    TypeError, ValueError
        If ``run`` is none, or a pattern is no regular expression.
    """
    run = getattr(run, "run", run)
    if not isinstance(run, Run):
        raise TypeError(f"log_tree() logs to a Run or a LiveLoss, not to a {type(run).__name__}.")
    chosen = chooser("log_tree()", include, exclude)
    try:
        _log(run, {"weights": weights, "gradients": gradients, "activations": activations}, updates, step, chosen)
    except Exception as error:
        sentence = f"log_tree() could not log a tree ({type(error).__name__}: {error}); training goes on without it."
        run.problems.report(sentence, ("log_tree", type(error)))


def _log(run: Run, trees: dict[What, Any], updates: Any, step: int | None, chosen: Chosen) -> None:
    writer, pivots = Writer(run), _pivots.setdefault(run, {})
    at = run.last_step if step is None else int(step)
    capture = Capture(at, at)
    found = [(Key(what, name), array) for what, tree in trees.items() for name, array in named_arrays(tree, chosen)]
    moves = list(named_arrays(updates, chosen))
    tagged = [*((key.tag, array) for key, array in found), *((f"updates/{name}", array) for name, array in moves)]
    together = meeting(tagged, step)
    for key, array in found:
        if together is None or together.counts(array):
            count(capture, key, array, pivots, writer)
    weights = {key.name for key, _ in found if key.what == "weights"}
    for name, array in moves:
        if name in weights and (together is None or together.counts(array)):
            capture.changes[name] = _moved(array)
    if (together is None or together.bring(capture, writer.notice)) and capture.layers:
        _relate(capture)
        writer.write(capture, every=1)
    writer.report_missing()


def _moved(update: Any) -> Change:
    """How far a step moves weights; of how many is said once all parts are there."""
    try:
        return Change(layer_of(update, 0.0).norm ** 2, 0.0)
    except UnreadableError:
        return Change(nan, 0.0)


def _relate(capture: Capture) -> None:
    """Moves as shares of the weights, where both are known."""
    moves, capture.changes = capture.changes, {}
    for name, (moved, _) in moves.items():
        weights = capture.layers.get(Key("weights", name))
        if weights is not None and isfinite(moved):
            capture.changes[name] = Change(moved, weights.norm**2)


def named_arrays(tree: Any, chosen: Chosen) -> Iterator[tuple[str, Any]]:
    """The arrays among the leaves of a pytree, by the keys on the way to them."""
    import jax

    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        name = _name(path)
        numeric = hasattr(leaf, "shape") and hasattr(leaf, "dtype")
        if numeric and chosen(name) and not jax.numpy.issubdtype(leaf.dtype, jax.dtypes.extended):
            yield name, leaf


def _name(path: tuple[Any, ...]) -> str:
    """Keys with slashes, as Flax joins them; the boxes that it puts arrays in (``.value``) are no part of a name."""
    keys = [getattr(key, "key", getattr(key, "name", getattr(key, "idx", key))) for key in path]
    if len(path) > 1 and getattr(path[-1], "name", None) == "value":
        keys.pop()
    return "/".join(map(str, keys)) or "array"
