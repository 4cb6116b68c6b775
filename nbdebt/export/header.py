"""The top of a script: what it needs (PEP 723), where it comes from, what it keeps and leaves out."""

import ast
import sys
import textwrap
from collections.abc import Iterable, Sequence
from importlib import metadata

from nbdebt import __version__
from nbdebt.export.homes import homes_of
from nbdebt.export.model import Log, Manifest

KEEPS = {
    "statements": "the statements that {} needs",
    "cells": "the runs that {} needs",
    "replay": "all that ran, in the order in which it ran",
}
_WIDTH = 100


def header(manifest: Manifest, log: Log) -> str:
    """The comments and the docstring of a script."""
    needed = "".join(f'#     "{requirement}",\n' for requirement in manifest.requirements)
    dependencies = f"# dependencies = [\n{needed}# ]\n" if needed else "# dependencies = []\n"
    version = ".".join(map(str, sys.version_info[:2]))
    block = f'# /// script\n# requires-python = ">={version}"\n{dependencies}# ///\n'
    wanted = " and ".join(manifest.targets).replace("all", "every result")
    said = [f"Kept: {KEEPS[manifest.level].format(wanted)}."]
    said += [f"Left out: {sentence}." for sentence in manifest.dropped]
    said += [f"{sentence}." for sentence in manifest.notes]
    lines = [f"What {manifest.notebook} gave, as a script. Exported by nbdebt {__version__}.", ""]
    for sentence in said:
        lines += textwrap.wrap(sentence, _WIDTH, subsequent_indent="    ", break_long_words=False)
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'{block}"""{text}\n"""\n'


def requirements(trees: Iterable[ast.AST], log: Log, installed: Sequence[str]) -> tuple[str, ...]:
    """What the code imports, as requirements with the versions that are known."""
    tops = {
        module.partition(".")[0]
        for tree in trees
        for node in ast.walk(tree)
        for module in _modules(node)
        if module
    }
    tops -= set(sys.stdlib_module_names)
    homes = homes_of(tops) if tops else {}
    found: dict[str, str] = {}
    for top in tops:
        for name in homes.get(top, [])[:1]:
            version = log.packages.get(name) or metadata.version(name)
            found[name.lower().replace("_", "-")] = f"{name}=={version}"
    for requirement in installed:
        name = requirement.split("[")[0].split("=")[0].split("<")[0].split(">")[0].strip()
        found.setdefault(name.lower().replace("_", "-"), requirement)
    return tuple(found[name] for name in sorted(found))


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
