"""The cleaned notebook: what it needs first, then the runs in their order, each a cell, without outputs.

Source: nbformat's documentation, "The Jupyter Notebook format", 4.5.
"""

import ast
import html
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from nbdebt import __version__
from nbdebt.export.cells import CellTranslation, Stays, identifiers
from nbdebt.export.data import declared, digests
from nbdebt.export.header import KEEPS, requirements
from nbdebt.export.imports import hoisted, used_imports
from nbdebt.export.model import Entry, Form, Kept, Log, Manifest, Script
from nbdebt.export.refused import ExportRefused
from nbdebt.export.seeds import seeds_of
from nbdebt.export.slice import Sliced
from nbdebt.export.texts import tree_of
from nbdebt.export.tidy import MISSING, tidied_cells
from nbdebt.export.translate import Block, Context
from nbdebt.export.write import Writer

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEAD = "nbdebt-head"
_OWN_TAGS = frozenset(("nbdebt-keep", "nbdebt-skip", "active-py", "raises-exception"))
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def write_notebook(log: Log, found: Sliced, seed: int | None, form: Form) -> Script:
    """Write the notebook; ``text`` of what is given is its JSON.

    Args:
        log: what ran.
        found: what of it is kept.
        seed: what seeds the streams that the notebook did not seed; None leaves them so.
        form: how it is put together.

    Raises:
        ExportRefused: something in it speaks of what the new notebook won't have.
    """
    return NotebookWriter(log, found, seed, form).script()


def with_proof(script: Script, said: str) -> Script:
    """The notebook with what came of its verification in its first cell; a script as it is."""
    if not script.is_notebook:
        return script
    document = json.loads(script.text)
    head = document["cells"][0]
    head["source"] = _lines(f"{''.join(head['source'])}\n- Verified: {_plain(said)}.")
    return msgspec.structs.replace(script, text=_dumped(document))


