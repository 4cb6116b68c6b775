"""Calls: library functions by their declared effects, functions and classes of the user's by walking their bodies."""

import ast
import re
from typing import Any

from nbdebt.flow.apply import EffectReader
from nbdebt.flow.effects import Effect
from nbdebt.flow.expressions import ITERATORS, ExpressionReader
from nbdebt.flow.values import Class, Function, Scope, Value
from nbdebt.model.history import Name

# The walk of called bodies is bounded: beyond this many calls for one cell, calls are taken as harmless.
_CALLS_PER_CELL = 400
_DEPTH = 8
_SEEDING = re.compile(r"^_?(?:set|fix|init|reset|setup)?_?(?:all|global|random|rng)?_?seeds?(?:_?(?:everything|everywhere|all|torch|rngs?))?$", re.I)
# Methods that change their object, whatever its type: what lists, sets, dicts, deques and estimators share.
_MUTATORS = frozenset(
    (
        "append extend insert remove clear sort reverse add discard update setdefault pop popitem appendleft "
        "extendleft popleft rotate fit partial_fit fit_transform fit_predict fit_resample set_params load_state_dict "
        "zero_grad backward add_node add_edge add_nodes_from add_edges_from remove_node remove_edge setflags "
        "set_index_inplace intersection_update difference_update symmetric_difference_update"
    ).split()
)
_CONTAINER_ADDERS = frozenset(("append", "add", "insert", "appendleft", "extend", "update", "setdefault"))
_PASSING = frozenset(("enumerate", "reversed", "zip", "iter", "list", "tuple", "sorted", "set", "map", "filter", "tqdm"))
# Builtins that don't take anything out of an iterator that they are given.
_LAZY = frozenset("print repr str type id iter enumerate zip map filter isinstance hasattr getattr callable next len".split())
_OPAQUE = {"exec": "`exec` runs code that is not written here", "eval": "`eval` runs code that is not written here"}


