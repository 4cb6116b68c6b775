"""Calls of builtins and of standard library functions that hand on what they are given: iterables, paths,
functions."""

import ast
import shlex
from pathlib import PurePosixPath

from nbdebt.flow.apply import EffectReader
from nbdebt.flow.folding import combine, iterable_of
from nbdebt.flow.places import ITERATORS
from nbdebt.flow.randomness import Bound
from nbdebt.flow.shell import shell_accesses
from nbdebt.flow.values import Value, constant

Arguments = list[tuple[Value, ast.expr]]

_PASSING = frozenset(
    (
        "enumerate",
        "reversed",
        "zip",
        "iter",
        "list",
        "tuple",
        "sorted",
        "set",
        "frozenset",
        "map",
        "filter",
        "tqdm",
    )
)
# Builtins that don't take anything out of an iterator that they are given.
_LAZY = frozenset(
    (
        "print",
        "repr",
        "str",
        "type",
        "id",
        "iter",
        "enumerate",
        "zip",
        "map",
        "filter",
        "isinstance",
        "hasattr",
        "getattr",
        "callable",
        "next",
        "len",
    )
)
_RESULTS = {
    "range": "range",
    "len": "int",
    "ord": "int",
    "hash": "int",
    "id": "int",
    "chr": "str",
    "isinstance": "bool",
    "hasattr": "bool",
    "callable": "bool",
    "any": "bool",
    "all": "bool",
}
_OPAQUE = {
    "exec": "`exec` runs code that is not written here",
    "eval": "`eval` runs code that is not written here",
}
_PATHS = frozenset(
    ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath")
)
_SAME_PATH = frozenset(
    ("os.fspath", "str", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser")
)
_PATH_METHODS = frozenset(("with_suffix", "with_name", "with_stem"))
_FOLDED_METHODS = frozenset(
    ("replace", "strip", "lstrip", "rstrip", "lower", "upper", "title", "removesuffix", "removeprefix")
)
_SQL_TEXTS = frozenset(("sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text"))
_COMMANDS = frozenset(
    (
        "os.system",
        "os.popen",
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.Popen",
        "subprocess.getoutput",
    )
)
# Longer texts are not folded: nobody names a file so.
_LONGEST = 4096


_KNOWN = (
    frozenset(
        (
            "globals",
            "locals",
            "vars",
            "contextlib.suppress",
            "functools.partial",
            "functools.wraps",
            "functools.lru_cache",
            "functools.cache",
            "pathlib.Path.cwd",
            "pathlib.Path.home",
            "os.getcwd",
            "os.path.join",
            "posixpath.join",
        )
    )
    | frozenset(_OPAQUE)
    | _PATHS
    | _SAME_PATH
    | _SQL_TEXTS
    | _COMMANDS
)


class BuiltinReader(EffectReader):
    """Reads calls of builtins."""

    def call_back(self, arguments: Arguments, keywords: Bound, node: ast.Call) -> None:
        """A function that is handed to another is taken as called by it."""
        raise AssertionError("functions are called in CallReader")

    def use_up(self, qualified: str, arguments: Arguments) -> None:
        """A builtin goes through the iterators that it is given."""
        if "." not in qualified and qualified not in _LAZY:
            for value, expression in arguments:
                if value.type in ITERATORS:
                    self.mutate(value, "", expression)

    def written_keys(self, node: ast.Call) -> list[tuple[str, ast.expr]] | None:
        """The keys and values of ``d.update({'a': 1}, b=2)``; None where some are computed."""
        found: list[tuple[str, ast.expr]] = []
        for argument in node.args:
            if not isinstance(argument, ast.Dict):
                return None
            for key, value in zip(argument.keys, argument.values, strict=True):
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    return None
                found.append((key.value, value))
        for keyword in node.keywords:
            if keyword.arg is None:
                return None
            found.append((keyword.arg, keyword.value))
        return found

    def call_builtin(
        self, qualified: str, arguments: Arguments, keywords: Bound, node: ast.Call
    ) -> Value | None:
        """What a builtin gives; None where it is none of those that hand something on."""
        last = qualified.rpartition(".")[2] if "." in qualified else qualified
        if last in _PASSING and arguments:
            return self._pass_on(last, arguments)
        if qualified in _RESULTS:
            if qualified == "hash" and arguments and arguments[0][0].type in ("str", "bytes"):
                # Another number in each process (see ``PYTHONHASHSEED``).
                self.draw("hash", node, qualified)
            return Value(_RESULTS[qualified])
        if qualified not in _KNOWN:
            return None
        if qualified in _OPAQUE:
            self.flow.opaque.append(f"{_OPAQUE[qualified]} (line {node.lineno})")
        elif qualified in ("globals", "locals", "vars"):
            if not arguments and (qualified == "globals" or not self.scopes):
                self.flow.opaque.append(f"`{qualified}()` gives access to all names (line {node.lineno})")
            return Value("dict")
        elif qualified == "contextlib.suppress":
            return Value(qualified)
        elif qualified in _SQL_TEXTS and arguments:
            return arguments[0][0]
        elif qualified in _COMMANDS and arguments:
            self._run_command(qualified, arguments[0][0], node)
        elif qualified == "functools.partial" and arguments:
            return _partial(arguments, keywords)
        elif qualified in ("functools.wraps", "functools.lru_cache", "functools.cache") and arguments:
            return arguments[0][0] if arguments[0][0].function is not None and last != "wraps" else Value()
        return self._call_of_path(qualified, [v for v, _ in arguments])

    def _pass_on(self, name: str, arguments: Arguments) -> Value:
        """``list(x)``, ``enumerate(x)``, ``zip(x, y)``: something else with the same elements in it."""
        if name == "zip":
            pair = Value("tuple")
            pair.elements = [self.element_of(v, n) for v, n in arguments]
            return iterable_of(pair, Value("iterator"))
        value, expression = arguments[-1] if name in ("map", "filter") else arguments[0]
        if name in ("list", "tuple", "enumerate", "iter"):
            self.order_of(value, expression)
        if name == "enumerate":
            pair = Value("tuple")
            pair.elements = [Value("int"), self.some_element(value)]
            return iterable_of(pair, Value("iterator"))
        lazy = name in ("iter", "map", "filter", "reversed")
        kind = "iterator" if lazy else value.type if name == "tqdm" else "list" if name == "sorted" else name
        result = Value(kind)
        if name == "map":
            # What the function makes of the elements isn't known.
            return result
        if value.type == "pandas.DataFrame" or (value.type == "str" and not value.elements):
            return iterable_of(Value("str"), result)
        element = self.some_element(value)
        element.inside(result)
        if value.elements is not None and name in ("list", "tuple", "tqdm", "set"):
            result.elements = list(value.elements)
            for position, part in enumerate(result.elements):
                part.inside(result, "" if name == "set" else f"[{position}]")
        return iterable_of(element, result)

    def _run_command(self, qualified: str, command: Value, node: ast.Call) -> None:
        """``os.system("cp a b")``, ``subprocess.run(["cp", "a", "b"])``."""
        text = command.path
        if not text and command.elements and all(e.path for e in command.elements):
            text = shlex.join(e.path for e in command.elements)
        for resource, mode, detail in shell_accesses(text):
            self.emit(resource, mode, node, qualified, detail)

    # Paths and texts

    def _call_of_path(self, qualified: str, values: list[Value]) -> Value | None:
        if not values:
            if qualified in ("pathlib.Path.cwd", "os.getcwd"):
                return Value("pathlib.Path", known=True, const=".")
            if qualified == "pathlib.Path.home":
                return Value("pathlib.Path", known=True, const="~")
            return Value("pathlib.Path", known=True, const=".") if qualified in _PATHS else None
        first = values[0]
        if qualified in _PATHS:
            if len(values) == 1 and not isinstance(first.const, str) and not first.text:
                return Value("pathlib.Path")
            return self.join_path(values)
        if qualified in ("os.path.join", "posixpath.join"):
            return self.join_path(values)
        if qualified in _SAME_PATH and len(values) == 1:
            if first.type not in ("str", "pathlib.Path") and qualified == "str":
                return constant(str(first.const)) if first.known else Value("str")
            result = Value("str", known=first.known and isinstance(first.const, str), const=first.const)
            result.text = first.text
            return result
        return None

    def join_path(self, values: list[Value]) -> Value:
        """Parts of a path joined."""
        first = values[0]
        known = first.known and isinstance(first.const, str)
        result = Value("pathlib.Path", known=known, const=first.const if known else None)
        result.text = first.text
        for value in values[1:]:
            result = combine(ast.Div(), result, value)
        result.type = "pathlib.Path"
        return result

    def method_of_path(self, owner: Value, attribute: str, values: list[Value]) -> Value | None:
        """What a method of a path gives that is a path again."""
        if attribute == "joinpath":
            return self.join_path([owner, *values])
        if attribute in ("resolve", "absolute", "expanduser"):
            return owner
        if attribute in _PATH_METHODS:
            changed = Value("pathlib.Path")
            text = values[0].path if values else ""
            try:
                path = str(getattr(PurePosixPath(owner.path), attribute)(text or "{…}"))
            except ValueError:
                return changed
            if owner.known and values and values[0].known:
                changed.known, changed.const = True, path
            else:
                changed.text = path
            return changed
        return None

    def method_of_text(self, owner: Value, attribute: str, arguments: Arguments) -> Value | None:
        """What a method of a text gives that is a text again."""
        values = [v for v, _ in arguments]
        if attribute == "join":
            for value, expression in arguments:
                self.order_of(value, expression)
                self.use_up("join", [(value, expression)])
            elements = values[0].elements if values else None
            if owner.known and elements and all(e.known and isinstance(e.const, str) for e in elements):
                return constant(str(owner.const).join(e.const for e in elements))
            return Value("str")
        if attribute == "format":
            result = Value("str")
            result.text = owner.path
            return result
        if attribute in _FOLDED_METHODS:
            if owner.known and len(owner.const) < _LONGEST and all(isinstance(v.const, str) for v in values):
                try:
                    return constant(getattr(owner.const, attribute)(*(v.const for v in values)))
                except TypeError:
                    return Value("str")
            return Value("str")
        return None


def _partial(arguments: Arguments, keywords: Bound) -> Value:
    """``functools.partial(f, ...)``: called later."""
    inner = arguments[0][0]
    result = Value("function" if inner.function is not None else "")
    result.function = inner.function
    result.qualified = inner.qualified
    before = inner.bound or ([], {})
    result.bound = (
        [*before[0], *(v for v, _ in arguments[1:])],
        {**before[1], **{k: v for k, (v, _) in keywords.items()}},
    )
    return result
