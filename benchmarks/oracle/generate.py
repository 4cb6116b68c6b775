"""Makes sessions with known truth: ``python -m benchmarks.oracle.generate --sessions N --split tune --out
DIR``.

Writes one .ipynb a session, the data files that the notebooks read, and ``truth.json``. The same seed gives
the same files.
"""

import argparse
import hashlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.oracle.document import Document, Edit, Op, Run, RunAll, read_percent, to_ipynb
from benchmarks.oracle.kernel import Kernel, Played, Request
from benchmarks.oracle.sessions import Plan, choose, planned
from benchmarks.oracle.truth import Comparison, Truth, compare, remaining

HERE = Path(__file__).parent
Split = Literal["tune", "held-out"]


def split_of(name: str) -> Split:
    """The part a seed notebook belongs to: a third is held out, by its name and for good."""
    return "held-out" if hashlib.sha256(f"held-out:{name}".encode()).digest()[0] % 3 == 0 else "tune"


def seeds(split: Split | None = None) -> list[Document]:
    """Read the seed notebooks of a part, or all of them."""
    paths = sorted((HERE / "notebooks").glob("*.py"))
    return [read_percent(path) for path in paths if split in (None, split_of(path.stem))]


class Oracle:
    """Plays sessions and says what is true of them.

    Args:
        folder: a scratch directory of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "project"
        # Sets of strings come out in another order after a real restart: the second one has another hash
        # seed.
        self._kernels = Kernel(1), Kernel(2)

    def close(self) -> None:
        """End the servers."""
        for kernel in self._kernels:
            kernel.__exit__(None, None, None)

    def play(self, document: Document, ops: list[Op], entropy: int, kernel: int = 0) -> Played:
        """Play steps on a document; ``RuntimeError`` if they do not end."""
        request = Request(document, ops, str(self._folder), str(HERE / "data"), entropy)
        return self._kernels[kernel].play(request)

    def judge(self, document: Document, ops: list[Op], entropy: int = 0) -> tuple[Played, Comparison]:
        """Play a session, restart what it left twice, and compare."""
        session = self.play(document, ops, entropy)
        left = remaining(session.document)
        again = [self.play(left, [RunAll()], entropy + 10 + kernel, kernel) for kernel in (0, 1)]
        return session, compare(session, again)

    def reason(self, document: Document, plan: Plan, kind: str, found: Comparison, entropy: int) -> str:
        """Return what made a session irreproducible: chance, its kind, or the first part that did it."""
        if found.reproduces:
            return "none"
        if found.random:
            return "random"
        for part, end in plan.parts[:-1]:
            if not self.judge(document, plan.ops[:end], entropy)[1].reproduces:
                return part
        return plan.parts[-1][0] if plan.parts else kind


def describe(op: Op) -> str:
    """Return a step in a line."""
    match op:
        case Run(cell):
            return f"run {cell}"
        case RunAll():
            return "run all"
        case Edit(cell, _, how):
            return f"edit {cell}: {how}"
    return " ".join([type(op).__name__.lower(), *(str(getattr(op, f)) for f in op.__struct_fields__[:2])])


def generate(
    sessions: int, seed: int, documents: list[Document], oracle: Oracle
) -> Iterator[tuple[Truth, Played]]:
    """Yield sessions with their truth, notebooks in turn; one that does not end is left out."""
    for number in range(sessions):
        rng = random.Random(f"{seed}:{number}")
        document = documents[number % len(documents)]
        kind = choose(rng)
        plan = planned(document, kind, rng)
        entropy = rng.getrandbits(48)
        try:
            session, found = oracle.judge(document, plan.ops, entropy)
            reason = oracle.reason(document, plan, kind, found, entropy)
        except RuntimeError as error:
            print(f"session {number} ({document.name}, {kind}) left out: {error}", file=sys.stderr)
            continue
        why = (["values"] if found.names else []) + [f"error: {name}" for name in found.errors]
        truth = Truth(
            file=f"s{number:04d}-{document.name}.ipynb",
            notebook=document.name,
            kind=kind,
            reproduces=found.reproduces,
            outputs_equal=all(found.cells.values()),
            names=found.names,
            cells=found.cells,
            reason=reason,
            why=why,
            ops=[describe(op) for op in plan.ops],
        )
        yield truth, session


def main(arguments: list[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oracle.generate", description=__doc__)
    parser.add_argument("--sessions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=["tune", "held-out"], default="tune")
    parser.add_argument("--out", type=Path, default=None, help="default: corpus/oracle/SPLIT")
    options = parser.parse_args(arguments)
    out: Path = options.out or HERE.parents[1] / "corpus" / "oracle" / options.split
    if out.exists() and any(out.iterdir()) and not (out / "truth.json").exists():
        parser.error(f"{out} holds something else than generated sessions")
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(HERE / "data", out)
    truths = []
    with tempfile.TemporaryDirectory() as scratch:
        oracle = Oracle(Path(scratch))
        try:
            for truth, session in generate(options.sessions, options.seed, seeds(options.split), oracle):
                (out / truth.file).write_text(to_ipynb(session.document), encoding="utf-8")
                truths.append(truth)
        finally:
            oracle.close()
    (out / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(truths), indent=1))
    print(f"{len(truths)} sessions of {len({t.notebook for t in truths})} notebooks in {out}")
    counts = Counter((t.kind, t.reproduces) for t in truths)
    for kind in sorted({t.kind for t in truths}):
        print(f"  {kind:16} {counts[kind, True]:4} reproduce {counts[kind, False]:4} do not")


if __name__ == "__main__":
    main()
