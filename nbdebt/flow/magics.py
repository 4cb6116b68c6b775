r"""IPython's syntax masked by plain Python of the same lines and columns, so that ``ast`` positions are true.

What counts as a magic is what IPython's ``inputtransformer2`` takes for one (automagic left aside):
``%name``, ``!command``, ``?name`` at the start of a logical line, ``x = %name`` and ``x = !command``, a
logical line that ends in ``name?``, and ``%%name`` on the first line that is not blank. Here one pass over
the text finds them; most cells have none and come back at once.
"""

import ast
import re
from textwrap import dedent
from typing import Literal

import msgspec

from nbdebt.flow.magic_words import SHELL_CELLS, TIMED, bound_by_cell, option_end, runs_body
from nbdebt.model.patterns import later

MagicKind = Literal["line", "cell", "shell", "help", "assign-magic", "assign-shell", "shell-cell"]


class Magic(msgspec.Struct, frozen=True, gc=False):
    """One use of IPython's syntax.

    Args:
        kind: which syntax; ``assign-…`` for ``x = %m`` and ``x = !c``, ``shell-cell`` for ``%%bash``.
        name: the magic's name without ``%``; empty for shell and help.
        arguments: what follows the name (shell: the command; help: the object), continuation lines joined.
        line: where it starts, from 1.
        column: where it starts, from 1.
        end_line: its last line; for a cell magic the cell's.
        body: the text under a cell magic.
        target: what it binds, as written: ``x``, ``a, b``. For several names of a cell magic, with commas.
        names: names that IPython puts in for ``{expression}`` and ``$name``. One that no cell defines is the
            shell's own: IPython leaves it alone.
        local: its code's assignments stay inside it (``%timeit``).
    """

    kind: MagicKind
    name: str
    arguments: str
    line: int
    column: int
    end_line: int
    body: str = ""
    target: str = ""
    names: tuple[str, ...] = ()
    local: bool = False


class Masked(msgspec.Struct, frozen=True, gc=False):
    """A cell's source as plain Python.

    Args:
        text: as many lines as the source; what is Python stands where it stood.
        magics: what was masked, in order.
        skip: nothing in the cell is Python (``%%html``); ``text`` is blank.
        dedent: columns taken off every line, because the whole cell is indented, as IPython does.
    """

    text: str
    magics: tuple[Magic, ...] = ()
    skip: bool = False
    dedent: int = 0


