"""Copies and digests of what the machine knows."""

import ast
import itertools
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, Final

import xxhash

from nbdebt.flow.evaluate.classes import (
    Class,
    Env,
    Field,
    Function,
    Instance,
)
from nbdebt.flow.evaluate.objects import (
    Bound,
    Generator,
    Metered,
    Module,
    Native,
    Stream,
    Super,
    Wrapped,
)
from nbdebt.flow.evaluate.state import State
from nbdebt.flow.evaluate.values import (
    ATOMS,
    POISON,
    UNKNOWN,
    Unknowable,
)

_EXAMPLES: Final[tuple[Any, ...]] = (
    *map(iter, ([], (), "", "é", range(0), range(1 << 70), {}, {}.items(), {}.values(), set())),
    *(reversed([]), reversed(()), reversed({}), map(str, []), filter(None, []), zip(), enumerate([])),
    *(itertools.count(), itertools.repeat(0), itertools.cycle([]), itertools.chain()),
    *(itertools.islice([], 0), itertools.accumulate([]), itertools.takewhile(bool, [])),
)
#: Iterators of Python's own that can be taken apart and made anew.
_ITERATORS: Final[frozenset[type]] = frozenset(map(type, _EXAMPLES))


class Copier:
    """Copies values so that what is shared stays shared.

    Args:
        source: the machine that has the values.
        target: the machine that gets the copies. When it is another, functions and classes are copied too,
        because
            they carry state; within one machine (``copy.deepcopy``) they are shared.
    """

    def __init__(self, source: State, target: State) -> None:
        self.whole = source is not target
        self.target: Any = target
        self.memo: dict[int, Any] = {}
        self.kept: list[Any] = []

    def copy(self, value: Any) -> Any:
        """A copy of the value and of all that it reaches."""
        kind = type(value)
        if kind in ATOMS or value is UNKNOWN or value is POISON:
            return value
        found = self.memo.get(id(value), self)
        if found is not self:
            return found
        self.kept.append(value)
        twin = self._copied(value, kind)
        self.memo[id(value)] = twin
        return twin

    def _copied(self, value: Any, kind: type) -> Any:
        if kind is list:
            return self._filled(value, [], list.append)
        if kind is dict or kind in (OrderedDict, Counter, defaultdict):
            out: Any = kind()
            self.memo[id(value)] = out
            if kind is defaultdict:
                out.default_factory = self.copy(value.default_factory)
            for key, item in value.items():
                dict.__setitem__(out, self.copy(key), self.copy(item))
            return out
        if kind is tuple:
            return tuple(map(self.copy, value))
        if isinstance(value, tuple):
            return kind.__new__(kind, *map(self.copy, value))
        if kind is set or kind is frozenset:
            return self._set(value, kind)
        if kind is deque:
            return self._filled(value, deque(maxlen=value.maxlen), deque.append)
        if kind is Instance:
            twin = Instance(self.copy(value.cls))
            self.memo[id(value)] = twin
            twin.lost = value.lost
            for name, item in value.fields.items():
                twin.fields[name] = self.copy(item)
            return twin
        if kind is Stream:
            return self._stream(value)
        if kind is Metered:
            return self._metered(value)
        if kind is Generator:
            return self._generator(value)
        if isinstance(value, BaseException):
            try:
                return kind(*map(self.copy, value.args))
            except Exception:
                return UNKNOWN
        if self.whole:
            return self._machinery(value, kind)
        return value

    def _filled(self, value: Any, out: Any, add: Any) -> Any:
        self.memo[id(value)] = out
        for item in value:
            add(out, self.copy(item))
        return out

    def _set(self, value: Any, kind: type) -> Any:
        if all(type(item) in ATOMS for item in value):
            twin = value.copy()
            # the order of a set depends on how it came to be
            return twin if list(twin) == list(value) or kind is frozenset else {POISON}
        return kind(map(self.copy, value))

    def _stream(self, value: Stream) -> Stream:
        twin = Stream()
        if value.rng is not None:
            import random  # only where a notebook draws

            twin.rng = random.Random()
            twin.rng.setstate(value.rng.getstate())
        return twin

    def _metered(self, value: Metered) -> Metered:
        twin = Metered(iter(()), self.target)
        self.memo[id(value)] = twin
        twin.sources = tuple(map(self.copy, value.sources))
        try:
            twin.inner = self._iterator(value.inner)
        except (Unknowable, TypeError):
            twin.lost = True
        twin.lost |= value.lost
        return twin

    def _iterator(self, value: Any) -> Any:
        if type(value) in (Metered, Generator):
            return self.copy(value)
        if type(value) not in _ITERATORS:
            raise Unknowable
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make, args, *state = value.__reduce__()
        parts = [self._iterator(a) if type(a) in _ITERATORS else self.copy(a) for a in args]
        twin = make(*parts)
        if state and state[0] is not None:
            if not hasattr(twin, "__setstate__"):
                raise Unknowable
            twin.__setstate__(state[0])
        return twin

    def _generator(self, value: Generator) -> Generator:
        twin = Generator(value.node, Env(value.env.scope, None), self.target)
        self.memo[id(value)] = twin
        twin.env = self.env(value.env)
        # one that has begun can't be copied, only given up
        twin.lost = value.lost or value.run is not None
        return twin

    def env(self, value: Env | None) -> Any:
        """A copy of a scope's names."""
        if value is None:
            return None
        found = self.memo.get(id(value))
        if found is not None:
            return found
        twin = Env(value.scope, None, value.mangle)
        self.memo[id(value)] = twin
        self.kept.append(value)
        twin.cls = self.copy(value.cls)
        if twin.cls is not None:
            twin.vars = twin.cls.namespace
        twin.parent = self.env(value.parent)
        twin.function = self.copy(value.function)
        twin.first = self.copy(value.first)
        if value.cls is None:
            for name, item in value.vars.items():
                twin.vars[name] = self.copy(item) if name != ".0" else self._first(item)
        return twin

    def _first(self, value: Any) -> Any:
        try:
            return self._iterator(value)
        except (Unknowable, TypeError):
            lost = Metered(iter(()), self.target)
            lost.lost = True
            return lost

    def _machinery(self, value: Any, kind: type) -> Any:
        if kind is Function:
            twin = Function(value.node, value.name, value.qualname, None, self.target, value.scope)
            self.memo[id(value)] = twin
            twin.env = self.env(value.env)
            twin.mangle, twin.abstract = value.mangle, value.abstract
            twin.defaults = [self.copy(d) for d in value.defaults]
            twin.keyword_defaults = {n: self.copy(d) for n, d in value.keyword_defaults.items()}
            twin.attributes = {n: self.copy(a) for n, a in value.attributes.items()}
            twin.owner = self.env(value.owner)
            return twin
        if kind is Class:
            cls = Class(value.node, value.qualname, (), self.target)
            self.memo[id(value)] = cls
            cls.bases = tuple(map(self.copy, value.bases))
            cls.mro = [self.copy(c) for c in value.mro]
            cls.exception, cls.frozen, cls.abstract = value.exception, value.frozen, value.abstract
            for name, item in value.namespace.items():
                cls.namespace[name] = self.copy(item)
            cls.fields = None if value.fields is None else [self._field(f) for f in value.fields]
            return cls
        if kind is Bound:
            bound = Bound(None, None, self.target, value.name)
            self.memo[id(value)] = bound
            bound.owner, bound.function = self.copy(value.owner), self.copy(value.function)
            return bound
        if kind is Wrapped:
            wrapped = Wrapped(value.kind, None, self.target)
            self.memo[id(value)] = wrapped
            wrapped.function, wrapped.parts = self.copy(value.function), self.copy(value.parts)
            wrapped.memo = self.copy(value.memo)
            return wrapped
        if kind is Native:
            return value if not any(type(h) not in ATOMS for h in value.holds) else UNKNOWN
        if kind is Super:
            return Super(self.copy(value.after), self.copy(value.owner))
        if kind.__module__ == "builtins" and kind.__name__.startswith("dict_"):
            return getattr(self.copy(dict(value.mapping)), kind.__name__[5:])()
        return value

    def _field(self, field: Field) -> Field:
        twin = Field(field.name, self.copy(field.default), self.copy(field.factory), field.init, field.repr)
        twin.compare = field.compare
        return twin


