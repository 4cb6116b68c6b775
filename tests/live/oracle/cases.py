"""Sessions with their truth: made once for a split and a seed, then read from a file.

Truth is what takes time; it depends on nothing of ``nbdebt``. So it is kept in ``corpus/oracle/live`` (which
git ignores), in a file whose name tells which version of this oracle made it.
"""

import hashlib
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.oracle.document import Document, Op, Run
from benchmarks.oracle.generate import Split, describe
from benchmarks.oracle.truth import remaining
from tests.live.oracle.notebooks import DATA, HERE, Notebook, notebooks
from tests.live.oracle.play import Player, Request, Said, Watched
from tests.live.oracle.sessions import choose, planned
from tests.live.oracle.truth import Truth, compare

CACHE = HERE.parents[2] / "corpus" / "oracle" / "live"
SEEDS: dict[Split, int] = {"tune": 1, "held-out": 2}


class Case(msgspec.Struct):
    """A session: the notebook before it, what is done, the document and the counts it left, and the truth."""

    number: int
    family: str
    kind: str
    document: Document
    ops: list[Op]
    entropy: int
    left: Document
    truth: Truth

    @property
    def steps(self) -> str:
        """What was done, in a line."""
        return "; ".join(describe(op) for op in self.ops)

    @property
    def ran(self) -> list[str]:
        """The ids of the cells that ran and are still there, in document order."""
        return [cell.id for cell in self.left.code if cell.count is not None]


class Oracle:
    """Plays sessions and says what is true of them. Use it as a context manager.

    Args:
        folder: a scratch directory of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        # After a real restart sets of strings come out in another order: so the second has another hash seed.
        self._players = [self._open.enter_context(Player(seed)) for seed in (1, 2)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def truth(self, document: Document, ops: list[Op], entropy: int = 0) -> tuple[Watched, Truth]:
        """Play a session, restart what it left twice, and compare.

        A restart finds the files that the session left.

        Raises:
            RuntimeError: a process died or took too long.
        """
        session = self._players[0].watch(self._request(document, ops, entropy))
        kept = self._folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self._folder / "project", kept)
        fresh = remaining(session.document)
        steps: list[Op] = [Run(cell.id) for cell in fresh.cells]
        restarts = [
            player.watch(self._request(fresh, steps, entropy + 10 + place, kept))
            for place, player in enumerate(self._players)
        ]
        return session, compare(session, restarts)

    def said(self, document: Document, ops: list[Op], judge: str, entropy: int = 0) -> Said:
        """Play a session with a tracker loaded and return its verdict; one that dies has failed."""
        request = self._request(document, ops, entropy)
        request.judge = judge
        try:
            return self._players[0].judge(request)
        except RuntimeError as error:
            return Said(None, failure=str(error))

    def _request(self, document: Document, ops: list[Op], entropy: int, data: Path = DATA) -> Request:
        return Request(document, ops, str(self._folder / "project"), str(data), entropy)


def make(number: int, split: Split, seed: int, oracle: Oracle) -> Case:
    """Make one session of a split, with its truth; the same for the same arguments.

    Raises:
        RuntimeError: it does not end.
    """
    rng = random.Random(f"live:{split}:{seed}:{number}")
    notebook: Notebook = rng.choice(notebooks(split))
    kind = choose(rng)
    plan = planned(notebook.document, kind, rng)
    entropy = rng.getrandbits(48)
    session, truth = oracle.truth(notebook.document, plan.ops, entropy)
    left = session.document
    for cell in left.cells:
        cell.outputs = []
    return Case(number, notebook.family, kind, notebook.document, plan.ops, entropy, left, truth)


def cases(split: Split, sessions: int, oracle: Oracle, seed: int | None = None) -> Iterator[Case]:
    """Yield the first sessions of a split, from the file where they are there; one that does not end is left
    out."""
    seed = SEEDS[split] if seed is None else seed
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{split}-{seed}-{_version()}.jsonl"
    known: dict[int, Case | None] = {}
    if path.exists():
        for line in path.read_bytes().splitlines():
            number, case = msgspec.json.decode(line, type=tuple[int, Case | None])
            known[number] = case
    with path.open("ab") as file:
        for number in range(sessions):
            if number not in known:
                try:
                    known[number] = make(number, split, seed, oracle)
                except RuntimeError as error:
                    known[number] = None
                    print(f"session {number} left out: {error}", file=sys.stderr)
                file.write(msgspec.json.encode((number, known[number])) + b"\n")
                file.flush()
            if case := known[number]:
                yield case


def _version() -> str:
    """A digest of all that makes sessions and truth."""
    whole = hashlib.blake2b(digest_size=5)
    here = ["notebooks.py", "sessions.py", "truth.py", "shell.py", "cases.py"]
    whole.update(repr(sys.version_info[:2]).encode())
    for path in [
        *(HERE / name for name in here),
        *sorted((HERE / "notebooks").glob("*.txt")),
        *sorted(p for p in DATA.parent.rglob("*.py") if p.name not in ("score.py", "baselines.py")),
    ]:
        whole.update(path.read_bytes())
    return whole.hexdigest()
