"""What fingerprints cost: milliseconds of CPU for typical values, beside plain xxh3 over as many bytes.

Run with ``python benchmarks/live_fingerprints.py``; libraries that aren't installed are left out.
"""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.live.fingerprints import Fingerprinter


class Point:
    """An instance of a class of the user's."""

    def __init__(self, x: int) -> None:
        self.x = x
        self.y = [x]


def values() -> dict[str, Any]:
    """Typical values by name."""
    count = 10**6
    found: dict[str, Any] = {
        "int": 5,
        "text": "a text",
        "small list": [1, 2, 3],
        "small dict": {"a": 1, "b": "x", "c": 0.5},
        "function": lambda x: x + 1,
        "instance": Point(1),
        "class": Point,
        "1e6 ints": list(range(count)),
        "1e6 floats": [i / 3 for i in range(count)],
        "1e6 texts": [f"name {i}" for i in range(count)],
        "1e5 ints in a set": set(range(count // 10)),
        "dict of 1e5 lists": {i: [i] for i in range(count // 10)},
        "5e4 records": [{"id": i, "name": str(i)} for i in range(count // 20)],
        "1e4 instances": [Point(i) for i in range(count // 100)],
        "1e5 objects": [object() for _ in range(count // 10)],
    }
    if find_spec("numpy"):
        import numpy as np

        found["56 MB array"] = np.random.rand(7, count)
        found["56 MB crosswise array"] = np.random.rand(count, 7).T
        found["8 GB array"] = np.zeros(10**9)
    if find_spec("pandas"):
        import numpy as np
        import pandas as pd

        found["56 MB frame"] = pd.DataFrame({f"c{i}": np.random.rand(count) for i in range(7)})
        found["56 MB frame of one block"] = pd.DataFrame(np.random.rand(count, 7))
        found["small frame"] = pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})
        found["1e6 texts in a series"] = pd.Series([f"name {i}" for i in range(count)])
    if find_spec("polars"):
        import polars as pl

        found["polars, 1e6 rows"] = pl.DataFrame({"a": range(count), "s": [str(i) for i in range(count)]})
    if find_spec("matplotlib"):
        from matplotlib.figure import Figure

        found["figure"] = Figure()
    return found


def best(action: Callable[[], object]) -> float:
    """The least CPU time of several, in milliseconds."""
    least = float("inf")
    for _ in range(5):
        start = time.process_time()
        repeats = 0
        while repeats == 0 or time.process_time() - start < 0.02:
            action()
            repeats += 1
        least = min(least, (time.process_time() - start) / repeats * 1e3)
    return least


def main() -> None:
    """Print the table."""
    take = Fingerprinter().take
    memory = bytes(64 * 2**20)
    print(f"xxh3 over 64 MiB: {best(lambda: xxh3_128_digest(memory)):.1f} ms\n")
    print(f"{'value':28}{'CPU ms':>10}  {'MB read':>8}  exactness")
    for name, value in values().items():
        found = take(value)
        spent = best(lambda value=value: take(value))  # type: ignore[misc]
        print(f"{name:28}{spent:10.4f}  {found.size / 1e6:8.1f}  {found.exactness} {found.why}")


if __name__ == "__main__":
    main()
