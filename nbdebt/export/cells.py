"""One run as a cell of a notebook: what only a notebook understands stays as it is.

While the code is worked on, calls of functions that aren't there stand for the magics that stay.
"""

import ast
import keyword
import re
from collections.abc import Iterator

from nbdebt.export.edits import Edit
from nbdebt.export.magics import installs
from nbdebt.export.model import Kept
from nbdebt.export.texts import tree_of, words
from nbdebt.export.translate import Block, Context, Translation, has_other_body
from nbdebt.flow.magic_words import option_end
from nbdebt.flow.magics import Magic

# What only looks: nobody who runs the notebook from top to bottom asks for it.
_LOOKS = words(
    "who whos who_ls lsmagic magic quickref pinfo pinfo2 pdoc pdef psource pfile psearch history hist "
    "notebook pprint doctest_mode automagic debug pdb tb alias_magic logstart logstop logon logoff logstate "
    "page man connect_info qtconsole"
)
# What speaks of runs, or of what this one session kept: as in a script, it is translated or refused.
_SESSION = words(
    "reset reset_selective recall rep repeat rerun macro save edit ed load loadpy store pushd popd dhist "
    "bookmark paste cpaste xdel nbdebt"
)
_QUIET = words(
    "matplotlib load_ext reload_ext autoreload aimport config gui html javascript js svg latex markdown "
    "HTML SVG time timeit precision colors xmode"
)
_ELSEWHERE = words("run cython sql bigquery rmagic R julia")
_STAND_IN = re.compile(r"(?:(with) )?ipython_(?:magic|quiet)_(\d+)_*(?(1):\n\s*|\(\))")
_NAME = re.compile(r"[^\W\d]\w*")


class Stays:
    """The magics that stay, and what stands for them.

    Attributes:
        elsewhere: some of them may bind names that the code doesn't tell.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.elsewhere = False

    def stand_in(self, text: str, magic: Magic, around: bool = False) -> str:
        """The code that stands for a magic.

        Args:
            text: how the notebook writes it.
            magic: the same, read.
            around: it is the head of a statement, which follows in the next line.
        """
        name = f"ipython_{'quiet' if magic.name in _QUIET else 'magic'}_{len(self.texts)}"
        self.texts.append(text)
        known = (
            magic.name in _QUIET or not magic.name or magic.kind in ("shell", "assign-shell", "shell-cell")
        )
        self.elsewhere = (
            self.elsewhere or magic.name in _ELSEWHERE or (not known and not _is_known(magic.name))
        )
        return f"with {name}:\n" if around else f"{name}()"

    def restored(self, code: str) -> str:
        """Code with the magics in their places."""

        def text_of(match: re.Match[str]) -> str:
            return self.texts[int(match[2])] + (" " if match[1] else "")

        return _STAND_IN.sub(text_of, code)

    def spoken(self) -> str:
        """Code that speaks of every name in the magics' texts."""
        found = {name for text in self.texts for name in _NAME.findall(text)}
        return "\n".join(sorted(name for name in found if not keyword.iskeyword(name)))


def _is_known(name: str) -> bool:
    return name in _KNOWN


_KNOWN = words(
    "cd pwd env set_env mkdir rmdir ls ll la ldir lf lk lx cat cp mv rm less more head tail touch echo "
    "writefile file capture bash sh zsh script system sx ! python python2 python3 perl ruby pypy prun memit"
)


