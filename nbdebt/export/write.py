"""The script's text: header, imports, settings, helpers, and the runs one below the other."""

import re
import warnings
from collections.abc import Sequence

import msgspec

from nbdebt.export.context import context_of
from nbdebt.export.data import checks, declared, digests, pinned, written
from nbdebt.export.faithful import Faithful
from nbdebt.export.figures import aliases, drawing
from nbdebt.export.functions import CannotDivideError, Surroundings, divided
from nbdebt.export.header import header, requirements
from nbdebt.export.helpers import Names
from nbdebt.export.imports import hoisted, used_imports
from nbdebt.export.main import wrapped
from nbdebt.export.model import Entry, Form, Kept, Log, Manifest, Script
from nbdebt.export.names import bindings, parsed_source
from nbdebt.export.refused import ExportRefused
from nbdebt.export.seeds import notes_of, seeds_of
from nbdebt.export.setting_lines import Settings, settings_notes
from nbdebt.export.settings import hoisted_settings
from nbdebt.export.slice import Sliced
from nbdebt.export.texts import comment, tree_of
from nbdebt.export.tidy import MISSING, tidied
from nbdebt.export.translate import Block, Context, translate
from nbdebt.export.types import annotations
from nbdebt.export.waiting import coroutine


def write(log: Log, found: Sliced, seed: int | None = 0, form: Form | None = None) -> Script:
    """Write the script.

    Args:
        log: what ran.
        found: what of it is kept.
        seed: what seeds the streams that the notebook did not seed; None leaves them so.
        form: how it is put together.

    Raises:
        ExportRefused: something in it has no plain Python that surely does the same.
    """
    if log.interactivity not in ("last_expr", "all", "none"):
        raise ExportRefused(f"the shell shows `{log.interactivity}`, which a script has no word for")
    return Writer(log, found, seed, form or Form()).script()