class CallReader(EffectReader, ExpressionReader):
    """Reads calls."""

    def call(self, node: ast.Call) -> Value:
        """Read a call: what it does and what it gives."""
        target, self.target = self.target, ""
        function = node.func
        owner: Value | None = None
        attribute = ""
        if function.__class__ is ast.Attribute:
            attribute = function.attr  # type: ignore[attr-defined]
            owner = self._owner(function)  # type: ignore[arg-type]
            callee = self._method(owner, attribute, function)
        else:
            callee = self.evaluate(function)
        arguments: list[tuple[Value, ast.expr]] = []
        spread = False
        for item in node.args:
            if item.__class__ is ast.Starred:
                spread = True
                self.evaluate(item.value)  # type: ignore[attr-defined]
                continue
            arguments.append((self.evaluate(item), item))
        keywords: dict[str, tuple[Value, ast.expr]] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is None:
                spread = True
            else:
                keywords[keyword.arg] = (value, keyword.value)
        if callee.function is not None:
            values = [v for v, _ in arguments]
            if owner is not None and owner.instance:
                values.insert(0, owner)
            elif owner is not None and owner.cls is not None and not owner.instance:
                pass
            held, self.callee = self.callee, callee
            result = self.invoke(callee.function, values, {k: v for k, (v, _) in keywords.items()}, node)
            self.callee = held
            return result
        if callee.cls is not None:
            return self._call_class(callee, [v for v, _ in arguments], {k: v for k, (v, _) in keywords.items()}, node)
        if callee.qualified:
            return self._call_qualified(node, callee.qualified, None, arguments, keywords, spread, target)
        self._call_back(arguments, keywords, node)
        if owner is not None:
            return self._call_method(node, owner, attribute, arguments, keywords, spread, target)
        return Value()

    # Whose method

    def _owner(self, function: ast.Attribute) -> Value:
        """The object of a method call, with the read of what the call depends on."""
        base = function.value
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)  # type: ignore[attr-defined]
            if value is None:
                return Value()
            if is_global:
                part = f".{function.attr}" if value.cls is not None and value.instance else ""
                self.emit_read(base.id, part, base)  # type: ignore[attr-defined]
            elif not value.qualified and not (value.cls is not None and value.instance):
                self.touch(value, "", function)
            return value
        if base.__class__ is ast.Call and isinstance(base.func, ast.Name) and base.func.id == "super" and self.scopes:  # type: ignore[attr-defined]
            return self._super()
        return self.evaluate(base)

    def _super(self) -> Value:
        """What ``super()`` stands for: the same object, seen as its base class."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.cls is None:
            return Value()
        value = Value()
        first = frame.node.args.args[0].arg if frame.node.args.args else ""
        instance, _ = self.peek(first) if first else (None, False)
        base = Class("super", frame.cell)
        base.bases = frame.cls.bases
        value.cls = base
        value.instance = True
        if instance is not None:
            if instance.fields is None:
                instance.fields = {}
            value.fields = instance.fields
            value.inside(instance)
        return value

    def _method(self, owner: Value, attribute: str, node: ast.expr) -> Value:
        """What the method of an object is, where it is the user's or a module's function."""
        if owner.qualified:
            return Value(qualified=f"{owner.qualified}.{attribute}")
        if owner.cls is not None:
            method = owner.cls.method(attribute)
            if method is not None:
                bound = Value("function")
                bound.function = method
                return bound
            found = (owner.fields or {}).get("." + attribute)
            if found is not None:
                return found
            return Value()
        if owner.fields is not None:
            found = owner.fields.get("." + attribute)
            if found is not None and (found.function is not None or found.cls is not None):
                return found
        return Value()

    # The user's own

    def invoke(self, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.expr) -> Value:
        """Walk the body of a function of the user's with what is known of the arguments."""
        self.steps += 1
        frames = self.frames
        if self.steps > _CALLS_PER_CELL or len(frames) >= _DEPTH or function in frames:
            return Value()
        names, outer = self.locals_of(function)
        scope = Scope(names, outer)
        definition = function.node.args
        positional = [*definition.posonlyargs, *definition.args]
        for parameter, value in zip(positional, args, strict=False):
            scope.values[parameter.arg] = value
        for key, value in keywords.items():
            if key in names:
                scope.values[key] = value
        held_scopes, held_site, held_via = self.scopes, self.site, self.via
        self.scopes = list(function.scopes)
        for parameter_name, default in function.defaults.items():
            scope.values.setdefault(parameter_name, default)
        if held_site is None:
            self.site = self.span(node)
            self.via = function.name
        self.scopes.append(scope)
        frames.append(function)
        self.results.append(None)
        try:
            if isinstance(function.node, ast.Lambda):
                result: Value | None = self.evaluate(function.node.body)
            else:
                self.block(function.node.body)
                result = self.results[-1]
        finally:
            self.results.pop()
            frames.pop()
            self.scopes, self.site, self.via = held_scopes, held_site, held_via
        if function.yields:
            return Value("generator")
        if result is not None and result.function is not None and scope in result.function.scopes:
            # What an inner function closes over lives, and changes, with it.
            for value in scope.values.values():
                value.inside(result)
        return result if result is not None else Value()

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order."""
        raise AssertionError("statements are read in Reader")

    def returned(self, value: Value) -> None:
        """Note what the function being walked returns; the first return that says anything counts."""
        if self.results:
            held = self.results[-1]
            if held is None or not (held.type or held.qualified or held.cls or held.parents):
                self.results[-1] = value

    def _call_class(self, callee: Value, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
        cls = callee.cls
        assert cls is not None
        if callee.instance:
            method = cls.method("__call__") or (cls.method("forward") if cls.library_bases else None)
            if method is not None:
                return self.invoke(method, [callee, *args], keywords, node)
            return Value()
        instance = Value()
        instance.cls = cls
        instance.instance = True
        instance.fields = {}
        method = cls.method("__init__")
        if method is not None:
            self.invoke(method, [instance, *args], keywords, node)
        else:
            for value in (*args, *keywords.values()):
                value.inside(instance)
        return instance

    def _call_back(
        self,
        arguments: list[tuple[Value, ast.expr]],
        keywords: dict[str, tuple[Value, ast.expr]],
        node: ast.Call,
    ) -> None:
        """A function that is handed to another is taken as called by it."""
        for value, _ in (*arguments, *keywords.values()):
            if value.function is not None:
                self.maybe += 1
                self.invoke(value.function, [], {}, node)
                self.maybe -= 1

    def decorate(self, decorator: ast.expr, inner: Value, function: Value) -> Value:
        """What a decorator makes of a function."""
        value = self.evaluate(decorator) if decorator.__class__ is not ast.Call else self._decorator_factory(decorator)
        if value.function is not None:
            wrapped = self.invoke(value.function, [inner], {}, decorator)
            return wrapped if wrapped.function is not None else inner
        return inner

    def _decorator_factory(self, decorator: ast.expr) -> Value:
        return self.evaluate(decorator)

    # Libraries and unknown objects

    def _call_qualified(
        self,
        node: ast.Call,
        qualified: str,
        owner: Value | None,
        arguments: list[tuple[Value, ast.expr]],
        keywords: dict[str, tuple[Value, ast.expr]],
        spread: bool,
        target: str,
    ) -> Value:
        effect = self.registry.effect(qualified)
        if qualified in _SPECIAL_CALLS:
            special = self._call_special(qualified, arguments, node)
            if special is not None:
                return special
        self._call_back(arguments, keywords, node)
        if "." not in qualified and qualified not in _LAZY:
            for value, expression in arguments:
                if value.type in ITERATORS:
                    self.mutate(value, "", expression)
        if effect is None:
            return self._call_undeclared(qualified, arguments, node)
        return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)

    def _call_undeclared(self, qualified: str, arguments: list[tuple[Value, ast.expr]], node: ast.Call) -> Value:
        last = qualified.rpartition(".")[2]
        if "." in qualified and _SEEDING.match(last) and len(last) > 4:
            for stream in ("python", "numpy", "torch", "tensorflow", "cupy"):
                self.seed_stream(stream, node, qualified)
            return Value()
        if qualified in _OPAQUE:
            self.flow.opaque.append(f"{_OPAQUE[qualified]} (line {node.lineno})")
        if qualified in ("globals", "locals", "vars"):
            return Value("dict")
        if last in _PASSING and arguments:
            value = arguments[-1][0] if last in ("map", "filter") else arguments[0][0]
            result = Value("list" if last in ("list", "sorted") else "")
            if value.type in ("pandas.DataFrame", "str", "range"):
                return Value("list") if last in ("list", "sorted") else Value(value.type if value.type == "range" else "")
            if last == "enumerate":
                pair = Value("tuple")
                pair.elements = [Value("int"), self.child(value, "")]
                return _iterable_of(pair, Value("iterator"))
            if last == "zip":
                pair = Value("tuple")
                pair.elements = [self.element_of(v, n) for v, n in arguments]
                return _iterable_of(pair, Value("iterator"))
            if last in ("iter", "map", "filter", "reversed"):
                result = Value("iterator")
            return _iterable_of(self.element_of(value, arguments[0][1]), result)
        if last[:1].isupper() and "." in qualified:
            return Value(qualified)
        return Value()

    def _call_special(self, qualified: str, arguments: list[tuple[Value, ast.expr]], node: ast.Call) -> Value | None:
        values = [v for v, _ in arguments]
        if qualified == "getattr" and len(values) >= 2 and isinstance(values[1].const, str):
            if values[0].qualified:
                return Value(qualified=f"{values[0].qualified}.{values[1].const}")
            return self.child(values[0], f".{values[1].const}")
        if qualified == "setattr" and len(values) == 3:
            if values[0].qualified:
                self.set_setting(f"{values[0].qualified}.{values[1].const or '*'}", node)
            else:
                part = f".{values[1].const}" if isinstance(values[1].const, str) else ""
                self.mutate(values[0], part, node, mode="write" if part else "mutate")
            return Value()
        if qualified == "delattr" and len(values) == 2:
            self.mutate(values[0], "", node)
            return Value()
        if qualified in ("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath") and values:
            result = values[0]
            if len(values) == 1 and not isinstance(result.const, str) and not result.text:
                return Value("pathlib.Path")
            return self._join(values)
        if qualified in ("os.path.join", "posixpath.join") and values:
            return self._join(values)
        if qualified in ("os.fspath", "str", "os.path.abspath", "os.path.realpath", "os.path.normpath") and len(values) == 1:
            if values[0].path:
                result = Value("str", known=values[0].known, const=values[0].const)
                result.text = values[0].text
                return result
            return Value("str")
        if qualified in ("pathlib.Path.cwd", "os.getcwd"):
            return Value("pathlib.Path", known=True, const=".")
        if qualified == "pathlib.Path.home":
            return Value("pathlib.Path", known=True, const="~")
        if qualified == "os.path.expanduser" and values:
            return values[0]
        return None

    def _join(self, values: list[Value]) -> Value:
        result = Value("pathlib.Path", known=values[0].known, const=values[0].const if isinstance(values[0].const, str) else None)
        result.known = result.const is not None
        result.text = values[0].text
        for value in values[1:]:
            result = self.combine(ast.Div(), result, value)
        result.type = "pathlib.Path"
        return result

    def _call_method(
        self,
        node: ast.Call,
        owner: Value,
        attribute: str,
        arguments: list[tuple[Value, ast.expr]],
        keywords: dict[str, tuple[Value, ast.expr]],
        spread: bool,
        target: str,
    ) -> Value:
        """A method of an object whose class isn't the user's."""
        if owner.cls is not None:
            qualified = ""
            for base in owner.cls.library_bases:
                qualified = f"{base}.{attribute}"
                effect = self.registry.effect(qualified)
                if effect is not None:
                    return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)
            if attribute in _MUTATORS:
                self.mutate(owner, "", node)
            return Value()
        if owner.type == "pathlib.Path" and attribute in ("joinpath", "with_suffix", "with_name", "resolve", "absolute", "expanduser"):
            if attribute == "joinpath":
                return self._join([owner, *(v for v, _ in arguments)])
            if attribute.startswith("with_"):
                computed = Value("pathlib.Path")
                computed.text = owner.path
                return computed
            return owner
        if owner.type == "str" and attribute in ("format", "join", "replace", "strip", "lower", "upper"):
            computed = Value("str")
            computed.text = owner.path if attribute == "format" else ""
            return computed
        if owner.type:
            qualified = f"{owner.type}.{attribute}"
            effect = self.registry.effect(qualified)
            if effect is not None:
                return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)
            if owner.type in ("dict",) and attribute in ("values", "items", "get"):
                if attribute == "items":
                    pair = Value("tuple")
                    pair.elements = [Value("str"), self.child(owner, "")]
                    return _iterable_of(pair)
                return self.child(owner, "")
            if self.registry.knows(owner.type.partition(".")[0]) and "." in owner.type:
                inplace = keywords.get("inplace")
                if attribute in _MUTATORS or (inplace is not None and inplace[0].const is True):
                    self.mutate(owner, "", node)
                return Value()
            if owner.type in _KNOWN_BUILTIN_TYPES and attribute not in _MUTATORS:
                return Value()
        generic = self._generic_effect(attribute, keywords)
        if generic is not None:
            return self.apply(generic[1], generic[0], owner, node, arguments, keywords, spread, target)
        if attribute in _MUTATORS:
            self.mutate(owner, "", node)
            if attribute in _CONTAINER_ADDERS:
                for value, _ in arguments:
                    value.inside(owner)
        elif attribute in ("values", "items", "copy", "get", "iterrows", "itertuples", "groupby"):
            return Value() if attribute == "copy" else _iterable_of(self.child(owner, ""))
        return Value()

    def _generic_effect(self, attribute: str, keywords: dict[str, Any]) -> tuple[str, Effect] | None:
        """For an object of unknown type: a method whose name leaves little doubt (``to_csv``, ``savefig``)."""
        qualified = _TELLING.get(attribute)
        if qualified is None:
            if "inplace" in keywords:
                qualified = f"pandas.DataFrame.{attribute}"
            else:
                return None
        effect = self.registry.effect(qualified)
        return None if effect is None else (qualified, effect)

    def star_import(self, module: str, node: ast.ImportFrom) -> None:
        """``from module import *``: which names it brings is not written here."""
        self.flow.opaque.append(f"`from {module} import *` brings names that are not written here (line {node.lineno})")
        for name, qualified in _STARS.get(module, {}).items():
            self.store(name, Value(qualified=qualified), node)

    def del_name(self, name: str, node: ast.expr) -> None:
        """Forget a global name."""
        self.emit(Name(name), "delete", node)


_KNOWN_BUILTIN_TYPES = frozenset(("str", "int", "float", "bool", "bytes", "tuple", "list", "dict", "set", "frozenset", "range"))
_SPECIAL_CALLS = frozenset(
    (
        "getattr setattr delattr pathlib.Path pathlib.PurePath pathlib.PosixPath os.path.join posixpath.join os.fspath str "
        "os.path.abspath os.path.realpath os.path.normpath pathlib.Path.cwd os.getcwd pathlib.Path.home os.path.expanduser"
    ).split()
)
_TELLING = {
    "to_csv": "pandas.DataFrame.to_csv",
    "to_parquet": "pandas.DataFrame.to_parquet",
    "to_excel": "pandas.DataFrame.to_excel",
    "to_pickle": "pandas.DataFrame.to_pickle",
    "to_feather": "pandas.DataFrame.to_feather",
    "to_sql": "pandas.DataFrame.to_sql",
    "to_hdf": "pandas.DataFrame.to_hdf",
    "to_netcdf": "xarray.Dataset.to_netcdf",
    "savefig": "matplotlib.figure.Figure.savefig",
    "write_html": "plotly.graph_objects.Figure.write_html",
    "write_text": "pathlib.Path.write_text",
    "write_bytes": "pathlib.Path.write_bytes",
    "read_text": "pathlib.Path.read_text",
    "read_bytes": "pathlib.Path.read_bytes",
    "iterrows": "pandas.DataFrame.iterrows",
}
_STARS: dict[str, dict[str, str]] = {
    "pylab": {"np": "numpy", "plt": "matplotlib.pyplot"},
    "numpy": {},
}


def _iterable_of(element: Value, result: Value | None = None) -> Value:
    """An iterable whose elements are like ``element``."""
    value = result if result is not None else Value()
    value.fields = {"<element>": element}
    return value
