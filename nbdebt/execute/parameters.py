"""Parameters of a run, in papermill's way: a cell behind the one that is tagged ``parameters``.

Source: papermill's documentation, "Parameterize" and "Execute" (``-p``, ``-r``).
"""

import contextlib
import keyword
import math
from collections.abc import Iterable, Mapping
from typing import Any

from nbdebt.model.errors import NbdebtError

TAG = "parameters"
INJECTED = "injected-parameters"
_WORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}


def parameters_of(given: Iterable[tuple[str, str]], raw: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters of a command line.

    Args:
        given: names and values; what looks like a number, ``True``, ``False`` or ``None`` is one.
        raw: names and texts.

    Raises:
        NbdebtError: a name is none of Python's.
    """
    found = {name: _value(text) for name, text in given} | dict(raw)
    for name in found:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise NbdebtError(f"a parameter can't be called {name!r}: it is no name in Python")
    return found


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def source_of(parameters: Mapping[str, Any]) -> str:
    """The cell that sets parameters."""
    return "\n".join(["# Parameters", *(f"{name} = {_shown(value)}" for name, value in parameters.items())])


def _shown(value: Any) -> str:
    return f"float({str(value)!r})" if isinstance(value, float) and not math.isfinite(value) else repr(value)


def inject(node: Any, parameters: Mapping[str, Any]) -> bool:
    """Put the cell that sets parameters into a notebook: in place of an earlier one, else behind the cell
    that is tagged ``parameters``, else first.

    Args:
        node: the notebook as nbformat has it; changed in place.
        parameters: names and values; none: nothing is put.

    Returns:
        Whether the notebook says where.
    """
    from nbformat.v4 import new_code_cell

    if not parameters:
        return True
    cell = new_code_cell(source_of(parameters), metadata={"tags": [INJECTED]})  # type: ignore[no-untyped-call]
    for tag, first, after in ((INJECTED, 0, 1), (TAG, 1, 1)):
        for index, known in enumerate(node.cells):
            if tag in known.metadata.get("tags", []):
                node.cells[index + first : index + after] = [cell]
                return True
    node.cells.insert(0, cell)
    return False
