"""One run in plain Python: edits of its source at the places that ``ast`` gives, so that all else stays."""

import ast
from collections.abc import Iterator
from textwrap import dedent

import msgspec

from nbdebt.export.edits import Edit, Lines, applied
from nbdebt.export.generators import Generators
from nbdebt.export.helpers import Names
from nbdebt.export.magics import LINES_OWN, CannotError, Translated, Translator
from nbdebt.export.model import Entry, Kept
from nbdebt.export.names import bindings, needs_loop, parsed_source
from nbdebt.export.pieces import (
    asks,
    groups,
    guarded_names,
    has_code,
    is_builtin_error,
    is_expression,
    without_last_comment,
    without_semicolon,
)
from nbdebt.export.refused import ExportRefused
from nbdebt.export.results import Results
from nbdebt.export.texts import indented, tree_of, words
from nbdebt.flow.magic_words import runs_body
from nbdebt.flow.magics import Magic
from nbdebt.flow.reader import Parsed

# Functions that give None in every library that has one of this name.
_SILENT = words("seed chdir makedirs filterwarnings simplefilter basicConfig extend")


class Context(msgspec.Struct):
    """What the translation of a run needs to know of the others.

    Args:
        names: the names that the script may use.
        known: names that the notebook defines.
        source: all of its code.
        results: which results are used again, and their names.
        pyplot: local names of ``matplotlib.pyplot``.
        inline: figures are closed after each cell.
        interactivity: which expressions are shown.
        shell_lines: names that hold what ``x = !command`` gave.
        generators: what seeds generators that are made without a seed.
        seed: what `%nbdebt seed` takes where it says none; None where that isn't known.
    """

    names: Names
    known: frozenset[str]
    source: str
    results: Results
    generators: Generators
    seed: int | None = None
    pyplot: frozenset[str] = frozenset()
    inline: bool = True
    interactivity: str = "last_expr"
    shell_lines: frozenset[str] = frozenset()


class Block(msgspec.Struct):
    """A run in plain Python.

    Args:
        entry: the run.
        text: its code; empty where nothing is left.
        requirements: what it installs.
        waits: it needs an event loop: the code is the body of a coroutine.
        binds: the names that it binds.
        prints: it shows its last expression.
        head: in a notebook: the line of a cell magic that stays above the code.
        needs_head: that line binds a name, and stays where no code is left.
        whole: no statement of it is left out.
    """

    entry: Entry
    text: str = ""
    requirements: tuple[str, ...] = ()
    waits: bool = False
    binds: tuple[str, ...] = ()
    prints: bool = False
    head: str = ""
    needs_head: bool = False
    whole: bool = True


def has_other_body(magic: Magic) -> bool:
    """Whether what stands under a cell magic is no code of the notebook's own."""
    return magic.kind == "shell-cell" or not runs_body(magic.name, magic.arguments) or magic.local


def translate(kept: Kept, context: Context) -> Block:
    """A run in plain Python.

    Raises:
        ExportRefused: something in it has no plain Python that surely does the same.
    """
    done = Translation(kept, context).block()
    done.text = without_semicolon(done.text)
    return done