_CANDIDATE = later(r"^[ \t]*[%!?]|=[ \t]*(?:\\\n[ \t]*)?[%!](?!=)|\?[ \t]*$", re.MULTILINE)
_INDENTED = later(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+[^\s#]")
_TOKEN = later(
    r"""
      (?P<long>\"{3}|'{3})
    | (?P<short>"(?:[^"\\\n]|\\.)*+"? | '(?:[^'\\\n]|\\.)*+'?)
    | (?P<comment>\#[^\n]*)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<joined>\\\n)
    | (?P<operator>[-+*/%&|^@<>=!:]=)
    | (?P<assign>=)
    | (?P<newline>\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_LONG_END = {quotes: re.compile(rf"(?:[^\\]|\\.)*?{quotes}", re.DOTALL) for quotes in ('"""', "'''")}
_SPECIAL_VALUE = later(r"[ \t]*(?:\\\n[ \t]*)?(?:!(?!=)|%(?=[^\W\d]))")
_QUESTION = later(r"\?[ \t]*\Z")
_HELP_END = later(r"(%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*)(\?\??)[ \t]*$")
_COMPOUND = later(r"(?:async|class|def|for|if|match|try|while|with)\b|@")
_ANNOTATED = later(r"([^\W\d]\w*)\s*:")
_BRACES = later(r"\{\{|\}\}|\{([^{}]+)\}|\$\$|\$\{?([^\W\d]\w*)")


def mask(source: str) -> Masked:
    """Replace IPython's syntax in ``source`` by Python that has the same lines and columns.

    A magic's line becomes ``pass``, the value in ``x = !ls`` becomes ``[]``, code behind ``%time`` and under
    ``%%time`` stays where it is, other cell magics' bodies become blank lines. Source that is no Python
    otherwise stays so: it is the parser that says what is wrong with it. Never raises.
    """
    removed = 0
    if source[:1] in " \t\n#" and _INDENTED.match(source):
        source, removed = _dedented(source)
    if not ("%" in source or "!" in source or "?" in source) or _CANDIDATE.search(source) is None:
        return Masked(source, dedent=removed)
    magics: list[Magic] = []
    text, skip = _mask_cell(source, 1, magics)
    return Masked(text, tuple(magics), skip, removed)


def interpolated(text: str) -> tuple[str, ...]:
    """The names in ``{expression}`` and ``$name`` that IPython puts into a command or a magic's arguments."""
    if "{" not in text and "$" not in text:
        return ()
    names: dict[str, None] = {}
    for match in _BRACES.finditer(text):
        if match[2]:
            names[match[2]] = None
        elif match[1]:
            try:
                tree = ast.parse(match[1].strip(), mode="eval")
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            names |= {node.id: None for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return tuple(names)


def _dedented(source: str) -> tuple[str, int]:
    text = dedent(source)
    for old, new in zip(source.split("\n"), text.split("\n"), strict=True):
        if new.strip():
            return text, len(old) - len(new)
    return source, 0


def _mask_cell(source: str, first_line: int, magics: list[Magic]) -> tuple[str, bool]:
    """Mask a cell or the body of a cell magic, whose body may start with a cell magic again."""
    blank = len(source) - len(source.lstrip())
    start = source.rfind("\n", 0, blank) + 1
    if blank != start or not source.startswith("%%", start) or re.match(r"%%\w+\?", source[start:]):
        return _mask_lines(source, first_line, magics), False
    head, newline, body = source[start:].partition("\n")
    line = first_line + source.count("\n", 0, start)
    name, _, arguments = head[2:].rstrip().partition(" ")
    is_code = runs_body(name, arguments)
    bound = bound_by_cell(name, arguments, body)
    magics.append(
        Magic(
            kind="shell-cell" if name in SHELL_CELLS else "cell",
            name=name,
            arguments=arguments,
            line=line,
            column=1,
            end_line=line + body.count("\n") + bool(newline),
            body=body,
            target=", ".join(bound),
            names=() if name in TIMED else interpolated(arguments),
            local=name == "timeit",
        )
    )
    masked_head = " " * len(head)
    if bound:
        masked_head = " = ".join((*bound, "[]")).ljust(len(head))
    elif name in TIMED and name != "time":
        code_start = 2 + len(name) + 1 + option_end(name, arguments)
        if head[code_start:].strip():
            masked_head = _code_after(head[:code_start], head[code_start:], masked_head)
    if not is_code:
        return source[:start] + masked_head + newline + "\n" * body.count("\n"), not bound
    masked_body, skip = _mask_cell(body, line + 1, magics)
    return source[
        :start
    ] + masked_head + newline + masked_body, skip and not bound and not masked_head.strip()


def _mask_lines(source: str, first_line: int, magics: list[Magic]) -> str:
    """Mask what stands at the start of logical lines, behind their first ``=``, and at their end."""
    pieces: list[str] = []
    kept, position, size = 0, 0, len(source)
    while position < size:
        start = _indent_end(source, position)
        if start < size and source[start] in "%!?":
            end = _line_end(source, start)
            replaced = _statement(source, start, end, first_line, magics)
            finish = end
        else:
            value, finish, question = _logical_line(source, start)
            if question and (found := _HELP_END.search(source, start, finish)):
                replaced = _help(source, start, finish, found, first_line, magics)
            elif value >= 0:
                finish = _line_end(source, value)
                replaced = _value(source, start, value, finish, first_line, magics)
                start = value
            else:
                position = finish + 1
                continue
        pieces += (source[kept:start], replaced)
        kept = finish
        position = finish + 1
    return "".join((*pieces, source[kept:]))


def _indent_end(source: str, position: int) -> int:
    while position < len(source) and source[position] in " \t\f":
        position += 1
    return position


def _line_end(source: str, position: int) -> int:
    """Where the line ends, backslash continuations included: the newline's index or the end of the text."""
    while (end := source.find("\n", position)) > 0 and source[end - 1] == "\\":
        position = end + 1
    return end if end >= 0 else len(source)


def _logical_line(source: str, position: int) -> tuple[int, int, bool]:
    """Read one logical line: where its magic value starts (or -1), its end, whether it ends in ``?``."""
    start, depth, assigned, size = position, 0, False, len(source)
    while match := _TOKEN.search(source, position):
        kind, position = match.lastgroup, match.end()
        if kind == "newline":
            if not depth:
                return -1, position - 1, _QUESTION.search(source, start, position - 1) is not None
        elif kind == "long":
            closing = _LONG_END[match[0]].match(source, position)
            position = closing.end() if closing else size
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "assign" and not depth and not assigned:
            assigned = True
            if special := _SPECIAL_VALUE.match(source, position):
                return special.end() - 1, size, False
        elif kind == "comment" and not depth:
            return -1, position, False
    return -1, size, not depth and _QUESTION.search(source, start) is not None


def _place(source: str, offset: int, first_line: int) -> tuple[int, int]:
    return first_line + source.count("\n", 0, offset), offset - source.rfind("\n", 0, offset)


def _joined(text: str) -> str:
    """Continuation lines joined to one, as IPython hands them to the magic."""
    if "\\\n" not in text:
        return text.rstrip()
    *parts, last = text.split("\\\n")
    return " ".join((*(part.rstrip() for part in parts), last.rstrip()))


def _without_annotation(target: str) -> str:
    return found[1] if (found := _ANNOTATED.match(target)) else target


def _blanked(text: str, head: str = "") -> str:
    """``head`` padded to the first line of ``text``, the lines below left empty."""
    first = text.split("\n", 1)[0]
    return head.ljust(len(first)) + "\n" * text.count("\n")


def _help(
    source: str, start: int, end: int, found: re.Match[str], first_line: int, magics: list[Magic]
) -> str:
    line, column = _place(source, start, first_line)
    text = source[start:end]
    magics.append(Magic("help", "", found[1], line, column, line + text.count("\n")))
    return _blanked(text, "pass")


def _statement(source: str, start: int, end: int, first_line: int, magics: list[Magic]) -> str:
    """A magic, a command or a question at the start of a line."""
    text = source[start:end]
    line, column = _place(source, start, first_line)
    last = line + text.count("\n")
    if "#" not in text and (found := _HELP_END.search(source, start, end)):
        return _help(source, start, end, found, first_line, magics)
    whole = _joined(text)
    if text[0] == "?":
        magics.append(Magic("help", "", whole.strip("? \t"), line, column, last))
    elif text[0] == "!":
        command = whole[2:] if whole.startswith("!!") else whole[1:]
        magics.append(Magic("shell", "", command.strip(), line, column, last, names=interpolated(command)))
    else:
        name, _, arguments = whole[1:].partition(" ")
        timed = name in TIMED
        magics.append(
            Magic(
                "line",
                name,
                arguments.strip(),
                line,
                column,
                last,
                names=() if timed else interpolated(arguments),
                local=name == "timeit",
            )
        )
        if timed:
            code = 1 + len(name) + 1
            code += option_end(name, text[code:])
            if text[code:].strip():
                return _code_after(text[:code], text[code:], _blanked(text, "pass"))
    return _blanked(text, "pass")


def _code_after(prefix: str, code: str, otherwise: str) -> str:
    """``code`` at its true column as a statement of the line it is in; ``otherwise`` where it is no Python.

    A compound statement can follow nothing on its line, so it moves to the line's start.
    """
    if not _parses(code):
        return otherwise
    if _COMPOUND.match(code.lstrip()):
        return code.lstrip().ljust(len(prefix) + len(code)) if "\n" not in code else code.lstrip()
    return "0;".ljust(len(prefix)) + code


def _parses(code: str, mode: str = "exec") -> bool:
    try:
        ast.parse(code.strip(), mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _value(source: str, start: int, value: int, end: int, first_line: int, magics: list[Magic]) -> str:
    """The value in ``x = %magic`` and ``x = !command``."""
    text = source[value:end]
    line, column = _place(source, value, first_line)
    last = line + text.count("\n")
    target = _without_annotation(source[start : source.rindex("=", start, value)].strip())
    whole = _joined(text)
    if text[0] == "!":
        command = whole[1:].strip()
        magics.append(
            Magic("assign-shell", "", command, line, column, last, target=target, names=interpolated(command))
        )
        return _blanked(text, "[]")
    name, _, arguments = whole[1:].partition(" ")
    timed = name in TIMED
    magics.append(
        Magic(
            "assign-magic",
            name,
            arguments.strip(),
            line,
            column,
            last,
            target=target,
            names=() if timed else interpolated(arguments),
            local=name == "timeit",
        )
    )
    if timed:
        code = 1 + len(name) + 1
        code += option_end(name, text[code:])
        if _parses(text[code:], "eval"):
            return " " * code + text[code:]
    return _blanked(text, "[]")
