"""The report of a verification, as a file that is kept beside the script: Markdown, or JSON for programs."""

import hashlib
import sys
from collections.abc import Sequence

import msgspec

from nbdebt import __version__
from nbdebt.export.header import KEEPS
from nbdebt.export.model import Script, Verification

VERSION = 1
_MOST_NAMES = 30


def account(script: Script, found: Verification, path: str) -> str:
    """What was proven of a script.

    Args:
        script: the script.
        found: what came of its verification.
        path: where the report goes; one that ends in ``.json`` gets an object: ``version``, ``notebook``,
            ``script_sha256``, ``equal``, ``repeatable`` (null where it was not run twice), ``compared``
            (``values``, ``files``, ``lines``), ``differences``, ``notes``, ``level``, ``targets``, ``names``,
            ``files``, ``dropped``, ``said``, ``requirements``, ``python``, ``nbdebt``, ``seconds``.
    """
    manifest = script.manifest
    facts = {
        "version": VERSION,
        "notebook": manifest.notebook,
        "script_sha256": hashlib.sha256(script.text.encode()).hexdigest(),
        "equal": found.equal,
        "repeatable": found.repeatable,
        "compared": msgspec.to_builtins(found.compared),
        "differences": found.differences,
        "notes": found.notes,
        "level": manifest.level,
        "targets": manifest.targets,
        "names": manifest.names,
        "files": manifest.files,
        "dropped": manifest.dropped,
        "said": manifest.notes,
        "requirements": manifest.requirements,
        "python": ".".join(map(str, sys.version_info[:3])),
        "nbdebt": __version__,
        "seconds": round(found.seconds, 2),
    }
    if path.endswith(".json"):
        return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode() + "\n"
    wanted = " and ".join(manifest.targets).replace("all", "every result")
    lines = [
        f"# {'Equal' if found.equal else 'Not equal'}: {manifest.notebook}, exported",
        "",
        f"{found.summary()}.",
        "",
        f"- Kept: {KEEPS[manifest.level].format(wanted)}.",
        f"- One run of it took {found.seconds:.1f} s, on Python {facts['python']}, nbdebt {__version__}.",
        f"- SHA-256 of the script: `{facts['script_sha256']}`",
    ]
    names = [f"`{name}`" for name in manifest.names[:_MOST_NAMES]]
    if len(manifest.names) > _MOST_NAMES:
        names.append(f"and {len(manifest.names) - _MOST_NAMES} more")
    lines += _section("What differs", found.differences)
    lines += _section("What could not be compared", found.notes)
    lines += _section("Names whose values it gives", [", ".join(names)] if names else [])
    lines += _section("Files that it writes", [f"`{name}`" for name in manifest.files])
    lines += _section("Left out", manifest.dropped)
    lines += _section("To know", manifest.notes)
    lines += _section("Ran with", manifest.requirements)
    return "\n".join(lines) + "\n"


def _section(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {item}" for item in items)] if items else []
