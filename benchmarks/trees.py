"""Trees of notebooks as companies have them, grown from a few by mutation: for tests, and for benchmarks.

Each notebook is one of the originals with a cell changed, moved, removed or its counts renumbered, so that no
two are equal by chance; one of ten is a copy of another; one of a hundred can't be read, one isn't Python.
The same seed grows the same tree.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PER_DIRECTORY = 50


def grow(directory: Path, originals: Sequence[Path], count: int, seed: int = 0) -> list[Path]:
    """Grow a tree below a directory; the notebooks' paths.

    Args:
        directory: where it grows.
        originals: notebooks to mutate.
        count: how many notebooks there are to be.
        seed: of the mutations.
    """
    chance = random.Random(seed)
    documents = [path.read_bytes() for path in originals]
    grown: list[Path] = []
    for number in range(count):
        path = directory / f"team{number // _PER_DIRECTORY:03d}" / f"nb{number:06d}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = chance.random()
        if grown and kind < 0.1:
            path.write_bytes(chance.choice(grown).read_bytes())
        elif kind < 0.11:
            path.write_bytes(b'{"cells": [' + str(number).encode())
        else:
            document = json.loads(chance.choice(documents))
            mutate(document, chance, number)
            if kind > 0.99:
                document["metadata"] = {"kernelspec": {"language": "R", "name": "ir", "display_name": "R"}}
            path.write_text(json.dumps(document), encoding="utf-8")
        grown.append(path)
    return grown


def mutate(document: dict[str, Any], chance: random.Random, number: int) -> None:
    """Change a notebook, as given by ``json``, so that it becomes another one."""
    cells = document.get("cells") or []
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    change = chance.randrange(4)
    if code and change == 0:
        chance.choice(code)["execution_count"] = chance.randrange(1, 60)
    elif len(cells) > 2 and change == 1:
        cells.insert(chance.randrange(len(cells)), cells.pop(chance.randrange(len(cells))))
    elif len(cells) > 2 and change == 2:
        cells.pop(chance.randrange(len(cells)))
    if code:
        cell = code[0]
        text = "".join(cell["source"]) if isinstance(cell["source"], list) else cell["source"]
        cell["source"] = f"{text}\nnumber = {number}"
