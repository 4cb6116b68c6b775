"""TensorFlow's draws, which leave no trace in any state as long as no seed is set.

Every operation of ``tf.random`` and ``tf.data`` asks ``get_seed`` of :data:`SEEDS` for its two seeds
(TensorFlow API, ``tf.random.set_seed``). With neither a global seed nor one of its own it gets none, and the
kernel takes the system's entropy. Nothing is imported here, and nothing computed.
"""

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from nbdebt.live.files.wrap import Wrapper
from nbdebt.live.monitoring import monitor

SEEDS = "tensorflow.python.framework.random_seed"
GENERATORS = "tensorflow.python.ops.stateful_random_ops"
_NEITHER = (None, None)


def arm_seeds(
    module: Any, wrapper: Wrapper, drawn: Callable[[], None], seeding: Callable[[bool], None]
) -> None:
    """Look out for operations that get no seed, and for the setting of the global one.

    Args:
        module: :data:`SEEDS`.
        wrapper: what replaces functions where nothing tells of calls.
        drawn: called when an operation gets no seed.
        seeding: called when the global seed is set, with whether it is one.
    """
    get_seed = _plain(vars(module).get("get_seed"))
    context: Any = sys.modules.get("tensorflow.python.eager.context")
    set_seed = vars(context).get("set_global_seed") if context is not None else None
    if monitor.active:
        if get_seed is not None:
            monitor.on_return(get_seed.__code__, lambda seeds, _frame: drawn() if seeds == _NEITHER else None)
        if isinstance(set_seed, types.FunctionType):
            monitor.on_entry(set_seed.__code__, lambda frame: seeding(frame.f_locals.get("seed") is not None))
        return
    if get_seed is not None:
        original = vars(module)["get_seed"]

        @functools.wraps(original)
        def watched(op_seed: object) -> object:
            seeds = original(op_seed)
            if seeds == _NEITHER:
                drawn()
            return seeds

        wrapper.replace(module, "get_seed", watched)
    if isinstance(set_seed, types.FunctionType):
        wrapper.wrap(
            context, "set_global_seed", ("seed",), False, lambda v: seeding(v.get("seed") is not None)
        )


def arm_generators(module: Any, wrapper: Wrapper, made: Callable[[types.FrameType], None]) -> None:
    """Look out for generators that take their state from the system.

    Args:
        module: :data:`GENERATORS`.
        wrapper: what replaces functions where nothing tells of calls.
        made: called with the frame that asks for entropy.
    """
    function = _plain(vars(module).get("non_deterministic_ints"))
    if function is None:
        return
    if monitor.active:
        monitor.on_entry(function.__code__, lambda frame: made(frame))
    else:
        name = "non_deterministic_ints"
        wrapper.wrap(module, name, (), False, lambda _: made(sys._getframe(2)))


def _plain(function: object) -> types.FunctionType | None:
    """A function without what TensorFlow's decorators put around it."""
    while isinstance(function, types.FunctionType) and "__wrapped__" in vars(function):
        function = vars(function)["__wrapped__"]
    return function if isinstance(function, types.FunctionType) else None
