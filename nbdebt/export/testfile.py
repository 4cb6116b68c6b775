"""A pytest file that pins what a script gives today."""

import math
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbdebt import __version__
from nbdebt.export.files import file_summary
from nbdebt.export.model import Given, Script, Verification
from nbdebt.export.secrets import secret_name, secret_text
from nbdebt.export.tidy import tidied
from nbdebt.model.errors import NbdebtError

_LONGEST, _LONGEST_TEXT, _LONGEST_LINE, _LINES = 300, 120, 200, 60
_FLOATS = frozenset(("float", "float64", "float32", "float16", "longdouble"))
_BRACKETS = {"list": ("[", "]"), "set": ("{", "}"), "frozenset": ("frozenset({", "})")}

_TEXT = """\
{docstring}

from pathlib import Path

import pytest

from nbdebt.testing import Ran, ran

HERE = Path(__file__).parent
SCRIPT = HERE / {script}
DIRECTORY = HERE / {directory}

{constants}

@pytest.fixture(scope="module")
def done() -> Ran:
    return ran(
        SCRIPT,
        DIRECTORY,
        names={names},
        files={files},{more}
    )

{tests}
"""
_TESTS = {
    "VALUES": """
@pytest.mark.parametrize("name", VALUES)
def test_value(done: Ran, name: str) -> None:
    if how := done.value_differs(name, VALUES[name]):
        pytest.fail(how)
""",
    "SUMMARIES": """
@pytest.mark.parametrize("name", SUMMARIES)
def test_summary(done: Ran, name: str) -> None:
    if how := done.summary_differs(name, SUMMARIES[name]):
        pytest.fail(how)
""",
    "FILES": """
@pytest.mark.parametrize("name", FILES)
def test_file(done: Ran, name: str) -> None:
    if how := done.file_differs(name, FILES[name]):
        pytest.fail(how)
""",
    "PRINTED": """
def test_printed(done: Ran) -> None:
    if how := done.line_missing(PRINTED):
        pytest.fail(how)
""",
    "": """
def test_it_runs(done: Ran) -> None:
    assert done.status == 0
""",
}

UNVERIFIED = "--tests pins what the script gives, which is known when it ran: give --verify, which runs it"


def tests_path(given: str, script: str) -> Path:
    """Where the test file goes: as given, else beside the script.

    Raises:
        NbdebtError: pytest wouldn't find it, or it is the script itself.
    """
    path = Path(given) if given else Path(script).with_name(f"test_{Path(script).stem}.py")
    if path.suffix != ".py" or path.resolve() == Path(script).resolve():
        raise NbdebtError(f"{path}: tests want a Python file of their own")
    return path


def write_tests(script: Script, found: Verification, path: Path, target: Path) -> str:
    """The text of the test file.

    Args:
        script: the script.
        found: what came of its verification, with ``given``.
        path: where the script stands.
        target: where the test file will stand.

    Raises:
        NbdebtError: the script did not come to its end, twice: there is nothing to pin.
    """
    given = found.given
    if given is None:
        raise NbdebtError(f"no tests written, for there is nothing to pin: {found.summary()}")
    apart: list[str] = [f"{name}: two runs of the script disagree" for name in given.changing]
    values, summaries = _values(given, apart)
    files = {name: _without_secrets(file_summary(data, name)) for name, data in given.files.items()}
    printed = _printed(given, apart)
    notes = (
        []
        if found.equal
        else [f"When it was exported, the script did not give what the notebook had: {found.summary()}."]
    )
    notes += [f"Not pinned: {text}." for text in apart]
    here = target.parent.resolve()
    constants = {
        "VALUES": _table(values),
        "SUMMARIES": _table({name: spelled_plain(value) for name, value in summaries.items()}),
        "FILES": _table({name: spelled_plain(value) for name, value in files.items()}),
        "PRINTED": "[\n" + "".join(f"    {line!r},\n" for line in printed) + "]" if printed else "",
    }
    there = {name: text for name, text in constants.items() if text}
    asked = [f"*{name}" for name in ("VALUES", "SUMMARIES") if name in there]
    more = "".join(
        f"\n        {word}={list(names)!r},"
        for word, names in (("functions", script.manifest.functions), ("made", script.log.made))
        if names
    )
    text = _TEXT.format(
        docstring=_docstring(path.name, target.name, notes),
        script=_relative(path, here),
        directory=_relative(Path(script.log.directory), here),
        constants="\n\n".join(f"{_ABOUT[name]}\n{name} = {text}" for name, text in there.items()),
        names=f"[{', '.join(asked)}]",
        files="FILES" if files else "[]",
        more=more,
        tests="\n\n".join(_TESTS[name] for name in (there or [""])),
    )
    return tidied(text, str(here)) or text


