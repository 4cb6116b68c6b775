"""What magics and shell lines do to names, files, settings and packages."""

import ast
import re
import shlex
from collections.abc import Callable

from nbdebt.flow.apply import classify
from nbdebt.flow.magics import Magic
from nbdebt.flow.shell import shell_accesses
from nbdebt.flow.statements import StatementReader
from nbdebt.flow.values import Value
from nbdebt.flow.walker import SEEDABLE
from nbdebt.model.history import Access, File, Mode, Name, Package, RandomStream, Resource, Setting, Span

_SHELL_CELLS = frozenset(("bash", "sh", "script", "system", "sx", "!"))


class MagicReader(StatementReader):
    """Reads magics and shell lines."""

    def magics_before(self, node: ast.stmt) -> None:
        """Read the magics that stand before a statement, or in a simple one."""
        waiting = self.waiting
        # The blocks of a compound statement have lines of their own.
        end = node.lineno if isinstance(getattr(node, "body", None), list) else node.end_lineno or node.lineno
        while waiting and waiting[-1].line <= end:
            self.apply_magic(waiting.pop())

    def apply_magic(self, magic: Magic) -> None:
        """Add what one magic does."""
        if magic.name:
            self.flow.magics.append(magic.name)
        for name in magic.names:
            if name in self.env.values and name not in self.assigned:
                self._add(Name(name), "read", magic, "")
        if magic.kind in ("shell", "assign-shell") or magic.name in _SHELL_CELLS:
            text = magic.body if magic.kind in ("cell", "shell-cell") else magic.arguments
            via = f"%%{magic.name}" if magic.kind == "cell" else "!"
            for resource, mode, detail in shell_accesses(text):
                self._add(resource, mode, magic, via, detail)
            return
        handler = _HANDLERS.get(magic.name)
        if handler is not None:
            handler(self, magic)

    def _add(
        self, resource: Resource, mode: Mode, magic: Magic, via: str, detail: tuple[str, ...] = ()
    ) -> None:
        first = self.lines[magic.line - 1] if magic.line <= len(self.lines) else ""
        span = Span(magic.line, magic.column, magic.line, max(len(first) + 1, magic.column + 1))
        self.flow.accesses.append(Access(resource, mode, span, "parsed", not self.maybe, via, detail))

    def _words(self, magic: Magic) -> list[str]:
        try:
            return shlex.split(magic.arguments, comments=True)
        except ValueError:
            return magic.arguments.split()

    def _bind(self, name: str, magic: Magic, via: str) -> None:
        if name.isidentifier():
            self._add(Name(name), "write", magic, via)
            self.flow.defines.add(Name(name))
            self.env.bind(name, Value())

    def _magic_nbdebt(self, magic: Magic) -> None:
        word, *rest = [*self._words(magic), ""]
        if word == "seeded" and magic.kind == "cell":
            # Seeded for this cell, and put back: nobody outside sees that it draws.
            self.sealed = True
        elif word == "seed" and magic.kind == "line":
            detail = (f"seed={rest[0]}",) if rest[0].isdigit() else ()
            for stream in SEEDABLE:
                self._add(RandomStream(stream), "seed", magic, "%nbdebt", detail)

    def _magic_writefile(self, magic: Magic) -> None:
        words = [w for w in self._words(magic) if w not in ("-a", "--append")]
        if words:
            append = (
                ("append",)
                if "-a" in magic.arguments.split() or "--append" in magic.arguments.split()
                else ()
            )
            self._add(classify(words[0]), "write", magic, f"%%{magic.name}", append)

    def _magic_run(self, magic: Magic) -> None:
        words = [w for w in self._words(magic) if not w.startswith("-")]
        if words:
            path = words[0] if words[0].endswith((".py", ".ipynb", ".ipy")) else words[0] + ".py"
            self._add(File(path), "read", magic, "%run", ("script",))
        self.flow.opaque.append(f"`%run` brings names that are not written here (line {magic.line})")

    def _magic_load_ext(self, magic: Magic) -> None:
        self._add(Setting(f"extension:{magic.arguments.strip()}"), "write", magic, "%load_ext")

    def _magic_cd(self, magic: Magic) -> None:
        self._add(Setting("cwd"), "write", magic, "%cd")

    def _magic_env(self, magic: Magic) -> None:
        name, separator, _ = magic.arguments.strip().partition("=")
        if not separator:
            name, separator, _ = magic.arguments.strip().partition(" ")
        if separator and name:
            self._add(Setting(f"environ:{name.strip()}"), "write", magic, f"%{magic.name}")

    def _magic_store(self, magic: Magic) -> None:
        words = self._words(magic)
        if "-r" in words:
            names = [w for w in words if not w.startswith("-")]
            for name in names:
                self._bind(name, magic, "%store")
            if not names:
                self.flow.opaque.append(
                    f"`%store -r` brings names that are not written here (line {magic.line})"
                )
            self._add(File("~/.ipython/profile_default/db"), "read", magic, "%store", ("storage",))
        else:
            for name in words:
                if name.isidentifier():
                    self._add(Name(name), "read", magic, "%store")

    def _magic_pip(self, magic: Magic) -> None:
        words = self._words(magic)
        if "install" in words:
            for word in words[words.index("install") + 1 :]:
                if not word.startswith("-"):
                    package = re.split(r"[<>=!~\[;@ ]", word, maxsplit=1)[0]
                    self._add(Package(package, word), "write", magic, f"%{magic.name}")

    def _magic_capture(self, magic: Magic) -> None:
        for word in self._words(magic):
            if not word.startswith("-"):
                self._bind(word, magic, "%%capture")

    def _magic_reset(self, magic: Magic) -> None:
        for name in list(self.env.values):
            self._add(Name(name), "delete", magic, "%reset")
            self.env.unbind(name)

    def _magic_xdel(self, magic: Magic) -> None:
        for name in self._words(magic):
            if name in self.env.values:
                self._add(Name(name), "delete", magic, "%xdel")
                self.env.unbind(name)

    def _magic_reset_selective(self, magic: Magic) -> None:
        patterns = [word for word in self._words(magic) if not word.startswith("-")]
        try:
            pattern = re.compile(patterns[0] if patterns else r"(?!)")
        except re.error:
            return
        for name in list(self.env.values):
            if pattern.search(name):
                self._add(Name(name), "delete", magic, "%reset_selective")
                self.env.unbind(name)

    def _magic_pylab(self, magic: Magic) -> None:
        for name, qualified in (
            ("np", "numpy"),
            ("numpy", "numpy"),
            ("plt", "matplotlib.pyplot"),
            ("pylab", "pylab"),
        ):
            self._bind(name, magic, "%pylab")
            self.env.bind(name, Value(qualified=qualified))
        self.flow.opaque.append(f"`%pylab` brings names that are not written here (line {magic.line})")

    def _magic_sql(self, magic: Magic) -> None:
        if magic.target:
            self._bind(magic.target, magic, "%%sql")


_HANDLERS: dict[str, Callable[[MagicReader, Magic], None]] = {
    "writefile": MagicReader._magic_writefile,
    "file": MagicReader._magic_writefile,
    "run": MagicReader._magic_run,
    "load_ext": MagicReader._magic_load_ext,
    "nbdebt": MagicReader._magic_nbdebt,
    "cd": MagicReader._magic_cd,
    "env": MagicReader._magic_env,
    "set_env": MagicReader._magic_env,
    "store": MagicReader._magic_store,
    "pip": MagicReader._magic_pip,
    "conda": MagicReader._magic_pip,
    "mamba": MagicReader._magic_pip,
    "uv": MagicReader._magic_pip,
    "capture": MagicReader._magic_capture,
    "reset": MagicReader._magic_reset,
    "xdel": MagicReader._magic_xdel,
    "reset_selective": MagicReader._magic_reset_selective,
    "pylab": MagicReader._magic_pylab,
    "sql": MagicReader._magic_sql,
}
