"""What the translation of one run needs to know of all of them."""

import ast
from collections.abc import Sequence

from nbdebt.export.figures import aliases
from nbdebt.export.generators import Generators
from nbdebt.export.helpers import Names
from nbdebt.export.model import Entry, Log
from nbdebt.export.names import bindings, parsed_source, spoken
from nbdebt.export.results import Results
from nbdebt.export.translate import Context


def context_of(
    log: Log,
    entries: Sequence[Entry],
    trees: dict[int, ast.Module | None],
    python: Sequence[ast.Module],
    seed: int | None,
    faithful: bool = False,
) -> tuple[Names, Context]:
    """The names that are free, and the context of the runs.

    Raises:
        ExportRefused: a result is used again, and which it is can't be known.
    """
    otherwise: set[str] = set()
    known: set[str] = set()
    for tree in python:
        for name, node in bindings(tree):
            known.add(name)
            same = isinstance(node, ast.Import) and any(
                (a.name == name and not a.asname) or (a.name.partition(".")[0] == name and not a.asname)
                for a in node.names
            )
            if not same:
                otherwise.add(name)
    names = Names(spoken(python) | set(log.names), otherwise)
    pyplot = {
        local
        for local, meant in aliases(python, ("matplotlib", "pylab")).items()
        if meant in ("matplotlib.pyplot", "pylab")
    }
    results = Results(entries, trees, frozenset(known))
    context = Context(
        names,
        frozenset(known),
        "\n".join(entry.source for entry in entries),
        results,
        Generators(seed, faithful),
        log.seed,
        frozenset(pyplot),
        log.inline,
        log.interactivity,
        frozenset(
            name.strip()
            for entry in entries
            for magic in parsed_source(entry.source).masked.magics
            if magic.kind == "assign-shell"
            for name in magic.target.split(",")
        ),
    )
    return names, context