class Writer:
    """The state of one script."""

    def __init__(self, log: Log, found: Sliced, seed: int | None, form: Form) -> None:
        self.log, self.found, self.seed, self.form = log, found, seed, form
        self.entries = [kept.entry for kept in found.kept]
        trees = {entry.number: parsed_source(entry.source).tree for entry in self.entries}
        self.python = [tree for tree in trees.values() if tree is not None]
        self.names, context = context_of(log, self.entries, trees, self.python, seed, form.faithful)
        self.faithful = Faithful(log, found.kept if form.faithful else (), self.names)
        self.blocks = [self.block(kept, context) for kept in found.kept]
        self.generators = context.generators
        self.notes: list[str] = []
        self.functions: tuple[str, ...] = ()
        self.settings = Settings(self.names, form, log.title)

    def block(self, kept: Kept, context: Context) -> Block:
        """A run as the script has it."""
        return translate(kept, context)

    def script(self) -> Script:
        """The script."""
        log, names, form = self.log, self.names, self.form
        seeds = seeds_of(log, names, self.seed, self.faithful.streams)
        texts = [block.text for block in self.blocks]
        if form.settings or self.settings.is_class:
            texts, seeds = self.hoisted_settings(texts, seeds)
        parts, plotting = self._parts(texts)
        imports, parts = hoisted(parts, self.python, log.directory, names.imports())
        seeds = self.by_known_name(seeds, imports)
        pins, check = self.pins()
        definitions, ending = self.settings.definitions(), ""
        body = self._functions(parts, imports, "\n\n".join(filter(None, [check, seeds])))
        if body:
            ending, seeds, check = self.settings.command(self.functions[-1]), "", ""
        else:
            body = self._body(parts)
        if self.settings.is_class and not ending:
            main = names.free("main")
            self.functions = (main,)
            head = f"def {main}({self.settings.instance}: {self.settings.class_name}) -> None:"
            body = wrapped(f"{check}\n\n{seeds}\n\n{body}".strip(), head, f"Do what {log.title} did.")
            ending, seeds, check = self.settings.command(main), "", ""
        installed = [requirement for block in self.blocks for requirement in block.requirements]
        own = [] if not self.settings.is_class else [name for name in ("click", "fire") if name == form.cli]
        imports = used_imports(imports, [*parts, definitions, check, seeds])
        needed = requirements(
            [tree_of("\n".join([*imports, *(f"import {name}" for name in own)])), *map(tree_of, parts)],
            log,
            installed,
        )
        manifest = self.manifest(needed)
        lines = _setup(names, plotting)
        helpers = names.definitions()
        future = [text for text in imports if "__future__" in text]
        top = [
            text
            for text in dict.fromkeys([*names.imports(), *imports])
            if text not in future and text not in lines
        ]
        imported = "\n".join([*future, *lines, *top])
        outputs = declared(digests(log, manifest.files))
        pieces = [
            imported,
            definitions,
            pins,
            self.faithful.definitions(),
            helpers,
            check,
            seeds,
            body,
            ending,
            outputs,
        ]
        text = "\n\n\n".join(piece for piece in pieces if piece.strip()) + "\n"
        text = re.sub(r"\n{4,}", "\n\n\n", text)
        return _finished(text, manifest, log, self.printing())

    def printing(self) -> list[Entry]:
        """The runs whose whole output is there: what they show, and what a saved notebook has of them."""
        return [b.entry for b in self.blocks if b.prints or (b.text and b.entry.outputs and b.whole)]

    def hoisted_settings(self, texts: list[str], seeds: str) -> tuple[list[str], str]:
        """Settings taken out of the runs, and of the seeds that the script puts in."""
        settings, names = self.settings, self.names
        free = (lambda name: name) if settings.is_class else names.free
        reference = settings.reference if settings.is_class else None
        settings.found, changed = hoisted_settings([*texts, seeds], [*self.entries, None], free, reference)
        return changed[:-1], changed[-1]

    def by_known_name(self, seeds: str, imports: Sequence[str]) -> str:
        """The seeds, with numpy as the notebook calls it."""
        found = next(filter(None, (re.fullmatch(r"import numpy as (\w+)", text) for text in imports)), None)
        if found is None or self.names.modules.get("numpy") is None:
            return seeds
        return re.sub(rf"\b{self.names.modules.pop('numpy')}\.random", f"{found[1]}.random", seeds)

    def _functions(self, parts: Sequence[str], imports: Sequence[str], first: str) -> str:
        """The runs as functions; empty where that isn't asked for, or can't be."""
        if not self.form.functions:
            return ""
        settings, names = self.settings, self.names
        runs = [
            (b.entry, f"# {_heading(b.entry)}\n{p}" if p.strip() else "")
            for b, p in zip(self.blocks, parts, strict=True)
        ]
        modules = tree_of("\n".join([*imports, *names.imports()]))
        own = {name for name, _ in bindings(modules)} | set(names.helpers.values())
        own |= set() if settings.is_class else {setting.name for setting in settings.found}
        around = Surroundings(
            frozenset(own),
            names.taken | own | {"PINNED", settings.instance, settings.class_name},
            annotations(self.log, modules) if self.log.observed else {},
            settings,
            names.free("main"),
            first,
            self.log.title,
        )
        try:
            if any(block.waits for block in self.blocks):
                raise CannotDivideError("a cell waits")
            found = divided(runs, around)
        except CannotDivideError as error:
            self.notes.append(f"Not divided into functions: {error}")
            return ""
        self.functions = found.names
        return found.text

    def pins(self) -> tuple[str, str]:
        """The digests of data, and the call that checks them."""
        found = pinned(self.log, self.entries)
        function = self.names.helper("check_data") if found else ""
        reference, constant = self.settings.reference, self.names.free("PINNED")
        return checks(found, self.settings.found, reference, constant, function)

    def _parts(self, texts: Sequence[str]) -> tuple[list[str], bool]:
        """The runs, with what saves figures after those that draw; and whether anything may draw."""
        log, names = self.log, self.names
        draws = drawing(self.entries) if log.inline else set()
        waiting = sum(1 for block, text in zip(self.blocks, texts, strict=True) if block.waits and text)
        parts = []
        for block, text in zip(self.blocks, texts, strict=True):
            part = coroutine(block, text, names, waiting == 1) if block.waits and text else text
            if part:
                part = self.faithful.before(block.entry.number) + part
            if block.entry.number in draws and part:
                part += f"\n{names.helper('save_figures')}()"
            parts.append(part)
        if waiting > 1:
            parts[-1] += f"\n\n{names.free('runner')}.close()"
        plotting = bool(aliases(self.python, ("matplotlib", "seaborn", "pylab"))) or bool(draws)
        return parts, plotting

    def _body(self, parts: Sequence[str]) -> str:
        """The runs one below the other, under their numbers."""
        body: list[str] = []
        above: list[str] = []
        for block, part in zip(self.blocks, parts, strict=True):
            above += [comment(text) for text in block.entry.above]
            if part.strip():
                body.append("\n\n".join([*above, f"# %% {_heading(block.entry)}\n{part}"]))
                above = []
        body += ["\n\n".join(above)] if above else []
        return "\n\n\n".join(body)

    def manifest(self, needed: tuple[str, ...]) -> Manifest:
        """What the script is made of."""
        log, found = self.log, self.found
        notes = (
            *log.unknown,
            *notes_of(log, self.seed, self.generators, self.faithful.streams),
            *settings_notes(self.form, self.settings.found),
            *self.notes,
        )
        return Manifest(
            log.title,
            found.level,
            found.targets.words,
            tuple(sorted(found.targets.names)),
            written(log, self.entries, found.targets.outputs),
            tuple(entry.label for entry in self.entries),
            found.dropped,
            notes,
            needed,
            tuple(log.unseeded) if self.seed is not None and not self.form.faithful else (),
            self.settings.found,
            self.functions,
        )


def _finished(text: str, manifest: Manifest, log: Log, printed: list[Entry]) -> Script:
    """The script under its header, in ruff's style where ruff is there."""
    whole = f"{header(manifest, log)}\n{text}"
    _check(whole)
    tidy = tidied(whole, log.directory)
    if tidy is None:
        manifest = msgspec.structs.replace(manifest, notes=(*manifest.notes, MISSING))
        return Script(f"{header(manifest, log)}\n{text}", manifest, log, tuple(printed))
    _check(tidy)
    return Script(tidy, manifest, log, tuple(printed))


def _setup(names: Names, plotting: bool) -> list[str]:
    if not plotting:
        return []
    os = names.module("os")
    first = "import os" if os == "os" else f"import os as {os}"
    return [first, "", f'{os}.environ["MPLBACKEND"] = "Agg"  # figures are saved, not shown', ""]


def _heading(entry: Entry) -> str:
    return f"[{entry.count}]" if entry.count is not None else f"run {entry.number}"


def _check(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        shown = text.split("\n")[line - 1].strip() if line else ""
        raise ExportRefused(f"the script would not be Python: {error}: {shown}") from None
