"""TensorFlow's draws, which leave no trace in any state as long as no seed is set.

Every operation of ``tf.random`` and ``tf.data`` asks TensorFlow's ``random_seed.get_seed`` for its two seeds
(TensorFlow API, ``tf.random.set_seed``). With neither a global seed nor one of its own it gets none, and the
kernel takes the system's entropy. Nothing is imported here, and nothing computed.
"""

import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from nbdebt.live.files.wrap import Wrapper
from nbdebt.live.monitoring import monitor

_CONTEXT = "tensorflow.python.eager.context"
_SEEDS = "tensorflow.python.framework.random_seed"
GENERATORS = "tensorflow.python.ops.stateful_random_ops"
_NEITHER = (None, None)


def arm(
    wrapper: Wrapper,
    drawn: Callable[[], None],
    seeding: Callable[[bool], None],
    made: Callable[[types.FrameType], None],
) -> None:
    """Look out, once TensorFlow is loaded, for operations that get no seed, and for seeding.

    Args:
        wrapper: what replaces functions where nothing tells of calls.
        drawn: called when an operation gets no seed.
        seeding: called when the global seed is set, with whether it is one.
        made: called, with the frame that asks for entropy, when a generator takes its state from the system.
    """
    context, seeds, generators = (_names(module) for module in (_CONTEXT, _SEEDS, GENERATORS))
    get_seed, set_seed = _plain(seeds.get("get_seed")), _plain(context.get("set_global_seed"))
    entropy = _plain(generators.get("non_deterministic_ints"))
    if monitor.active:
        if get_seed is not None:
            monitor.on_return(get_seed.__code__, lambda found, _: drawn() if found == _NEITHER else None)
        if set_seed is not None:
            monitor.on_entry(set_seed.__code__, lambda frame: seeding(frame.f_locals["seed"] is not None))
        if entropy is not None:
            monitor.on_entry(entropy.__code__, made)
        return
    if get_seed is not None:
        original = seeds["get_seed"]

        @functools.wraps(original)
        def watched(op_seed: object) -> object:
            found = original(op_seed)
            if found == _NEITHER:
                drawn()
            return found

        wrapper.replace(sys.modules[_SEEDS], "get_seed", watched)
    if set_seed is not None:
        told = ("seed",)
        wrapper.wrap(
            sys.modules[_CONTEXT], "set_global_seed", told, False, lambda v: seeding(v["seed"] is not None)
        )
    if entropy is not None:
        module = sys.modules[GENERATORS]
        wrapper.wrap(module, "non_deterministic_ints", (), False, lambda _: made(sys._getframe(2)))


def _names(module: str) -> Mapping[str, Any]:
    return vars(sys.modules[module]) if module in sys.modules else {}


def _plain(function: object) -> types.FunctionType | None:
    """A function without what TensorFlow's decorators put around it."""
    while isinstance(function, types.FunctionType) and "__wrapped__" in vars(function):
        function = vars(function)["__wrapped__"]
    return function if isinstance(function, types.FunctionType) else None
