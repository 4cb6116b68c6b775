"""Python source for texts: literals, and what IPython puts into commands for ``{expression}``, ``$name``."""

import ast
import json
import re
import warnings
from collections.abc import Collection

from nbdebt.flow.magics import interpolated

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|\$\$|\$([^\W\d]\w*)")
_LONG = 80


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def comment(text: str) -> str:
    """A text as comments."""
    return "\n".join(f"# {line}".rstrip() for line in text.strip().split("\n"))


def literal(text: str) -> str:
    """A string literal, in lines as the text has them where it has several."""
    if "\n" in text and '"""' not in text and not text.endswith(('"', "\\")):
        raw = "r" if "\\" in text else ""
        found = f'{raw}"""\\\n{text}"""' if not raw else f'{raw}"""{text}"""'
        if _value(found) == text:
            return found
    if "\\" in text and '"' not in text and not text.endswith("\\") and "\n" not in text:
        found = f'r"{text}"'
        if _value(found) == text:
            return found
    found = json.dumps(text, ensure_ascii=False)
    return found if _value(found) == text else repr(text)


def _value(source: str) -> object:
    try:
        return ast.literal_eval(source)
    except (SyntaxError, ValueError):
        return None


def expanded(text: str, known: Collection[str]) -> str:
    """The expression for a command in which IPython replaces ``{expression}`` and ``$name``.

    As IPython does it, a ``$name`` that nobody defined stays for the shell, and so does the whole text where
    an expression speaks of something unknown.

    Args:
        text: the command.
        known: names that the notebook defines.
    """
    names = interpolated(text)
    found = list(_BRACES.finditer(text))
    expressions = [m[1] for m in found if m[1]]
    if not found or any(not _is_known(e, known) for e in expressions):
        return literal(text)
    if not expressions and not any(name in known for name in names):
        return literal(text.replace("$$", "$"))
    parts: list[tuple[bool, str]] = []
    position = 0
    for match in found:
        parts.append((False, text[position : match.start()]))
        position = match.end()
        if match[1]:
            parts.append((True, match[1]))
        elif match[2]:
            parts.append((match[2] in known, match[2] if match[2] in known else match[0]))
        else:
            parts.append((False, match[0][0]))
    parts.append((False, text[position:]))
    if any(is_code and re.search(r"[\"'\\\n]", part) for is_code, part in parts):
        pieces = [f"format({part})" if is_code else literal(part) for is_code, part in parts if part]
        return " + ".join(pieces)
    body = "".join(
        "{" + part + "}"
        if is_code
        else json.dumps(part, ensure_ascii=False)[1:-1].replace("{", "{{").replace("}", "}}")
        for is_code, part in parts
    )
    return f'f"{body}"'


def _is_known(expression: str, known: Collection[str]) -> bool:
    try:
        tree = parsed_expression(expression)
    except (SyntaxError, ValueError):
        return False
    return all(node.id in known for node in ast.walk(tree) if isinstance(node, ast.Name))


def tree_of(text: str) -> ast.Module:
    """Code as a tree. Python warns of escapes that it doesn't know, which isn't ours to say.

    Raises:
        SyntaxError: it is no Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def parsed_expression(text: str) -> ast.Expression:
    """The same, for one expression.

    Raises:
        SyntaxError: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text.strip(), mode="eval")


def indented(text: str, by: str = "    ") -> str:
    """Code moved to the right; what stands within strings of several lines stays where it is.

    Raises:
        SyntaxError: it is no Python.
    """
    within = _within_texts(tree_of(text))
    return "\n".join(
        by + line if line.strip() and number not in within else line
        for number, line in enumerate(text.split("\n"), 1)
    )


def dedented(text: str, by: str = "    ") -> str:
    """Code moved to the left; what stands within strings of several lines stays where it is.

    Raises:
        SyntaxError: it is no Python that is indented.
    """
    within = _within_texts(tree_of(f"if True:\n{text}"))
    return "\n".join(
        line if number in within else line.removeprefix(by) for number, line in enumerate(text.split("\n"), 2)
    )


def _within_texts(tree: ast.Module) -> set[int]:
    """The lines that begin within a string."""
    within: set[int] = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        )
        if is_text and node.end_lineno and node.end_lineno > node.lineno:  # type: ignore[attr-defined]
            within.update(range(node.lineno + 1, node.end_lineno + 1))  # type: ignore[attr-defined]
    return within
