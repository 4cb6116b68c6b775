"""A proposal for ``dvc.yaml``: a stage for each notebook, with what it takes and what it makes.

Source: DVC's manual, "dvc.yaml Files" (stages: ``cmd``, ``wdir``, ``deps``, ``outs``).
"""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Stage(msgspec.Struct, frozen=True):
    """A notebook as a stage.

    Args:
        notebook: its absolute path.
        deps: absolute paths of the files that it reads and doesn't make.
        outs: absolute paths of the files that it leaves behind.
        aside: what DVC can't follow (tables, addresses, computed names), in words.
    """

    notebook: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    aside: tuple[str, ...] = ()


def dvc_yaml(stages: Iterable[Stage], root: Path) -> str:
    """The stages as a ``dvc.yaml``.

    Args:
        stages: one a notebook.
        root: the directory in which the file will stand.
    """
    lines = [
        "# Proposed by nbdebt from what the notebooks read and write: look it through before use.",
        "stages:",
    ]
    names: set[str] = set()
    for stage in stages:
        name = _name(stage.notebook, names)
        notebook = _inside(stage.notebook, root)
        lines += [f"  {name}:", f"    cmd: {_text(f'jupyter execute {_quoted(notebook)}')}", "    deps:"]
        lines += [
            f"      - {_text(path)}"
            for path in dict.fromkeys([notebook, *(_inside(d, root) for d in stage.deps)])
        ]
        inside = [path for path in stage.outs if not _inside(path, root).startswith(("/", "../"))]
        if inside:
            lines.append("    outs:")
            lines += [f"      - {_text(_inside(path, root))}" for path in dict.fromkeys(inside)]
        said = [f"writes {path}, outside of this directory" for path in stage.outs if path not in inside]
        lines += [f"    # {_comment(text)}" for text in (*said, *stage.aside)]
    if not names:
        return "stages: {}\n"
    return "\n".join(lines) + "\n"


def _name(notebook: str, taken: set[str]) -> str:
    """A name that DVC takes for a stage, and that none has yet."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(notebook).stem).strip("_") or "notebook"
    if stem[0].isdigit() or stem.lower() in ("null", "true", "false", "yes", "no", "on", "off", "y", "n"):
        # YAML would take it for something else than a text.
        stem = f"nb_{stem}"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def _inside(path: str, root: Path) -> str:
    shown = Path(os.path.relpath(path, root)).as_posix()
    # Far outside: as it is, for DVC takes such dependencies, and the way there says nothing.
    return path if shown.startswith("../../..") else shown


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)


def _text(text: str) -> str:
    """A text as YAML: as it is where that is safe, else quoted as in JSON, which YAML reads."""
    # DVC fills in ${…}; a backslash before it keeps it as it is.
    text = text.replace("${", "\\${")
    if re.fullmatch(r"[A-Za-z_./][\w./ +-]*(?<! )", text) and text.lower() not in (
        "null",
        "true",
        "false",
        "~",
    ):
        return text
    return json.dumps(text)


def _comment(text: str) -> str:
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode()
