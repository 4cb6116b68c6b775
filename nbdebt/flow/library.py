"""Calls of libraries: by their declared effects, else by names that leave little doubt."""

import ast
import re

from nbdebt.flow.builtin_calls import Arguments, BuiltinReader
from nbdebt.flow.effects import Effect
from nbdebt.flow.folding import iterable_of
from nbdebt.flow.randomness import Bound
from nbdebt.flow.values import Value
from nbdebt.model.patterns import later

_SEEDING = later(
    r"^_?(?:set|fix|init|reset|setup|make)?_?(?:all|global|random|rng)?_?seeds?"
    r"(?:_?(?:everything|everywhere|all|torch|rngs?))?$",
    re.IGNORECASE,
)
_SEEDED = ("python", "numpy", "torch", "tensorflow", "cupy")
# Methods that change their object, whatever its type: what lists, sets, dicts, deques and estimators share.
_MUTATORS = frozenset(
    """
    append extend insert remove clear sort reverse add discard update setdefault pop popitem appendleft
    extendleft popleft rotate fit partial_fit fit_transform fit_predict fit_resample set_params
    load_state_dict zero_grad backward add_node add_edge add_nodes_from add_edges_from remove_node
    remove_edge setflags intersection_update difference_update symmetric_difference_update
    """.split()  # noqa: SIM905
)
_CONTAINER_ADDERS = frozenset(("append", "add", "insert", "appendleft", "extend", "update", "setdefault"))
_DICTS = frozenset(("dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"))
_BUILTIN_TYPES = frozenset(
    ("str", "int", "float", "bool", "bytes", "tuple", "list", "dict", "set", "frozenset", "range")
)
_SETS = frozenset(("union", "intersection", "difference", "symmetric_difference", "copy"))
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
    "write_image": "plotly.graph_objects.Figure.write_image",
    "write_text": "pathlib.Path.write_text",
    "write_bytes": "pathlib.Path.write_bytes",
    "read_text": "pathlib.Path.read_text",
    "read_bytes": "pathlib.Path.read_bytes",
    "iterrows": "pandas.DataFrame.iterrows",
}
_STARS: dict[str, dict[str, str]] = {"pylab": {"np": "numpy", "plt": "matplotlib.pyplot"}}


class LibraryReader(BuiltinReader):
    """Reads calls of libraries."""

    def call_qualified(
        self,
        node: ast.Call,
        qualified: str,
        owner: Value | None,
        arguments: Arguments,
        keywords: Bound,
        spread: bool,
        target: str,
    ) -> Value:
        """A function of a module or a builtin."""
        if qualified != "functools.partial":
            self.call_back(arguments, keywords, node)
        self.use_up(qualified, arguments)
        given = self.call_builtin(qualified, arguments, keywords, node)
        if given is not None:
            return given
        effect = self.registry.effect(qualified)
        if effect is not None:
            return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)
        last = qualified.rpartition(".")[2]
        if "." in qualified and len(last) > 4 and _SEEDING.match(last):
            for stream in _SEEDED:
                self.seed_stream(stream, node, qualified)
            return Value()
        return Value(qualified if last[:1].isupper() and "." in qualified else "")

    def call_method(
        self,
        node: ast.Call,
        owner: Value,
        attribute: str,
        arguments: Arguments,
        keywords: Bound,
        spread: bool,
        target: str,
    ) -> Value:
        """A method of an object whose class isn't the user's, or that is inherited from a library's."""
        if owner.cls is not None:
            return self._inherited(node, owner, attribute, arguments, keywords, spread, target)
        if owner.type == "pathlib.Path":
            found = self.method_of_path(owner, attribute, [v for v, _ in arguments])
        elif owner.type == "str":
            found = self.method_of_text(owner, attribute, arguments)
        elif owner.type in _DICTS:
            found = self._method_of_dict(node, owner, attribute)
        elif owner.type == "set" and attribute in _SETS:
            found = Value("set")
        else:
            found = None
        if found is not None:
            return found
        if owner.type:
            qualified = f"{owner.type}.{attribute}"
            effect = self.registry.effect(qualified)
            if effect is not None:
                return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)
            if self.registry.knows(owner.type.partition(".")[0]) and "." in owner.type:
                inplace = keywords.get("inplace")
                if attribute in _MUTATORS or (inplace is not None and inplace[0].const is True):
                    self.mutate(owner, "", node)
                return Value()
            if owner.type in _BUILTIN_TYPES and attribute not in _MUTATORS:
                return Value()
        generic = self._telling(attribute, keywords)
        if generic is not None:
            return self.apply(generic[1], generic[0], owner, node, arguments, keywords, spread, target)
        if attribute in _MUTATORS:
            self.mutate(owner, "", node)
            if attribute in _CONTAINER_ADDERS:
                for value, _ in arguments:
                    value.inside(owner)
        elif attribute in ("values", "items", "get", "iterrows", "itertuples", "groupby"):
            return iterable_of(self.child(owner, ""))
        return Value()

    def _inherited(
        self,
        node: ast.Call,
        owner: Value,
        attribute: str,
        arguments: Arguments,
        keywords: Bound,
        spread: bool,
        target: str,
    ) -> Value:
        assert owner.cls is not None
        for base in owner.cls.library_bases:
            qualified = f"{base}.{attribute}"
            effect = self.registry.effect(qualified)
            if effect is not None:
                return self.apply(effect, qualified, owner, node, arguments, keywords, spread, target)
        if attribute in _MUTATORS:
            self.mutate(owner, "", node)
        return Value()

    def _method_of_dict(self, node: ast.Call, owner: Value, attribute: str) -> Value | None:
        if attribute == "items":
            pair = Value("tuple")
            pair.elements = [Value("str"), self.child(owner, "")]
            return iterable_of(pair)
        if attribute == "values":
            return iterable_of(self.child(owner, ""))
        if attribute == "keys":
            return iterable_of(Value("str"))
        if attribute == "get":
            key = node.args[0] if node.args else None
            part = f"[{key.value!r}]" if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            return self.child(owner, part)
        if attribute == "update" and owner.type != "collections.Counter":
            keys = self.written_keys(node)
            if keys is not None:
                for key_text, value in keys:
                    self.put(owner, f"[{key_text!r}]", Value(), value)
                return Value("NoneType")
        return None

    def _telling(self, attribute: str, keywords: Bound) -> tuple[str, Effect] | None:
        """For an object of unknown type: a method whose name leaves little doubt (``to_csv``,
        ``savefig``)."""
        qualified = _TELLING.get(attribute)
        if qualified is None:
            if "inplace" not in keywords:
                return None
            qualified = f"pandas.DataFrame.{attribute}"
        effect = self.registry.effect(qualified)
        return None if effect is None else (qualified, effect)

    def star_import(self, module: str, node: ast.ImportFrom) -> None:
        """``from module import *``: which names it brings is not written here."""
        self.flow.opaque.append(
            f"`from {module} import *` brings names that are not written here (line {node.lineno})"
        )
        if self.registry.knows(module.partition(".")[0]) and module not in self.stars:
            self.stars.append(module)
        for name, qualified in _STARS.get(module, {}).items():
            self.store(name, Value(qualified=qualified), node)