class Translation:
    """The state of one translation."""

    def __init__(self, kept: Kept, context: Context) -> None:
        self.entry = kept.entry
        self.kept = kept.statements
        self.context = context
        source = kept.entry.source.replace("\r\n", "\n").replace("\r", " ")
        self.parsed: Parsed = parsed_source(source)
        self.source = dedent(source) if self.parsed.masked.dedent else source
        self.lines = Lines(self.source, self.parsed.masked.text)
        self.translator = Translator(
            context.names, context.known, kept.entry.label, context.source, context.seed
        )
        self.edits: list[Edit] = []
        self.around: list[str] = []
        self.requirements: list[str] = []
        self.quiet = False
        self.done = Block(kept.entry, whole=kept.statements is None)
        self.shown: set[int] = set()
        """Offsets of calls that a translation stands for: nothing is shown of these."""

    def refuse(self, reason: str, line: int) -> ExportRefused:
        return ExportRefused(reason, self.entry.label, line)

    def block(self) -> Block:
        entry, parsed = self.entry, self.parsed
        stop = entry.error[1] if entry.outcome in ("error", "interrupted") else 0
        if stop == -1:
            return self.done
        if parsed.error:
            raise self.refuse(f"this is not Python: {parsed.error}", parsed.error_line)
        whole = self._magics()
        if whole is not None:
            self.done.text, self.done.requirements = whole, tuple(self.requirements)
            return self.done
        tree = parsed.tree
        if tree is None:
            return self.done
        self.calls(tree)
        self.displays(tree)
        text = self._assembled(tree, stop)
        for header in reversed(self.around):
            text = f"{header}\n{indented(text.strip(chr(10)))}" if has_code(text) else ""
        self.done.text = text.strip("\n")
        self.done.requirements = tuple(self.requirements)
        found = tree_of(self.done.text)
        self.done.waits = needs_loop(found)
        self.done.binds = tuple(dict.fromkeys(name for name, _ in bindings(found)))
        return self.done

    # Magics

    def _magics(self) -> str | None:
        """Edit the magics; the whole text where the cell is a magic with a body that is no Python."""
        for magic in self.parsed.masked.magics:
            if not self._was_not_done(magic) and (whole := self.magic(magic)) is not None:
                return whole
        return None

    def magic(self, magic: Magic) -> str | None:
        """Edit one magic; the whole text where the cell is no Python."""
        try:
            found = self.translator.translate(magic)
        except CannotError as error:
            raise self.refuse(str(error), magic.line) from None
        except (ValueError, IndexError):
            raise self.refuse(f"the arguments of `{magic.name}` can't be read", magic.line) from None
        self.requirements += found.requirements
        if magic.kind in ("cell", "shell-cell"):
            if has_other_body(magic):
                text = found.code
                for header in reversed(self.around):
                    text = f"{header}\n{indented(text)}" if text else ""
                return text
            self._head(magic, found)
        else:
            self._line(magic, found)
        return None

    def _was_not_done(self, magic: Magic) -> bool:
        """Whether the run ended before a magic, or because IPython knew no such magic or no such option."""
        kind, stop = self.entry.error
        return stop > 0 and (magic.line > stop or (magic.line == stop and kind == "UsageError"))

    def _head(self, magic: Magic, found: Translated) -> None:
        start = self.lines.offset(magic.line, 1)
        self.edits.append(Edit(start, self.lines.end(magic.line), ""))
        if found.around:
            self.around.append(found.around)
        self.quiet = self.quiet or found.quiet

    def _line(self, magic: Magic, found: Translated) -> None:
        start = self.lines.offset(magic.line, magic.column)
        end = self.lines.end(magic.end_line)
        if magic.kind == "assign-magic" or magic.kind == "assign-shell":
            if magic.name in ("time",):
                raise self.refuse(
                    f"`x = %{magic.name}` has no plain Python that surely does the same", magic.line
                )
            if not found.value:
                raise self.refuse(f"`%{magic.name}` gives no value that can be kept", magic.line)
            self.edits.append(Edit(start, end, found.code))
        elif found.around:
            # The masked text has the statement where it stands.
            code = self.source[start:end].split(None, 1)[1] if " " in self.source[start:end] else "pass"
            if self.context.results.shows(self.entry) and is_expression(code):
                code = f"{self.context.names.helper('show')}({code.strip()})"
                self.done.prints = True
            moved = f"{found.around}\n{indented(code)}"
            self.edits.append(Edit(start, end, moved.replace("\n", "\n" + " " * (magic.column - 1))))
        else:
            code = found.code
            if found.value and magic.kind == "line":
                code = f"{self.context.names.helper('show')}({code})" if self._is_last(magic) else code
            code = code.replace("\n", "\n" + " " * (magic.column - 1))
            if not code and magic.column > 1:
                code = "pass"
            self.edits.append(Edit(start, end, code))

    def _is_last(self, magic: Magic) -> bool:
        return not "".join(self.source.split("\n")[magic.end_line :]).strip()

    # Calls

    def calls(self, tree: ast.Module) -> None:
        """What only a notebook has: figures that are shown, IPython's own functions, earlier results."""
        guarded = guarded_names(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and self._is_pyplot_show(node):
                if self.context.inline:
                    name = self.context.names.helper("save_figures")
                    self.edits.append(Edit(*self.lines.span(node.func), name))
            elif isinstance(node, ast.Name) and node.id == "get_ipython" and id(node) not in guarded:
                if not self._is_shell_call(tree, node):
                    raise self.refuse("`get_ipython()` is there in a notebook only", node.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module in (
                "IPython.display",
                "IPython.core.display",
            ):
                self._display_import(node)
            elif isinstance(node, ast.ImportFrom) and node.module in ("IPython", "IPython.core.getipython"):
                if any(alias.name == "get_ipython" for alias in node.names):
                    raise self.refuse("`get_ipython()` is there in a notebook only", node.lineno)
            elif isinstance(node, ast.Name) and node.id == "display" and isinstance(node.ctx, ast.Load):
                self.edits.append(Edit(*self.lines.span(node), self.context.names.helper("show")))
            elif isinstance(node, ast.Attribute) and self._is_of_lines(node):
                said = f"`{ast.unparse(node)}` is IPython's own, for what `!command` gives"
                raise self.refuse(f"{said}: a list has another one, or none", node.lineno)
        self.values(tree)

    def _is_of_lines(self, node: ast.Attribute) -> bool:
        held = isinstance(node.value, ast.Name) and node.value.id in self.context.shell_lines
        return held and node.attr in LINES_OWN

    def values(self, tree: ast.Module) -> None:
        """Seeds for generators, names for earlier results; nobody is asked anything."""
        for asked in asks(tree):
            if asked.id not in self.context.known:
                raise self.refuse(f"`{asked.id}` asks a person: put the answer in its place", asked.lineno)
        if not self.parsed.masked.dedent:
            self.edits += self.context.generators.edits(self.entry, self.lines)
        for start, end, name in self.context.results.uses(self.entry, tree, self.lines):
            self.edits.append(Edit(start, end, name))

    def _is_pyplot_show(self, node: ast.Call) -> bool:
        func = node.func
        return (
            isinstance(func, ast.Attribute)
            and func.attr == "show"
            and isinstance(func.value, ast.Name)
            and func.value.id in self.context.pyplot
        )

    def _display_import(self, node: ast.ImportFrom) -> None:
        """``display`` is the script's own function; what else is imported stays."""
        rest = [alias for alias in node.names if alias.name != "display"]
        if len(rest) < len(node.names):
            if any(alias.name == "display" and alias.asname for alias in node.names):
                raise self.refuse("`display` under another name", node.lineno)
            text = f"from {node.module} import " + ", ".join(map(ast.unparse, rest)) if rest else "pass"
            self.edits.append(Edit(*self.lines.span(node), text))

    def _is_shell_call(self, tree: ast.Module, name: ast.Name) -> bool:
        """``get_ipython().system("…")`` and its like, as the magic that they are."""
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            inner = node.func.value
            if not (isinstance(inner, ast.Call) and inner.func is name):
                continue
            given = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if len(given) != len(node.args) or node.keywords:
                return False
            method = node.func.attr
            if method in ("system", "getoutput") and len(given) == 1:
                magic = Magic(
                    "shell" if method == "system" else "assign-shell", "", given[0], node.lineno, 1, 1
                )
            elif method in ("run_line_magic", "magic") and given:
                words = given if len(given) > 1 else [*given[0].split(None, 1), ""]
                magic = Magic("line", words[0].lstrip("%"), words[1], node.lineno, 1, 1)
            else:
                return False
            try:
                found = self.translator.translate(magic)
            except CannotError as error:
                raise self.refuse(str(error), node.lineno) from None
            if "\n" in found.code or found.around or found.code.startswith("with "):
                return False
            self.requirements += found.requirements
            self.edits.append(Edit(*self.lines.span(node), found.code or "None"))
            if not found.value:
                self.shown.add(self.lines.span(node)[0])
            return True
        return False

    # What is shown

    def displays(self, tree: ast.Module) -> None:
        """Print the expressions that IPython shows."""
        for node in self.displayed(tree):
            start, end = self.lines.span(node)
            result = self.context.results.name_of(self.entry)
            keep = f"{result} = " if result else ""
            if self.quiet:
                if keep:
                    self.edits.append(Edit(start, start, keep))
                continue
            if start in self.shown:
                continue
            name = self.context.names.helper("show")
            bare = isinstance(node.value, ast.Tuple) and self.source[start] != "("
            opening, closing = ("((", "))") if bare else ("(", ")")
            if isinstance(node.value, ast.Tuple) and not bare:
                opening, closing = "(", ")"
            self.edits.append(Edit(start, start, f"{keep}{name}{opening}"))
            self.edits.append(Edit(end, end, closing))
            self.done.prints = True

    def displayed(self, tree: ast.Module) -> Iterator[ast.Expr]:
        """The expressions that IPython shows."""
        how = self.context.interactivity
        if how == "none" or not self.context.results.shows(self.entry):
            return
        body = list(tree.body)
        magic_lines = {
            line
            for m in self.parsed.masked.magics
            if m.kind not in ("cell", "shell-cell")
            for line in range(m.line, m.end_line + 1)
        }
        wanted = body if how == "all" else body[-1:]
        for node in wanted:
            if isinstance(node, ast.Expr) and node.lineno not in magic_lines and not self._only_shows(node):
                if node is body[-1] and self._is_silenced():
                    continue
                yield node

    def _only_shows(self, node: ast.Expr) -> bool:
        """Calls that are known to give None: nothing is shown of them."""
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            return call.func.id in ("print", "display", "exec")
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _SILENT:
            return True
        return isinstance(call, ast.Call) and self._is_pyplot_show(call)

    def _is_silenced(self) -> bool:
        """Whether the cell ends in ``;``, comments aside."""
        code = [line.split(" #")[0].rstrip() for line in self.source.rstrip().split("\n")]
        code = [line for line in code if line and not line.lstrip().startswith("#")]
        return bool(code) and code[-1].endswith(";")

    # Putting together

    def _assembled(self, tree: ast.Module, stop: int) -> str:
        """The text with all edits, without the statements that aren't kept or weren't reached."""
        pieces: list[str] = []
        last = 1
        total = self.source.count("\n") + 1
        for first, end, nodes, numbers in groups(tree):
            start = self.lines.offset(first, 1)
            gap = applied(self.source, self.edits, self.lines.offset(last, 1), start, closed=False)
            last = end + 1
            keep = self.kept is None or any(number in self.kept for number in numbers)
            if stop and first > stop:
                keep = False
            if not keep:
                pieces.append(without_last_comment(gap))
                continue
            text = applied(self.source, self.edits, self.lines.offset(first, 1), self.lines.end(end))
            if stop and first <= stop <= end:
                text = self._until_error(text, nodes, stop)
                if not text:
                    continue
            pieces += [gap, text + "\n"]
        if not stop and last <= total:
            pieces.append(applied(self.source, self.edits, self.lines.offset(last, 1), len(self.source)))
        lines = "".join(pieces).rstrip().split("\n")
        return "\n".join(line for line in lines if line.strip() != "pass" or line.startswith(" "))

    def _until_error(self, text: str, nodes: list[ast.stmt], stop: int) -> str:
        """The statement in which the run stopped: what it did is done again, the error isn't raised."""
        if len(nodes) == 1 and not any(
            isinstance(node, ast.Call | ast.For | ast.While | ast.With | ast.Await | ast.AugAssign)
            for node in ast.walk(nodes[0])
        ):
            return ""
        if self.entry.outcome == "interrupted":
            raise self.refuse("the run was interrupted here, and how far it had come can't be known", stop)
        name = self.entry.error[0]
        error = name if is_builtin_error(name) else "Exception"
        header = f"with {self.context.names.module('contextlib')}.suppress({error}):"
        return f"{header}  # the notebook stopped here\n{indented(text)}"
