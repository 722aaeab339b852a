"""Arrays that several JAX processes hold together: each counts a part, and the first of them adds the parts up.

They travel through the store of keys and values by which `jax.distributed` joins its processes, not by collectives: a
process that does not call us holds up the first one for some seconds, once, and no computation at all.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from nbviz.capture.layer import Capture
from nbviz.capture.parts import merge, pack
from nbviz.capture.samples import UnreadableError

PATIENCE = 5.0
"""Seconds that the first process waits for the parts of the others."""
KEPT = 64
"""Parts of a process that may lie in the store, where the first one does not ask for them."""

Tagged = Sequence[tuple[str, Any]]

_calls: dict[str, tuple[int | None, int]] = {}
_sent: deque[str] = deque()
_late: set[int] = set()


def is_shared(array: Any) -> bool:
    """Whether some of an array is in other processes, as JAX has them."""
    jax = sys.modules.get("jax")
    if jax is None or not isinstance(array, jax.Array) or isinstance(array, jax.core.Tracer):
        return False
    return not array.is_fully_addressable


@lru_cache(1024)
def owners(sharding: Any, shape: tuple[int, ...]) -> dict[str, int]:
    """Which process counts each part of an array, by the part's index: of those that have a copy the first."""
    found: dict[str, int] = {}
    for device, index in sharding.devices_indices_map(shape).items():
        at, process = str(index), int(device.process_index)
        found[at] = min(process, found.get(at, process))
    return found


def owners_of(array: Any) -> set[int]:
    """The processes that count parts of a shared array."""
    return set(owners(array.sharding, array.shape).values())


def own_pieces(array: Any) -> list[Any]:
    """The parts of a shared array that this process counts.

    Raises
    ------
    UnreadableError
        If the parts of others cannot be had.
    """
    whose, rank = owners(array.sharding, array.shape), process()
    if set(whose.values()) != {0} and store_of() is None:
        raise UnreadableError("is in several processes, which jax.distributed has not joined")
    parts = {str(shard.index): shard.data for shard in array.addressable_shards}
    return [part for index, part in parts.items() if whose[index] == rank]


class Meeting:
    """What processes that make the same call count of its arrays comes together in the first of them.

    Calls are the same if their arrays have the same names and shapes and they are of one step, or where nobody gives
    one if as many went before.
    """

    def __init__(self, arrays: Tagged, step: int | None = None) -> None:
        digest, counting = hashlib.sha256(), set[int]()
        for tag, array in arrays:
            digest.update(f"{tag} {array.shape}\n".encode())
            counting |= owners_of(array) if is_shared(array) else {0}
        self._rank, self._others = process(), sorted(counting - {0})
        name = digest.hexdigest()
        last, number = _calls.get(name, (step, -1))
        number = number + 1 if last == step else 0
        _calls[name] = step, number
        self._key = f"nbviz/{name}/{step}/{number}"

    def counts(self, array: Any) -> bool:
        """Whether this process is to count anything of an array."""
        return self._rank in owners_of(array) if is_shared(array) else not self._rank

    def bring(self, capture: Capture, notice: Callable[[str], None]) -> bool:
        """Send what this process counted or, in the first one, add what the others did: whether it is to be shown."""
        store = store_of()
        if self._rank in self._others and store is not None:
            _send(store, f"{self._key}/{self._rank}", pack(capture))
        until = time.monotonic() + PATIENCE
        for rank in self._others if not self._rank and store is not None else ():
            # Who was late once is not waited for again.
            part = _taken(store, f"{self._key}/{rank}", 0.0 if rank in _late else until - time.monotonic())
            if part is None:
                _late.add(rank)
                notice(f"Process {rank} has sent no part of a capture, which is shown without it.")
            else:
                _late.discard(rank)
                merge(capture, part)
        return not self._rank


def meeting(arrays: Tagged, step: int | None = None) -> Meeting | None:
    """Where processes meet, if any of these arrays is in several."""
    return Meeting(arrays, step) if any(is_shared(array) for _, array in arrays) else None


def process() -> int:
    """The number of this process."""
    jax = sys.modules.get("jax")
    return 0 if jax is None else int(jax.process_index())


def first_says(what: str, value: int) -> int:
    """The value that the first process gives something; this one's where nothing is heard of it."""
    store, key = store_of(), f"nbviz/{what}"
    if store is None:
        return value
    if not process():
        _send(store, key, str(value).encode())
        return value
    try:
        return int(store.blocking_key_value_get_bytes(key, round(1000 * PATIENCE)))
    except Exception:  # of a kind that differs between versions of JAX
        return value


def store_of() -> Any:
    """The store that the processes share; None where there is none."""
    try:
        from jax._src import distributed
    except ImportError:
        return None
    return getattr(distributed.global_state, "client", None)


def _send(store: Any, key: str, part: bytes) -> None:
    store.key_value_set_bytes(key, part, allow_overwrite=True)
    _sent.append(key)
    if len(_sent) > KEPT:
        store.key_value_delete(_sent.popleft())


def _taken(store: Any, key: str, patience: float) -> bytes | None:
    try:
        waits = round(1000 * patience)
        # A millisecond's patience may be over before what is there has come.
        part: bytes = (
            store.blocking_key_value_get_bytes(key, waits) if waits > 0 else store.key_value_try_get_bytes(key)
        )
        store.key_value_delete(key)
    except Exception:  # of a kind that differs between versions of JAX
        return None
    return part
