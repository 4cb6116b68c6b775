"""Applies the declared effect of a library function to a call: accesses, the call for the rules, and the
result."""

import ast
import re
from typing import NamedTuple

from nbdebt.flow.effects import Effect, holds
from nbdebt.flow.facts import Argument, Call
from nbdebt.flow.folding import iterable_of
from nbdebt.flow.randomness import Bound, RandomnessReader, given_constants
from nbdebt.flow.sql import sql_detail
from nbdebt.flow.values import Value
from nbdebt.model.history import File, Mode, Package, Resource, Setting, Table, Url
from nbdebt.model.patterns import later

_TEMPLATE = later(r"\{(\w+)\}")
_URL = later(r"^[A-Za-z][A-Za-z0-9+.-]+:(?://|[^\\/])")
SQL_WRITES = later(r"^\s*(insert|update|delete|create|replace|drop|alter|merge|truncate|copy)\b", re.I)
SQL_TABLE = later(
    r"\b(?:from|join|into|update|table(?:\s+if\s+(?:not\s+)?exists)?)\s+([\w.\"`\[\]{}]+)", re.I
)
# Containers that keep what is put into them.
_ADDERS = frozenset(
    f"{kind}.{method}"
    for kind in ("list", "set", "dict", "collections.deque")
    for method in ("append", "add", "insert", "appendleft", "extend", "update", "setdefault")
)
# Values that are no paths: open handles and buffers.
_HANDLES = frozenset(
    ("io", "io.BytesIO", "io.StringIO", "io.TextIOWrapper", "io.BufferedReader", "zipfile.ZipFile")
)
_OUTSIDE = (
    "reads",
    "writes",
    "opens",
    "lists",
    "deletes",
    "moves",
    "copies",
    "queries",
    "writes_table",
    "installs",
    "sets",
    "uses",
)
_RANDOM = ("draws", "seeds", "generator", "pending")
# What rules look at the arguments of.
_NOTEWORTHY = (*_OUTSIDE[:3], "seed", *_OUTSIDE[5:10], *_RANDOM)


class _Plan(NamedTuple):
    """Which parts of an effect there are, found once for each."""

    effect: Effect
    noteworthy: bool
    outside: bool
    random: bool


_plans: dict[int, _Plan] = {}


def _plan(effect: Effect) -> _Plan:
    found = _plans.get(id(effect))
    if found is None:
        # The plan keeps the effect alive, so that no other one can have its id.
        found = _plans[id(effect)] = _Plan(
            effect,
            *(any(getattr(effect, field) for field in fields) for fields in (_NOTEWORTHY, _OUTSIDE, _RANDOM)),
        )
    return found


def classify(path: str) -> Resource:
    """A path or URL as the resource it names."""
    if (doubled := re.match(r"^(?:s3|gs|gcs|az|abfs)://(\w+://.*)$", path)) is not None:
        path = doubled[1]
    elif path.startswith(("hf://models/./", "hf://models/../", "hf://models//")):
        return File(path[len("hf://models/") :].rpartition("@")[0])
    if _URL.match(path) and not re.match(r"^[A-Za-z]:[\\/]", path):
        return File(path[7:]) if path.startswith("file://") else Url(path)
    return File(path)


# Types of connections to databases, of what they hand out, and of tables that are opened by an address.
_CONNECTION = later(r"(?:Connection|Engine|[Cc]ursor|connection|Session|DuckDBPyRelation|DeltaTable)$")
SQL_FILE = later(
    r"\b(?:(from|join|read_csv(?:_auto)?\s*\(|read_parquet\s*\(|read_json(?:_auto)?\s*\()|(to))\s*'([^']+)'",
    re.IGNORECASE,
)


SQL_WORDS = later(
    r"\b(?:from|join|into|update|table|delete|drop|alter|merge|truncate|copy)\b|^\s*\S+\s*$", re.IGNORECASE
)


def _appends(function: ast.expr) -> bool:
    """Whether a chain says ``.mode("append")`` before it writes."""
    while isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
        call = function.value
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr == "mode" and call.args:
            mode = call.args[0]
            return isinstance(mode, ast.Constant) and mode.value == "append"
    return False


