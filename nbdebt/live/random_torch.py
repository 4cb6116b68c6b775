"""When torch's global generator is seeded, or given a state. Nothing is imported here, and nothing drawn."""

import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from nbdebt.live.files.wrap import Wrapper
from nbdebt.live.monitoring import monitor


def arm(
    wrapper: Wrapper,
    seeding: Callable[[bool], None],
    setting: Callable[[Mapping[str, object]], None],
) -> None:
    """Look out for the functions of ``torch.random`` that seed, once torch is loaded.

    Args:
        wrapper: what replaces functions where nothing tells of calls.
        seeding: called when the generator is seeded, with whether the seed is a number that someone gave.
        setting: called with the arguments when it is given a state.
    """
    module: Any = sys.modules.get("torch.random")
    if module is None:
        return
    for name, determined in (("manual_seed", True), ("seed", False)):
        function = vars(module).get(name)
        while isinstance(function, types.FunctionType) and "__wrapped__" in vars(function):
            function = vars(function)["__wrapped__"]
        told = functools.partial(_told, seeding, determined)
        if not monitor.active:
            wrapper.wrap(module, name, (), False, told)
        elif isinstance(function, types.FunctionType):
            monitor.on_entry(function.__code__, told)
    function = vars(module).get("set_rng_state")
    if not monitor.active:
        wrapper.wrap(module, "set_rng_state", ("new_state",), False, setting)
    elif isinstance(function, types.FunctionType):
        monitor.on_entry(function.__code__, lambda frame: setting(frame.f_locals))


def _told(seeding: Callable[[bool], None], determined: bool, _of: object) -> None:
    seeding(determined)