class Digester:
    """A canonical digest of a known value: deep, aware of types and of order, blind to aliases."""

    def __init__(self) -> None:
        self.hash = xxhash.xxh3_128()
        self.inside: list[int] = []

    def feed(self, value: Any) -> None:
        """Adds a value.

        Raises:
            Unknowable: when something in it is unknown, or has no value that could be compared.
        """
        kind = type(value)
        if value is UNKNOWN or value is POISON or len(self.inside) > 200:
            raise Unknowable
        self.tag(kind.__name__)
        if kind in ATOMS:
            if kind is int and value.bit_length() > 14_000:
                self.tag(hex(value))
            elif kind is str:
                self.tag(value)
            else:
                self.tag(repr(value))
            return
        if id(value) in self.inside:
            self.tag("cycle")
            return
        self.inside.append(id(value))
        self._deep(value, kind)
        self.inside.pop()

    def tag(self, text: str) -> None:
        """Adds a text, so that no two sequences of texts come out alike."""
        data = text.encode("utf-8", "surrogatepass")
        self.hash.update(b"%d:" % len(data))
        self.hash.update(data)

    def _deep(self, value: Any, kind: type) -> None:
        if isinstance(value, list | tuple | deque):
            self.tag(str(len(value)))
            for item in value:
                self.feed(item)
        elif isinstance(value, dict):
            if isinstance(value, defaultdict):
                self.feed(value.default_factory)
            self.tag(str(len(value)))
            for key, item in value.items():
                self.feed(key)
                self.feed(item)
        elif isinstance(value, set | frozenset):
            for one in sorted(map(digest, value)):
                self.tag(one)
        elif kind is Instance:
            if value.lost:
                raise Unknowable
            self.feed(value.cls)
            for name in sorted(value.fields):
                self.tag(name)
                self.feed(value.fields[name])
        elif kind is Class:
            self.tag(ast.unparse(value.node))
            for base in value.bases:
                self.feed(base)
            for name, item in value.namespace.items():
                if type(item) not in (Function, Wrapped):
                    self.tag(name)
                    self.feed(item)
        elif kind is Function:
            self._function(value)
        elif kind is Wrapped:
            self.tag(value.kind)
            self.feed(value.function)
            self.feed(value.parts)
        elif kind is Bound and value.name:
            self.tag(value.name)
            self.feed(value.owner)
        elif kind is Bound:
            self.feed(value.owner)
            self.feed(value.function)
        elif kind is Module:
            self.tag(value.name)
        elif kind in (Metered, Generator, Native, Stream, Super, Field):
            raise Unknowable
        elif isinstance(value, type):
            self.tag(f"{value.__module__}.{value.__qualname__}")
        elif isinstance(value, BaseException):
            self.feed(value.args)
        elif callable(value):
            self.tag(f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}")
        else:
            text = repr(value)
            if " at 0x" in text:
                raise Unknowable
            self.tag(text)

    def _function(self, value: Function) -> None:
        self.tag(ast.unparse(value.node))
        self.feed(value.defaults)
        self.feed(value.keyword_defaults)
        env = value.env
        read = {n.id for n in ast.walk(value.node) if isinstance(n, ast.Name)}
        while env is not None:
            for name in sorted(read & env.vars.keys()):
                self.tag(name)
                self.feed(env.vars[name])
            env = env.parent


def digest(value: Any) -> str:
    """The digest of a value.

    Raises:
        Unknowable: when it has none.
    """
    digester = Digester()
    digester.feed(value)
    return digester.hash.hexdigest()