class CellTranslation(Translation):
    """A run as a cell: its magics, displays, ``await`` and figures stay the notebook's.

    Args:
        kept: the run.
        context: what must be known of the others.
        stays: the notebook's magics.
    """

    def __init__(self, kept: Kept, context: Context, stays: Stays) -> None:
        super().__init__(kept, context)
        self.stays = stays

    def block(self) -> Block:
        """The cell; magics have stand-ins."""
        done = super().block()
        tree = self.parsed.tree
        if done.text and tree is not None and tree.body:
            body = tree_of(done.text).body
            last = tree.body[-1]
            shown = isinstance(last, ast.Expr) and self._is_kept(len(tree.body) - 1)
            if body and isinstance(body[-1], ast.Expr) and not shown and not self.stays_alone(body[-1]):
                # It wasn't the last, and nothing was shown of it.
                lines = done.text.split("\n")
                row, end = (body[-1].end_lineno or 1) - 1, body[-1].end_col_offset or 0
                text = lines[row].encode()
                lines[row] = (text[:end] + b";" + text[end:]).decode()
                done.text = "\n".join(lines)
        return done

    def stays_alone(self, node: ast.Expr) -> bool:
        """Whether a statement is nothing but a magic."""
        return _STAND_IN.fullmatch(ast.unparse(node)) is not None

    def _is_kept(self, number: int) -> bool:
        entry = self.entry
        stopped = entry.outcome in ("error", "interrupted") and entry.error[1] > 0
        return not stopped and (self.kept is None or number in self.kept)

    def magic(self, magic: Magic) -> str | None:
        """A magic stays; what only looks goes, what installs goes to the requirements."""
        name = magic.name
        goes = (
            magic.kind == "help"
            or name in _SESSION
            or name in ("pip", "conda", "mamba", "uv")
            or (name == "cd" and magic.arguments.strip().startswith("-") and "-q" not in magic.arguments)
            or (magic.kind == "shell" and installs(magic.arguments) is not None)
        )
        if goes:
            return super().magic(magic)
        start, end = self.lines.offset(magic.line, magic.column), self.lines.end(magic.end_line)
        looks = name in _LOOKS or (name.endswith("load_ext") and magic.arguments.strip() == "nbdebt")
        if looks and not magic.kind.startswith("assign"):
            if magic.kind in ("cell", "shell-cell"):
                return ""
            self.edits.append(Edit(start, end, "pass" if magic.column > 1 else ""))
            return None
        if magic.kind in ("cell", "shell-cell"):
            if has_other_body(magic):
                return self.stays.stand_in(self.source.strip("\n"), magic)
            first = self.lines.offset(magic.line, 1)
            self.edits.append(Edit(first, self.lines.end(magic.line), ""))
            text = self.source[first : self.lines.end(magic.line)]
            self.done.head = "\n".join(filter(None, [self.done.head, text]))
            self.done.needs_head = self.done.needs_head or bool(magic.target)
            return None
        text = self.source[start:end]
        if name == "time" and magic.kind == "line" and magic.end_line == magic.line:
            before = text.index(name) + len(name)
            while text[before : before + 1].isspace():
                before += 1
            before += option_end(name, text[before:])
            if before < len(text):
                head = self.stays.stand_in(text[:before].strip(), magic, around=True)
                self.edits.append(Edit(start, start + before, head + " " * (magic.column + 3)))
                return None
        self.edits.append(Edit(start, end, self.stays.stand_in(text, magic)))
        return None

    def calls(self, tree: ast.Module) -> None:
        """IPython's own functions stay; results of other runs have names."""
        self.values(tree)

    def displays(self, tree: ast.Module) -> None:
        """What the notebook shows it shows by itself; a result that is used again gets its name."""
        for node in self.displayed(tree):
            start, end = self.lines.span(node)
            result = self.context.results.name_of(self.entry)
            self.done.prints = not self.done.head
            if result:
                self.edits.append(Edit(start, start, f"{result} = "))
                self.edits.append(Edit(end, end, f"\ndisplay({result})" if self.around else f"\n{result}"))
            elif self.around:
                self.edits += [Edit(start, start, "display("), Edit(end, end, ")")]


def identifiers(block: Block) -> Iterator[str]:
    """Names that the head of a cell speaks of."""
    return (name for name in _NAME.findall(block.head) if not keyword.iskeyword(name))
