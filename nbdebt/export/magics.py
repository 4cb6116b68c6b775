"""IPython's magics and shell lines in plain Python, or the reason why they can't be."""

import re
import shlex
from collections.abc import Collection

import msgspec

from nbdebt.export.helpers import Names
from nbdebt.export.texts import expanded, literal, words
from nbdebt.flow.magic_words import option_end
from nbdebt.flow.magics import Magic

# What only looks, or sets up the notebook's own screen.
_SILENT = words(
    "matplotlib load_ext reload_ext unload_ext autoreload aimport config who whos who_ls lsmagic "
    "magic quickref pinfo pinfo2 pdoc pdef psource pfile psearch history hist notebook colors xmode "
    "pprint doctest_mode automagic debug pdb tb precision_none alias_magic autocall logstart logstop "
    "logon logoff logstate page popd_none man env_none connect_info qtconsole gui html javascript js "
    "svg latex markdown HTML SVG"
)
_COMMANDS = words("ls ll la cat cp mv mkdir rm rmdir less more head tail touch echo ldir lf lk lx")
_SHELLS = frozenset(("bash", "sh", "zsh", "script", "system", "sx", "!"))
_PROGRAMS = {"python": "python", "python3": "python3", "perl": "perl", "ruby": "ruby", "pypy": "pypy"}
LINES_OWN = words("grep fields sort n s p l nlstr spstr paths list get_list get_nlstr get_spstr get_paths")
"""What the list that ``x = !command`` gives has of its own: its ``sort`` leaves it as it was."""


class CannotError(Exception):
    """A magic has no plain Python that surely does the same."""


class Translated(msgspec.Struct):
    """What stands for a magic.

    Args:
        code: statements; for ``x = %magic`` the expression.
        value: the code is an expression whose value IPython shows.
        around: for the head of a cell: the ``with`` statement that goes around its body.
        quiet: what the body shows is kept from sight.
        requirements: what is to be installed.
    """

    code: str = ""
    value: bool = False
    around: str = ""
    quiet: bool = False
    requirements: tuple[str, ...] = ()