def _listed(result: Value, owner: Value | None, arguments: list[tuple[Value, ast.expr]]) -> Value:
    """What a listing of files gives: paths of which the pattern is known."""
    pattern = arguments[0][0].path if arguments else ""
    folder = owner.path if owner is not None else ""
    element = Value("str" if owner is None else "pathlib.Path")
    element.text = f"{folder}/{pattern}" if folder and pattern and folder != "." else pattern
    return iterable_of(element, result) if element.text else result


class EffectReader(RandomnessReader):
    """Applies effects."""

    def apply(
        self,
        effect: Effect,
        qualified: str,
        owner: Value | None,
        node: ast.Call,
        arguments: list[tuple[Value, ast.expr]],
        keywords: dict[str, tuple[Value, ast.expr]],
        spread: bool,
        target: str,
    ) -> Value:
        """What a call of a declared function does and gives."""
        plan = _plan(effect)
        bound: Bound = {}
        params = effect.params
        for position, argument in enumerate(arguments):
            bound[params[position] if position < len(params) else str(position)] = argument
        bound.update(keywords)
        if plan.noteworthy:
            self._note(qualified, node, bound, spread, target)
        if plan.outside:
            self._touch_outside(effect, qualified, owner, node, bound)
        if effect.mutates:
            self._change(effect, qualified, owner, node, bound)
        if plan.random:
            self.randomness(effect, qualified, owner, node, bound, spread)
        return self._result(plan, qualified, owner, node, bound, arguments)

    def _note(self, qualified: str, node: ast.Call, bound: Bound, spread: bool, target: str) -> None:
        """Keep the call for the rules that look at its arguments."""
        if self.frames and self.frames[-1].cell != self.flow.cell:
            return
        known = {key: self._argument(value, expression) for key, (value, expression) in bound.items()}
        span = self.span(node)
        last = node.keywords[-1].value if node.keywords else node.args[-1] if node.args else None
        comma = ", " if last is not None else ""
        if last is not None and self._trailing_comma(last, node):
            comma = " "
        self.flow.calls.append(
            Call(
                qualified,
                span,
                known,
                (span.end_line, span.end_column - 1, comma),
                not self.maybe,
                bool(self.loop),
                self.frames[-1].name if self.frames else "",
                spread,
                target,
            )
        )

    def _trailing_comma(self, last: ast.expr, node: ast.Call) -> bool:
        span = self.span(node)
        if span.end_line > len(self.lines):
            return False
        line = self.lines[span.end_line - 1][: span.end_column - 2]
        if line.strip():
            return line.rstrip().endswith(",")
        for number in range(span.end_line - 2, (last.end_lineno or 1) - 2, -1):
            text = self.lines[number].partition("#")[0].rstrip()
            if text:
                return text.endswith(",")
        return False

    def _argument(self, value: Value, node: ast.expr) -> Argument:
        name = node.id if isinstance(node, ast.Name) else ""
        simple = value.known and (value.const is None or isinstance(value.const, bool | int | float | str))
        return Argument(
            self.text(node), self.span(node), simple, value.const if simple else None, name, value.type
        )

    # Outside

    def _touch_outside(
        self, effect: Effect, qualified: str, owner: Value | None, node: ast.Call, bound: Bound
    ) -> None:
        for spec in effect.reads:
            self._outside(spec, "read", qualified, owner, node, bound, effect.pinned_by)
        for spec in effect.lists:
            self._outside(spec, "read", qualified, owner, node, bound, ("listing",))
        if effect.writes:
            extra: tuple[str, ...] = ()
            if effect.append:
                given = bound.get(effect.append)
                if (
                    effect.append == "*"
                    or (given is not None and "a" in str(given[0].const or ""))
                    or (effect.append == "mode" and _appends(node.func))
                ):
                    extra = ("append",)
            for spec in effect.writes:
                self._outside(spec, "write", qualified, owner, node, bound, (), extra)
        if effect.opens:
            self._open(effect, qualified, owner, node, bound)
        for spec in effect.deletes:
            self._outside(spec, "delete", qualified, owner, node, bound)
        for pair, first in ((effect.moves, "delete"), (effect.copies, "read")):
            if len(pair) == 2:
                self._outside(pair[0], "read", qualified, owner, node, bound)
                if first == "delete":
                    self._outside(pair[0], "delete", qualified, owner, node, bound)
                self._outside(pair[1], "write", qualified, owner, node, bound)
        if effect.queries or effect.writes_table:
            self._query(effect, qualified, owner, node, bound)
        if effect.installs and (given := bound.get(effect.installs)) is not None:
            self.emit(Package(given[0].path or "<unknown>", given[0].path), "write", node, qualified)
        if effect.sets:
            self.set_setting(self._fill(effect.sets, bound), node, qualified)
        if effect.uses:
            self.emit(Setting(self._fill(effect.uses, bound)), "read", node, qualified)

    def _fill(self, template: str, bound: Bound) -> str:
        def value(match: re.Match[str]) -> str:
            given = bound.get(match[1])
            if given is None or (given[0].known and given[0].const is None):
                return ""
            return given[0].path or (
                str(given[0].const) if given[0].known else "{" + self.text(given[1]) + "}"
            )

        return _TEMPLATE.sub(value, template)

    def _outside(
        self,
        spec: str,
        mode: Mode,
        qualified: str,
        owner: Value | None,
        node: ast.Call,
        bound: Bound,
        pinned_by: tuple[str, ...] = (),
        extra: tuple[str, ...] = (),
    ) -> None:
        detail = list(extra)
        if pinned_by == ("listing",):
            detail.append("listing")
        elif any(
            key in bound and not (bound[key][0].known and bound[key][0].const is None) for key in pinned_by
        ):
            detail.append("pinned")
        if "{" in spec or "://" in spec:
            path = self._fill(spec, bound)
            if "{" in path:
                detail.append("computed")
            self.emit(classify(path), mode, node, qualified, tuple(detail))
            return
        if spec == "self":
            if owner is None:
                return
            value, text = owner, ""
        else:
            given = bound.get(spec)
            if given is None or (given[0].known and given[0].const is None):
                return
            value, text = given[0], self.text(given[1])
        self._path_access(value, text, mode, node, qualified, detail)

    def _path_access(
        self, value: Value, text: str, mode: Mode, node: ast.Call, qualified: str, detail: list[str]
    ) -> None:
        if value.type in _HANDLES or (value.known and not isinstance(value.const, str)):
            return
        if value.type in ("list", "tuple") and value.elements:
            for element in value.elements[:32]:
                if element.path:
                    self._path_access(element, "", mode, node, qualified, detail)
            return
        path = value.path
        if not path:
            if value.type and value.type not in ("str", "pathlib.Path"):
                return
            detail = [*detail, "computed"]
            if text:
                detail.append(f"expression={text[:120]}")
            self.emit(File("<unknown>"), mode, node, qualified, tuple(detail))
            return
        if not value.known:
            detail = [*detail, "computed"]
        self.emit(classify(path), mode, node, qualified, tuple(detail))

    def _open(
        self, effect: Effect, qualified: str, owner: Value | None, node: ast.Call, bound: Bound
    ) -> None:
        given = bound.get(effect.mode)
        mode = "r" if given is None else str(given[0].const) if given[0].known else "?"
        if mode == "?":
            self._outside(effect.opens, "read", qualified, owner, node, bound, (), ("mode-unknown",))
            return
        if "r" in mode or "+" in mode:
            self._outside(effect.opens, "read", qualified, owner, node, bound)
        if "w" in mode or "x" in mode or "+" in mode or "a" in mode:
            extra = ("append",) if "a" in mode else ("update",) if "r" in mode else ()
            self._outside(effect.opens, "write", qualified, owner, node, bound, (), extra)

    def _owner_text(self, node: ast.Call) -> str:
        """The source of the object whose method is called."""
        return self.text(node.func.value) if isinstance(node.func, ast.Attribute) else ""

    def _query(
        self, effect: Effect, qualified: str, owner: Value | None, node: ast.Call, bound: Bound
    ) -> None:
        connection = ""
        if effect.connection == "self" and owner is not None:
            connection = owner.path or self._owner_text(node)
        elif effect.connection and (given := bound.get(effect.connection)) is not None:
            connection = given[0].path or self.text(given[1])
        if effect.writes_table and (given := bound.get(effect.writes_table)) is not None:
            extra: tuple[str, ...] = ()
            mode = bound.get(effect.append) if effect.append else None
            if effect.append == "*" or (mode is not None and "append" in str(mode[0].const)):
                extra = ("append",)
            elif mode is not None and mode[0].const == "replace":
                extra = ("sql=replace",)
            self.emit(Table(given[0].path or "<unknown>", connection), "write", node, qualified, extra)
        if effect.queries and (given := bound.get(effect.queries)) is not None:
            sql = given[0].path
            if "'" in sql:
                exported = False
                for reads, writes, path in SQL_FILE.findall(sql):
                    exported = exported or bool(writes)
                    self.emit(classify(path), "read" if reads else "write", node, qualified)
                sql = SQL_FILE.sub(" ", sql)
                if exported:
                    sql = re.sub(r"^\s*copy\b", " ", sql, flags=re.IGNORECASE)
                if not SQL_WORDS.search(sql):
                    return
            if not sql:
                self.emit(Table("<unknown>", connection), "read", node, qualified, ("computed",))
                return
            for statement in filter(str.strip, sql.split(";")) if qualified.endswith("script") else (sql,):
                tables = sorted({t.strip('"`[]') for t in SQL_TABLE.findall(statement)}) or [
                    statement.strip()[:80]
                ]
                writes = SQL_WRITES.match(statement)
                detail = sql_detail(statement, bool(writes))
                for table in tables:
                    more = (*detail, "computed") if "{" in table else detail
                    self.emit(Table(table, connection), "write" if writes else "read", node, qualified, more)

    # In place

    def _change(
        self, effect: Effect, qualified: str, owner: Value | None, node: ast.Call, bound: Bound
    ) -> None:
        condition = holds(effect.when, given_constants(bound))
        if condition is False:
            return
        certain = condition is True
        if not certain:
            self.maybe += 1
        for spec in effect.mutates:
            value = owner if spec == "self" else bound[spec][0] if spec in bound else None
            if value is not None:
                self.mutate(value, "", node, detail=("idempotent",) if effect.idempotent else ())
                if spec == "self" and qualified in _ADDERS:
                    for argument, _ in bound.values():
                        argument.inside(value)
        if not certain:
            self.maybe -= 1

    # Results

    def _result(
        self,
        plan: _Plan,
        qualified: str,
        owner: Value | None,
        node: ast.Call,
        bound: Bound,
        arguments: list[tuple[Value, ast.expr]],
    ) -> Value:
        effect = plan.effect
        returns = effect.returns
        if returns == "self":
            return owner if owner is not None else arguments[0][0] if arguments else Value()
        if returns == "view":
            base = owner if owner is not None else arguments[0][0] if arguments else None
            return self.view_of(base) if base is not None and not base.immutable else Value()
        if returns == "element":
            base = owner if owner is not None else arguments[0][0] if arguments else None
            return self.child(base, "") if base is not None else Value()
        if returns and ", " in returns:
            result = Value("tuple")
            result.elements = [Value(part) for part in returns.split(", ")]
            return result
        result = Value(returns)
        if not returns and owner is None and qualified.rpartition(".")[2][:1].isupper():
            result.type = qualified
        if not plan.random and not plan.outside and not returns:
            return result
        given = given_constants(bound)
        determined = any(given.get(name) is not None for name in effect.unless)
        if effect.late and effect.draws and not determined and holds(effect.draws_if, given) is True:
            span = self.site or self.span(node)
            place = f"{self.flow.cell}:{span.line}:{span.column}:{span.end_line}:{span.end_column}"
            result.pending = tuple(
                (stream, qualified, place) for stream in effect.draws if stream not in ("self", "pending")
            )
        if effect.opens and result.type in ("", "io"):
            result.type = "io"
        if effect.lists:
            return _listed(result, owner, arguments)
        if _CONNECTION.search(result.type):
            # A connection is known by the address that it was made with.
            first = owner.text if owner is not None else arguments[0][0].path if arguments else ""
            result.text = first
        if effect.late and effect.pending:
            result.pending += self.pending_of(effect, bound)
        return result
