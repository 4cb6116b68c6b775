"""Runs an exported script in this process, and writes down what its names hold then.

``python -m nbdebt.live.replayed SCRIPT RESULT NAME...``: what verification starts. The script has the module
``__main__`` to itself, as if it had been started alone.
"""

import __future__

import ast
import os
import sys
from pathlib import Path
from types import ModuleType

import msgspec

from nbdebt.live.held import held


def main(script: str, result: str, names: list[str]) -> None:
    """Run the script, then write what the names hold.

    Args:
        script: its path.
        result: where to write, as MessagePack: name to ``Held``.
        names: names of its own; one that it doesn't have is left out.
    """
    text = Path(script).read_text(encoding="utf-8")
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    sys.argv = [script]
    sys.path[0] = os.getcwd()
    values = vars(module)
    flags = 0
    # Statement by statement, as IPython does it: what stands beside a function changes its bytecode.
    for node in ast.parse(text, script).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            flags |= sum(getattr(__future__, alias.name).compiler_flag for alias in node.names)
        exec(compile(ast.Module([node], []), script, "exec", flags, dont_inherit=True), values)
    sys.stdout.flush()
    found = {name: held(values[name]) for name in names if name in values}
    Path(result).write_bytes(msgspec.msgpack.encode(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