class Translator:
    """Says magics in Python.

    Args:
        names: the names that the script may use.
        known: names that the notebook defines.
        label: how people know the cell.
        source: all code of the notebook: whether the extras of what ``!command`` gives are used.
        seed: what ``%nbdebt seed`` takes where it says none.
    """

    def __init__(
        self, names: Names, known: Collection[str], label: str, source: str = "", seed: int | None = None
    ) -> None:
        self.seed = seed
        self.names = names
        self.known = known
        self.label = label
        self.source = source

    def translate(self, magic: Magic) -> Translated:
        """What stands for a magic.

        Raises:
            CannotError: nothing surely does the same; says why.
        """
        if magic.kind == "help":
            return Translated()
        if magic.kind == "shell":
            return self._shell(magic.arguments)
        if magic.kind == "assign-shell":
            return self._lines(magic.arguments)
        name = magic.name
        if name == "nbdebt":
            return self._nbdebt(magic)
        if name in ("pip", "conda", "mamba", "uv"):
            return self._install(name, magic.arguments)
        if name in _SHELLS or name in _PROGRAMS:
            return self._program(magic)
        if name in _COMMANDS:
            return self._shell(f"{name} {magic.arguments}".strip())
        if name in _SILENT:
            return Translated()
        method = getattr(self, f"_magic_{name}", None)
        if method is None:
            sign = "%%" if magic.kind in ("cell", "shell-cell") else "%"
            raise CannotError(f"`{sign}{name}` has no plain Python that surely does the same")
        found = method(magic)
        assert isinstance(found, Translated)
        return found

    # Shell

    def _shell(self, command: str) -> Translated:
        if (found := installs(command)) is not None:
            return Translated(requirements=found)
        return Translated(f"{self.names.helper('shell')}({expanded(command, self.known)})")

    def _lines(self, command: str) -> Translated:
        call = f"{self.names.helper('shell_lines')}({expanded(command, self.known)})"
        return Translated(call, value=True)

    def _install(self, tool: str, arguments: str) -> Translated:
        found = installs(f"{tool} {arguments}")
        return Translated(requirements=found or ())

    def _program(self, magic: Magic) -> Translated:
        if magic.kind in ("line", "assign-magic"):
            return self._lines(magic.arguments)
        try:
            words = shlex.split(magic.arguments)
        except ValueError:
            raise CannotError(f"the options of `%%{magic.name}` can't be read") from None
        if magic.name in ("system", "sx", "!"):
            return Translated(f"{self.names.helper('shell_lines')}({expanded(magic.body, self.known)})", True)
        out, err, rest = "", "", []
        check = True
        while words:
            word = words.pop(0)
            option, equals, value = word.partition("=")
            if option in ("--out", "--err"):
                value = value if equals else words.pop(0)
                out, err = (value, err) if option == "--out" else (out, value)
            elif option == "--no-raise-error":
                check = False
            elif word.startswith("--"):
                raise CannotError(f"`%%{magic.name} {option}` has no plain Python that surely does the same")
            else:
                rest.append(word)
        program = rest if magic.name == "script" else [_PROGRAMS.get(magic.name, magic.name), *rest]
        if program[:1] in (["python"], ["python3"]):
            sys = self.names.module("sys")
            shown = ", ".join([f"{sys}.executable", *map(literal, program[1:])])
        else:
            shown = ", ".join(map(literal, program))
        capture = ", capture=True" if out or err else ""
        call = f"{self.names.helper('run_program')}([{shown}], {literal(magic.body)}{capture})"
        if not check:
            error = f"{self.names.module('subprocess')}.CalledProcessError"
            call = f"with {self.names.module('contextlib')}.suppress({error}):\n    {call}"
            if capture:
                raise CannotError(f"`%%{magic.name}` that keeps the output of what may fail")
        if not capture:
            return Translated(call)
        lines = [f"finished = {call}"]
        lines += [
            f"{name} = finished.{stream}" for name, stream in ((out, "stdout"), (err, "stderr")) if name
        ]
        return Translated("\n".join(lines).replace("finished", self.names.free("finished")))

    # Time

    def _magic_time(self, magic: Magic) -> Translated:
        return Translated(around=f"with {self.names.helper('timed')}({literal(self.label)}):")

    def _magic_timeit(self, magic: Magic) -> Translated:
        text = magic.arguments
        end = option_end("timeit", text)
        code = magic.body if magic.kind == "cell" else text[end:].strip()
        if magic.kind == "cell" and text[end:].strip():
            raise CannotError("`%%timeit` with a line that sets up")
        given = []
        for letter, name in (("n", "number"), ("r", "repeat")):
            if found := re.search(rf"-{letter}\s*(\d+)", text[:end]):
                given.append(f", {name}={found[1]}")
        call = f"{self.names.helper('time_code')}({literal(code)}{''.join(given)})"
        return Translated(call, value=magic.kind == "assign-magic")

    # Files and settings

    def _magic_writefile(self, magic: Magic) -> Translated:
        words = shlex.split(magic.arguments)
        append = any(word in ("-a", "--append") for word in words)
        paths = [word for word in words if not word.startswith("-")]
        if len(paths) != 1:
            raise CannotError("`%%writefile` without one path")
        path = expanded(paths[0], self.known)
        if paths[0].startswith("~"):
            path = f"{self.names.module('os')}.path.expanduser({path})"
        mode = "a" if append else "w"
        body = magic.body if magic.body.endswith("\n") else magic.body + "\n"
        file = self.names.free("file")
        write = f"{file}.write({literal(body)})"
        return Translated(f'with open({path}, "{mode}", encoding="utf-8") as {file}:\n    {write}')

    _magic_file = _magic_writefile

    def _magic_cd(self, magic: Magic) -> Translated:
        words = [word for word in magic.arguments.split() if word != "-q"]
        path = " ".join(words).strip("'\"")
        if path.startswith("-"):
            raise CannotError("`%cd -` goes back to where nothing here says")
        os = self.names.module("os")
        where = expanded(path, self.known) if path else literal("~")
        if not path or path.startswith("~"):
            where = f"{os}.path.expanduser({where})"
        return Translated(f"{os}.chdir({where})")

    def _magic_pwd(self, magic: Magic) -> Translated:
        return Translated(f"{self.names.module('os')}.getcwd()", value=True)

    def _magic_mkdir(self, magic: Magic) -> Translated:
        return self._shell(f"mkdir {magic.arguments}")

    def _magic_env(self, magic: Magic) -> Translated:
        text = magic.arguments.strip()
        os = self.names.module("os")
        name, sign, value = text.partition("=" if "=" in text else " ")
        if not text:
            return Translated()
        if not sign:
            return Translated(f"{os}.environ[{literal(name)}]", value=True)
        given = f"{os}.environ[{literal(name.strip())}] = {expanded(value.strip(), self.known)}"
        return Translated(given)

    _magic_set_env = _magic_env

    def _magic_run(self, magic: Magic) -> Translated:
        words = shlex.split(magic.arguments)
        if not words or words[0].startswith("-"):
            raise CannotError(f"`%run {' '.join(words[:1])}` has no plain Python that surely does the same")
        path = words[0] if words[0].endswith((".py", ".ipynb", ".ipy")) else words[0] + ".py"
        if not path.endswith(".py"):
            raise CannotError(f"`%run` of {path}, which is no Python script")
        given = ", ".join(expanded(word, self.known) for word in (path, *words[1:]))
        return Translated(f"{self.names.helper('run_script')}({given})")

    def _magic_xdel(self, magic: Magic) -> Translated:
        return Translated(f"del {magic.arguments.strip()}")

    # What a cell shows

    def _magic_capture(self, magic: Magic) -> Translated:
        words = magic.arguments.split()
        if any(word.startswith("-") for word in words):
            raise CannotError("`%%capture` with options")
        if words and re.search(rf"\b{re.escape(words[0])}\s*\.\s*outputs\b", self.source):
            raise CannotError(f"`{words[0]}.outputs` are displays that only a notebook has")
        kept = f" as {words[0]}" if words else ""
        return Translated(around=f"with {self.names.helper('captured')}(){kept}:", quiet=True)

    def _nbdebt(self, magic: Magic) -> Translated:
        word, *rest = [*magic.arguments.split(), ""]
        if word not in ("seed", "seeded") or (word == "seeded") != (magic.kind == "cell"):
            return Translated()
        seed = int(rest[0]) if rest[0] else self.seed
        if seed is None:
            raise CannotError(
                f"`%nbdebt {word}` without a number takes it from a configuration: write it down"
            )
        if word == "seeded":
            return Translated(around=f"with {self.names.helper('seeded')}({seed}):")
        return Translated(f"{self.names.helper('seed_streams')}({seed})")


def installs(command: str) -> tuple[str, ...] | None:
    """What a command installs; None where it does something else."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return None
    text = " ".join(words)
    found = re.match(
        r"(?:(?:\{sys\.executable\}|python3?|\S*/python3?) -m )?(?:uv )?(?:pip3?|conda|mamba|uv)\b(.*)", text
    )
    if found is None:
        return None
    rest = found[1].split()
    if "install" not in rest and "add" not in rest:
        return ()
    kept, skip = [], False
    for word in rest[rest.index("install" if "install" in rest else "add") + 1 :]:
        if skip:
            skip = False
        elif word in ("-r", "-c", "-i", "-f", "--index-url", "--extra-index-url", "--find-links", "-t", "-n"):
            skip = True
        elif not word.startswith("-"):
            kept.append(word)
    return tuple(kept)