class NotebookWriter(Writer):
    """The state of one notebook."""

    def __init__(self, log: Log, found: Sliced, seed: int | None, form: Form) -> None:
        self.stays = Stays()
        self.ids: set[str] = set()
        super().__init__(log, found, seed, form)

    def block(self, kept: Kept, context: Context) -> Block:
        """A run as the notebook has it."""
        return CellTranslation(kept, context, self.stays).block()

    def script(self) -> Script:
        """The notebook."""
        log, names = self.log, self.names
        seeds = seeds_of(log, names, self.seed, self.faithful.streams)
        texts = [block.text for block in self.blocks]
        if self.form.settings and not self.stays.elsewhere:
            texts, seeds = self.hoisted_settings(texts, seeds)
        parts = [
            self.faithful.before(block.entry.number) + text if text else ""
            for block, text in zip(self.blocks, texts, strict=True)
        ]
        imports, parts = hoisted(parts, self.python, log.directory, names.imports())
        seeds = self.by_known_name(seeds, imports)
        pins, check = self.pins()
        definitions = self.settings.definitions()
        spoken = "\n".join([self.stays.spoken(), *(name for b in self.blocks for name in identifiers(b))])
        imports = used_imports(imports, [*parts, definitions, check, seeds, spoken])
        installed = [requirement for block in self.blocks for requirement in block.requirements]
        needed = requirements([tree_of("\n".join(imports)), *map(tree_of, parts)], log, installed)
        manifest = self.manifest(needed)
        imported = "\n".join(dict.fromkeys([*imports, *names.imports()]))
        top = [
            ("imports", imported, ()),
            ("settings", definitions, ("parameters",)),
            ("data", "\n\n\n".join(filter(None, [pins, self.faithful.definitions()])), ()),
            ("functions", names.definitions(), ()),
            ("start", "\n\n".join(filter(None, [check, seeds])), ()),
        ]
        cells = [self._code(f"nbdebt-{name}", text, tags) for name, text, tags in top if text.strip()]
        cells += self._runs(parts, bool(definitions))
        outputs = declared(digests(log, manifest.files))
        if outputs:
            cells.append(self._markdown("nbdebt-files", outputs_said(outputs)))
        tidy = tidied_cells([_source(c) if c["cell_type"] == "code" else None for c in cells], log.directory)
        if tidy is None:
            manifest = msgspec.structs.replace(manifest, notes=(*manifest.notes, MISSING))
        for cell, text in zip(cells, tidy or (), strict=False):
            if text is not None:
                cell["source"] = _lines(text)
        head = self._markdown(_HEAD, "\n".join(_said(manifest)))
        document = {"cells": [head, *cells], "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
        return Script(_dumped(document), manifest, log, tuple(self.printing()), True)

    def _runs(self, parts: Sequence[str], settings: bool) -> Iterator[dict[str, Any]]:
        """The cells of the runs, and all markdown that stood above, above cells that are left out, too."""
        there = {b.entry.number: (b, part) for b, part in zip(self.blocks, parts, strict=True)}
        for entry in self.log.entries:
            for text in entry.above:
                yield self._markdown("", text)
            block, part = there.get(entry.number, (None, ""))
            if block is None or not (part.strip() or block.needs_head):
                continue
            _check(part, entry)
            source = self.stays.restored("\n".join(filter(None, [block.head, part.strip("\n")])))
            tags = [t for t in entry.tags if t not in _OWN_TAGS and not (settings and t == "parameters")]
            yield self._code(entry.cell, source, tags)
        for text in self.log.below:
            yield self._markdown("", text)

    def _code(self, wanted: str, source: str, tags: Sequence[str] = ()) -> dict[str, Any]:
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": self._id(wanted),
            "metadata": {"tags": list(tags)} if tags else {},
            "outputs": [],
            "source": _lines(source.strip("\n")),
        }

    def _markdown(self, wanted: str, text: str) -> dict[str, Any]:
        return {"cell_type": "markdown", "id": self._id(wanted), "metadata": {}, "source": _lines(text)}

    def _id(self, wanted: str) -> str:
        """An id that no other cell has: the cell's own where that can be."""
        found = wanted if _ID.fullmatch(wanted) else f"cell-{len(self.ids) + 1}"
        number = 2
        while found in self.ids:
            found = f"{wanted[:56] if _ID.fullmatch(wanted) else 'cell'}-{number}"
            number += 1
        self.ids.add(found)
        return found


def _said(manifest: Manifest) -> Iterator[str]:
    """The lines of the first cell."""
    wanted = " and ".join(manifest.targets).replace("all", "every result")
    yield (
        f"*Cleaned from {_plain(manifest.notebook)} by nbdebt {__version__}: made to run from top to bottom. "
        "Numbers of cells are those that they had there.*"
    )
    yield ""
    yield f"- Kept: {_plain(KEEPS[manifest.level].format(wanted))}."
    for sentence in manifest.dropped:
        yield f"- Left out: {_plain(sentence)}."
    for sentence in manifest.notes:
        yield f"- {_plain(sentence)}."
    if manifest.requirements:
        yield f"- Needs: {_plain(', '.join(manifest.requirements))}."


def outputs_said(comment: str) -> str:
    """The comment that says what is written, as a list."""
    first, *rest = comment.split("\n")
    lines = [first.removeprefix("# "), ""]
    for line in rest:
        name, _, digest = line.removeprefix("#").strip().rpartition("  ")
        lines.append(f"- {_plain(name)}: `{digest}`")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text in which nothing is markup but what stands in backquotes."""
    parts = text.split("`")
    return "`".join(
        part
        if number % 2 and len(parts) % 2
        else re.sub(r"([\\*_\[\]#])", r"\\\1", html.escape(part, quote=False))
        for number, part in enumerate(parts)
    )


def _check(part: str, entry: Entry) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(part, entry.label, "exec", _AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise ExportRefused(f"the cell would not be Python: {error}", entry.label) from None


def _lines(text: str) -> list[str]:
    """A text as nbformat has it."""
    return text.splitlines(keepends=True)


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _dumped(document: dict[str, Any]) -> str:
    """As Jupyter writes notebooks."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