_ABOUT = {
    "VALUES": "# What names hold: numbers may differ by a billionth.",
    "SUMMARIES": "# What is too large to stand here: numbers as above, texts by digests.",
    "FILES": "# What is written, read by its format.",
    "PRINTED": "# What is printed, in this order; lines with times and paths aside.",
}


def _docstring(script: str, own: str, notes: Sequence[str]) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    said = [
        f"What {script} gave when it was exported, by nbdebt {__version__} on Python {version}.",
        "",
        f"`pytest {own}` runs it in a copy of its directory, in a process of its own, and compares. "
        "This needs pytest and nbdebt. Where a result is meant to be another one, change it here, or export "
        "again with --tests.",
    ]
    if notes:
        said += ["", *notes]
    lines = [part for line in said for part in textwrap.wrap(line, 96, break_long_words=False) or [""]]
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'


def _values(given: Given, apart: list[str]) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Values that can be spelled, and summaries of the others."""
    values: dict[str, str] = {}
    summaries: dict[str, dict[str, Any]] = {}
    for name, held in given.values.items():
        if secret_name(name) or _has_secret(held.plain):
            apart.append(f"{name}: it looks like a secret")
            continue
        text = spelled(held.plain) if held.plain is not None else None
        if text is not None and len(text) <= _LONGEST:
            values[name] = text
        elif held.summary is not None and held.kind not in _NO_VALUES and not held.kind.startswith("_io."):
            summaries[name] = held.summary
    return values, summaries


_NO_VALUES = frozenset(
    ("builtins.function", "builtins.module", "builtins.type", "function", "type", "module")
)


def _without_secrets(summary: dict[str, Any]) -> dict[str, Any]:
    """A file's summary without what it spells out, where that holds a secret, or not at all as Python."""
    text = spelled_plain(summary.get("data"))
    keys = re.findall(r"'(\w+)':", text)
    if secret_text(text) or any(map(secret_name, keys)):
        return {key: value for key, value in summary.items() if key != "data"}
    return summary


def _has_secret(plain: Any) -> bool:
    """Whether a text in a plain value, or a key, looks like a secret."""
    if isinstance(plain, str):
        return secret_text(plain)
    if isinstance(plain, list | tuple):
        if len(plain) == 2 and plain[0] == "dict":
            keys = (key[1] for key, _ in plain[1] if key[0] == "str")
            if any(secret_name(key) for key in keys):
                return True
        return any(map(_has_secret, plain))
    return False


def spelled(plain: Any) -> str | None:
    """A value of ``Held.plain`` as Python; None for arrays and frames, and where a text is long."""
    kind: str = plain[0]
    value: Any = plain[1] if len(plain) > 1 else None
    if kind == "NoneType":
        return "None"
    if kind == "str":
        return repr(value) if len(value) <= _LONGEST_TEXT else None
    if kind == "bool":
        return repr(value)
    if kind in _FLOATS:
        return _float(value)
    if kind == "complex":
        return f"complex({_float(plain[1])}, {_float(plain[2])})"
    if kind == "dict":
        items = [(spelled(key), spelled(item)) for key, item in value]
        if any(None in item for item in items):
            return None
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if kind in ("list", "tuple", "set", "frozenset"):
        parts = [spelled(item) for item in value]
        if None in parts or (kind in ("set", "frozenset") and not parts):
            return {"set": "set()", "frozenset": "frozenset()"}.get(kind) if not parts else None
        inner = ", ".join(part for part in parts if part is not None)
        if kind == "tuple":
            return f"({inner},)" if len(parts) == 1 else f"({inner})"
        opening, closing = _BRACKETS[kind]
        return f"{opening}{inner}{closing}"
    return str(value) if "int" in kind else None


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def spelled_plain(value: Any) -> str:
    """Nested plain values as Python."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {spelled_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled_plain, value)) + "]"
    return _float(value) if isinstance(value, float) else repr(value)


def _printed(given: Given, apart: list[str]) -> list[str]:
    lines = [line for line in given.printed if len(line) <= _LONGEST_LINE]
    if len(lines) < len(given.printed):
        apart.append(f"{len(given.printed) - len(lines)} long lines that are printed")
    safe = [line for line in lines if not secret_text(line)]
    if len(safe) < len(lines):
        apart.append(f"{len(lines) - len(safe)} printed lines that look like secrets")
    if len(safe) > _LINES:
        apart.append(f"the last {len(safe) - _LINES} of the lines that are printed")
    return safe[:_LINES]


def _table(items: dict[str, str]) -> str:
    if not items:
        return ""
    return "{\n" + "".join(f"    {name!r}: {text},\n" for name, text in items.items()) + "}"


def _relative(path: Path, here: Path) -> str:
    return repr(Path(os.path.relpath(path.resolve(), here)).as_posix())
