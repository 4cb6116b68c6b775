"""Runs an exported script in this process, and writes down what its names hold then.

``python -m nbdebt.live.replayed [--summaries] SCRIPT RESULT NAME...``: what verification starts. The script
has the module ``__main__`` to itself, as if it had been started alone. Where it is divided into functions,
their names come as ``NAME()``, and what they hold when they return counts as the script's.
"""

import __future__

import ast
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import msgspec

from nbdebt.live.held import held
from nbdebt.live.monitoring import monitor


class Locals:
    """What functions hold when they return.

    Args:
        names: names of functions, in the order in which they run; what an earlier one holds too counts as
            the later one left it, but for the last, which calls the others.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.held: dict[str, dict[str, Any]] = {}

    def watch(self, values: dict[str, Any]) -> None:
        """Look out for the functions' ends."""
        codes: dict[CodeType, str] = {}
        for name in self.names:
            function = values.get(name)
            if type(function) is FunctionType:
                codes[function.__code__] = name
        if not codes:
            return
        if monitor.start():
            for code in codes:
                monitor.on_return(code, lambda _, frame: self._returned(codes, frame))
        else:
            # Python 3.11 tells of all calls, or of none.
            def profile(frame: FrameType, event: str, _: object) -> None:
                if event == "return":
                    self._returned(codes, frame)

            sys.setprofile(profile)

    def _returned(self, codes: dict[CodeType, str], frame: FrameType) -> None:
        name = codes.get(frame.f_code)
        if name is not None:
            self.held[name] = dict(frame.f_locals)

    def values(self) -> dict[str, Any]:
        """What they held, by name."""
        found: dict[str, Any] = {}
        for name in [*self.names[-1:], *self.names[:-1]]:
            found |= self.held.get(name, {})
        return found


def main(script: str, result: str, names: list[str], summarised: bool = False) -> None:
    """Run the script, then write what the names hold.

    Args:
        script: its path.
        result: where to write, as MessagePack: name to ``Held``.
        names: names of its own, one that it doesn't have is left out; and of its functions, with ``()``.
        summarised: with summaries.
    """
    text = Path(script).read_text(encoding="utf-8")
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    sys.argv = [script]
    sys.path[0] = os.getcwd()
    values = vars(module)
    inside = Locals([name.removesuffix("()") for name in names if name.endswith("()")])
    flags = 0
    # Statement by statement, as IPython does it: what stands beside a function changes its bytecode.
    for node in ast.parse(text, script).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in node.names)
        if isinstance(node, ast.If) and inside.names:
            inside.watch(values)
        try:
            exec(compile(ast.Module([node], []), script, "exec", flags, dont_inherit=True), values)
        except SystemExit as end:
            # So ends a program that reads its flags with click.
            if end.code not in (None, 0):
                raise
            break
    sys.stdout.flush()
    every = {**inside.values(), **values}
    tell(every, result, names, summarised)


def tell(values: Mapping[str, Any], result: str, names: Sequence[str], summarised: bool = False) -> None:
    """Write down what names hold.

    Args:
        values: all names.
        result: where to write, as MessagePack: name to ``Held``.
        names: those that are asked for; one that isn't there is left out.
        summarised: with summaries.
    """
    found = {name: held(values[name], summarised) for name in names if name in values}
    Path(result).write_bytes(msgspec.msgpack.encode(found))


if __name__ == "__main__":
    wanted = sys.argv[1:]
    asked = wanted[0] == "--summaries"
    main(wanted[asked], wanted[asked + 1], wanted[asked + 2 :], asked)
