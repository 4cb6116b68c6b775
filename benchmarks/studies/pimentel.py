"""The execution-order tables of Pimentel et al., computed on any corpus and printed beside theirs.

    python -m benchmarks.studies.pimentel [DIRECTORY ...] [--write docs/studies.md]

Definitions and published numbers: J. F. Pimentel, L. Murta, V. Braganholo, J. Freire, *Understanding and
improving the quality and reproducibility of Jupyter notebooks*, Empirical Software Engineering 26, 2021, the
extended version of *A large-scale study about quality and reproducibility of Jupyter notebooks*, MSR 2019;
where the text leaves a definition open, what the code published with it does. Nothing is executed.
"""

import argparse
import ast
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import xxhash

from nbdebt.analyse import understand
from nbdebt.flow.reader import parse
from nbdebt.model.errors import NotebookError
from nbdebt.model.notebook import Cell, Notebook
from nbdebt.read import read_notebook

# Modules whose import says that a notebook tests something.
_TESTING = frozenset(("unittest", "pytest", "nose", "doctest", "ipytest", "testbook", "hypothesis"))
_PYTHON = frozenset(("python", "python3", "ipython", "sage", ""))
_HEAD, _FOOT = "<!-- measured -->\n", "<!-- /measured -->"


class Counts(msgspec.Struct, frozen=True):
    """What the execution counts of one notebook say, in the classes of the paper.

    Args:
        is_executed: a code cell has a count.
        is_unambiguous: and no two have the same.
        has_unrun: a code cell with code has none.
        is_unordered: the counts don't rise from top to bottom.
        skips: there are gaps among the counts, from 0 on.
        skips_within: there are gaps after the first count.
    """

    is_executed: bool
    is_unambiguous: bool
    has_unrun: bool
    is_unordered: bool
    skips: bool
    skips_within: bool


class Study(NamedTuple):
    """A corpus: how many notebooks of what kind, what counts say, what is imported, nbdebt's verdicts."""

    found: int
    unreadable: int
    other_languages: int
    copies: int
    counts: list[Counts]
    imports: Counter[str]
    importing: int
    testing: int
    verdicts: dict[bool, Counter[bool | None]]


def classify(cells: Iterable[Cell]) -> Counts:
    """The classes of a notebook, by its code cells that hold code."""
    code = [cell for cell in cells if cell.kind == "code" and cell.source.strip()]
    shown = [cell.execution_count for cell in code if cell.execution_count is not None]
    ranked = sorted(shown)
    within = any(after - before > 1 for before, after in itertools.pairwise(ranked))
    return Counts(
        bool(shown),
        bool(shown) and len(set(shown)) == len(shown),
        len(shown) < len(code),
        shown != ranked,
        within or (bool(ranked) and ranked[0] > 1),
        within,
    )


def imported(cells: Iterable[Cell]) -> set[str]:
    """The modules that a notebook imports, by their first name; ``.`` for relative ones."""
    found: set[str] = set()
    for cell in cells:
        tree = parse(cell.index, cell.source).tree if cell.kind == "code" else None
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0] if not node.level else ".")
    return found


def study(paths: Iterable[Path]) -> Study:
    """Read a corpus."""
    found = unreadable = other = copies = importing = testing = 0
    counts: list[Counts] = []
    imports: Counter[str] = Counter()
    verdicts: dict[bool, Counter[bool | None]] = {True: Counter(), False: Counter()}
    seen: set[int] = set()
    for path in paths:
        found += 1
        try:
            notebook = read_notebook(path.read_bytes(), str(path))
        except (NotebookError, OSError):
            unreadable += 1
            continue
        if notebook.language not in _PYTHON:
            other += 1
            continue
        identity = _identity(notebook)
        if identity in seen:
            copies += 1
            continue
        seen.add(identity)
        said = classify(notebook.cells)
        counts.append(said)
        modules = imported(notebook.cells)
        imports.update(modules)
        importing += bool(modules)
        testing += not _TESTING.isdisjoint(modules)
        if said.is_unambiguous:
            try:
                verdict = understand(notebook).replay.verdict(notebook)
            except NotebookError:
                continue
            verdicts[said.is_unordered][verdict.reproduces] += 1
    return Study(found, unreadable, other, copies, counts, imports, importing, testing, verdicts)


def _identity(notebook: Notebook) -> int:
    """Equal for notebooks with the same code, as the paper tells copies apart."""
    return xxhash.xxh3_64_intdigest(
        "\0".join(c.source for c in notebook.cells if c.kind == "code").encode("utf-8", "replace")
    )


def tables(done: Study) -> Iterator[str]:
    """Markdown."""
    all_of = done.counts
    executed = [c for c in all_of if c.is_executed]
    clear = [c for c in executed if c.is_unambiguous]
    yield (
        f"{done.found} notebooks: {done.unreadable} unreadable, {done.other_languages} not Python, "
        f"{done.copies} copies; {len(all_of)} remain."
    )
    yield ""
    yield "| | of | here | | Pimentel et al. 2021 |"
    yield "| --- | --- | ---: | ---: | ---: |"
    rows = (
        ("executed: a cell has a count", "all", all_of, "is_executed", "91.03 %"),
        ("unambiguous: no count twice", "executed", executed, "is_unambiguous", "86.07 %"),
        ("cells that were not run", "executed", executed, "has_unrun", "21.11 %"),
        ("unordered: counts fall", "unambiguous", clear, "is_unordered", "36.45 %"),
        ("skips: gaps in the counts", "unambiguous", clear, "skips", "76.88 %"),
        ("skips after the first count", "unambiguous", clear, "skips_within", "66.15 %"),
    )
    for title, of, among, field, published in rows:
        number = sum(getattr(c, field) for c in among)
        yield f"| {title} | {of} | {number} | {_share(number, len(among))} | {published} |"
    yield ""
    yield "What *Restart & Run All* would give, as nbdebt says it of the unambiguous ones:"
    yield ""
    yield "| | the same | other results | can't be known |"
    yield "| --- | ---: | ---: | ---: |"
    for is_unordered, title in (
        (False, "counts rise"),
        (True, "counts fall: the paper's candidates for hidden state"),
    ):
        said = done.verdicts[is_unordered]
        yield f"| {title} | {said[True]} | {said[False]} | {said[None]} |"
    yield ""
    total = len(all_of)
    yield (
        f"Imports: {_share(done.importing, total)} of notebooks import something, "
        f"{_share(done.testing, total)} something to test with."
    )
    yield ""
    yield "| imported module | notebooks | |"
    yield "| --- | ---: | ---: |"
    for module, number in done.imports.most_common(10):
        yield f"| `{module}` | {number} | {_share(number, total)} |"


def _share(number: int, total: int) -> str:
    return f"{100 * number / total:.2f} %" if total else "–"


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", nargs="*", type=Path, default=[Path("corpus")])
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write them between the marks of a page")
    asked = parser.parse_args()
    paths = sorted(path for directory in asked.directories for path in directory.rglob("*.ipynb"))
    if not paths:
        sys.exit(f"no notebooks below {', '.join(map(str, asked.directories))}: `make corpus` fetches some")
    text = "\n".join(tables(study(paths))) + "\n"
    if asked.write is None:
        print(text, end="")
        return
    page = asked.write.read_text(encoding="utf-8")
    before, _, rest = page.partition(_HEAD)
    asked.write.write_text(before + _HEAD + text + _FOOT + rest.partition(_FOOT)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
