"""Settings: what ``[tool.nbdebt]`` in ``pyproject.toml`` or ``nbdebt.toml`` says, frozen.

The nearest file that says something of nbdebt counts, alone: files are not merged. In one directory
``nbdebt.toml`` goes before ``pyproject.toml``. Keys are written with dashes. Conventions are those of ruff.
"""

import functools
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec

from nbdebt.model.errors import ConfigurationError


class Output(msgspec.Struct, frozen=True):
    """An output that its author owns up to: one entry of ``[tool.nbdebt.outputs]``.

    Args:
        pattern: path pattern relative to ``base`` (``*`` within a directory, ``**`` across), or a URL's.
        owner: who answers for it.
        consumers: who reads it.
        note: free text.
        expires: ISO date after which the declaration must be renewed.
        base: directory of the configuration file that says so.
    """

    pattern: str
    owner: str = ""
    consumers: tuple[str, ...] = ()
    note: str = ""
    expires: str = ""
    base: str = ""


class LedgerSettings(msgspec.Struct, frozen=True):
    """Where and how sessions are written down: ``[tool.nbdebt.ledger]``.

    Args:
        dir: absolute directory that kernels write to; empty: there is no ledger.
        actor: how people are named: ``name``, ``pseudonym`` or ``none``.
        database: SQLAlchemy URL of the index; empty: an SQLite file of one's own.
        days: reads within so many days count where one overwrites what others read.
    """

    dir: str = ""
    actor: Literal["name", "pseudonym", "none"] = "name"
    database: str = ""
    days: int = 30


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of one directory.

    Args:
        select: codes, code prefixes (``NBD1``), rule names or families to report; empty: the default.
        ignore: the same, not to report.
        extend_select: added to the selection.
        exclude: path patterns that are not checked unless named.
        per_path_ignores: path pattern to codes that are ignored there.
        outputs: declared outputs.
        seed: the number that fixes use for seeds.
        ledger: where sessions are written down; nowhere by default.
        root: the project's root: where the configuration file stands, else the git work tree, or empty.
        source: the configuration file, empty where there is none.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_path_ignores: dict[str, tuple[str, ...]] = {}
    outputs: tuple[Output, ...] = ()
    seed: int = 42
    ledger: LedgerSettings = LedgerSettings()
    root: str = ""
    source: str = ""


class Selectable(Protocol):
    """What selection needs to know of a rule."""

    @property
    def name(self) -> str:
        """The rule's name."""
        ...

    @property
    def family(self) -> str:
        """The rule's family."""
        ...

    @property
    def default(self) -> bool:
        """Whether it is on by default."""
        ...


_Selector = Annotated[
    str, msgspec.Meta(description="A code, a prefix of codes, a rule's name, a family, or ALL")
]


class _Declared(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """An output that its author owns up to"""

    owner: Annotated[str, msgspec.Meta(description="Who answers for it")] = ""
    consumers: Annotated[list[str], msgspec.Meta(description="Who reads it")] = []
    note: Annotated[str, msgspec.Meta(description="Free text")] = ""
    expires: Annotated[
        date | None, msgspec.Meta(description="Day after which the declaration must be renewed")
    ] = None


class _Ledger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Where sessions are written down"""

    dir: Annotated[
        str,
        msgspec.Meta(description="Directory that kernels write to, relative to this file; none: no ledger"),
    ] = ""
    actor: Annotated[
        Literal["name", "pseudonym", "none"], msgspec.Meta(description="How people are named")
    ] = "name"
    database: Annotated[
        str, msgspec.Meta(description="SQLAlchemy URL of the index; none: an SQLite file of your own")
    ] = ""
    days: Annotated[int, msgspec.Meta(ge=1, description="Reads within so many days count as being read")] = 30


class ConfigFile(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """Settings of nbdebt: nbdebt.toml, or [tool.nbdebt] in pyproject.toml"""

    select: Annotated[
        list[_Selector], msgspec.Meta(description="Rules to report, instead of the default")
    ] = []
    ignore: Annotated[list[_Selector], msgspec.Meta(description="Rules not to report")] = []
    extend_select: Annotated[list[_Selector], msgspec.Meta(description="Rules to report in addition")] = []
    exclude: Annotated[
        list[str], msgspec.Meta(description="Patterns of paths that are not checked unless named")
    ] = []
    per_path_ignores: Annotated[
        dict[str, list[_Selector]],
        msgspec.Meta(description="Patterns of paths, and rules not to report there"),
    ] = {}
    outputs: Annotated[
        dict[str, _Declared], msgspec.Meta(description="Declared outputs, by pattern of path or URL")
    ] = {}
    ledger: Annotated[_Ledger, msgspec.Meta(description="Where sessions are written down")] = _Ledger()
    seed: Annotated[
        int, msgspec.Meta(ge=0, le=2**32 - 1, description="The number that fixes use for seeds")
    ] = 42


def load_settings(directory: Path, config: Path | None = None, isolated: bool = False) -> Settings:
    """The settings of a directory.

    Args:
        directory: where a notebook stands; the file is looked for here and upwards.
        config: take this file instead of looking for one.
        isolated: take no file at all.

    Raises:
        ConfigurationError: the file can't be read, or says something that it can't say. Names of rules are
            checked later, by `effective_codes`, for only the rules know them.
    """
    if isolated:
        return Settings(root=_work_tree(directory.absolute()))
    if config is not None:
        return _named(config.absolute())
    return _nearest(directory.absolute())


def forget_settings() -> None:
    """Forget the files that have been read, for a process that goes on while they change."""
    for cached in (_nearest, _named, _work_tree):
        cached.cache_clear()


@functools.cache
def _nearest(directory: Path) -> Settings:
    for name in ("nbdebt.toml", "pyproject.toml"):
        file = directory / name
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _settings(table, file)
    if directory.parent == directory:
        return Settings()
    found = _nearest(directory.parent)
    return found if found.source else Settings(root=_work_tree(directory))


@functools.cache
def _named(file: Path) -> Settings:
    table = _table(file)
    if table is None:
        raise ConfigurationError(f"{file}: has no [tool.nbdebt] table")
    return _settings(table, file)


@functools.cache
def _work_tree(directory: Path) -> str:
    if (directory / ".git").exists():
        return str(directory)
    return "" if directory.parent == directory else _work_tree(directory.parent)


def _table(file: Path) -> dict[str, Any] | None:
    """What the file says of nbdebt; None for a project file that says nothing of it."""
    is_project = file.name == "pyproject.toml"
    try:
        data = file.read_bytes()
        # Most project files say nothing of nbdebt: those don't cost the import of a parser.
        if is_project and b"nbdebt" not in data:
            return None
        import tomllib

        document = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigurationError(f"{file}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file}: is not UTF-8, at byte {error.start}") from None
    except ValueError as error:
        raise ConfigurationError(f"{file}: is not TOML: {error}") from None
    tool = document.get("tool")
    if not is_project and "tool" not in document:
        return document
    table = tool.get("nbdebt") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(f"{file}: `tool.nbdebt` must be a table")
    return table


def _settings(table: dict[str, Any], file: Path) -> Settings:
    _refuse_unknown(table, ConfigFile, file, "")
    outputs = table.get("outputs")
    if isinstance(outputs, dict):
        for pattern, declared in outputs.items():
            if isinstance(declared, dict):
                _refuse_unknown(declared, _Declared, file, f"outputs.{pattern}.")
    ledger = table.get("ledger")
    if isinstance(ledger, dict):
        _refuse_unknown(ledger, _Ledger, file, "ledger.")
    try:
        said = msgspec.convert(table, ConfigFile)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{file}: {_where(str(error))}") from None
    base = str(file.parent)
    return Settings(
        select=tuple(said.select),
        ignore=tuple(said.ignore),
        extend_select=tuple(said.extend_select),
        exclude=tuple(said.exclude),
        per_path_ignores={pattern: tuple(codes) for pattern, codes in said.per_path_ignores.items()},
        outputs=tuple(
            Output(
                pattern,
                declared.owner,
                tuple(declared.consumers),
                declared.note,
                declared.expires.isoformat() if declared.expires else "",
                base,
            )
            for pattern, declared in said.outputs.items()
        ),
        seed=said.seed,
        ledger=_ledger(said.ledger, base),
        root=base,
        source=str(file),
    )


def _ledger(said: _Ledger, base: str) -> LedgerSettings:
    directory = os.path.abspath(os.path.join(base, os.path.expanduser(said.dir))) if said.dir else ""
    return LedgerSettings(directory, said.actor, said.database, said.days)


def _refuse_unknown(table: Mapping[str, Any], of: type[msgspec.Struct], file: Path, within: str) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(of)]
    for key in table:
        if key not in known:
            raise ConfigurationError(f"{file}: unknown key `{within}{key}`{_suggestion(key, known)}")


def _where(complaint: str) -> str:
    """A complaint of the decoder, in the words of TOML, with the place as the file writes it."""
    said, _, place = complaint.partition(" - at ")
    key = place.strip("`").removeprefix("$.").removeprefix("$")
    wanted = {"array": "a list", "str": "a string", "object": "a table", "int": "a number", "date": "a date"}
    said = re.sub(r"`(\w+)(?: \| null)?`", lambda found: wanted.get(found[1], found[0]), said)
    return f"`{key}`: {said[:1].lower()}{said[1:]}" if key else said


def _suggestion(said: str, known: Iterable[str]) -> str:
    import difflib

    known = list(known)
    close = difflib.get_close_matches(said.replace("_", "-"), known, n=1, cutoff=0.5)
    return (
        f"; did you mean `{close[0]}`?"
        if close
        else f"; known are {', '.join(f'`{key}`' for key in known[:12])}"
    )


def codes(selectors: Iterable[str], catalogue: Mapping[str, Selectable]) -> set[str]:
    """The codes of the rules that any of the selectors stands for.

    Args:
        selectors: codes, prefixes of codes, names, families, or ``ALL``.
        catalogue: all rules by code.

    Raises:
        ConfigurationError: a selector stands for nothing; suggests what may have been meant.
    """
    return {code for selector in selectors for code in _stands_for(selector, catalogue)[0]}


def effective_codes(settings: Settings, catalogue: Mapping[str, Selectable]) -> set[str]:
    """The codes of the rules that these settings turn on.

    As in ruff, the more specific selector wins (``select = ["NBD201"]`` beats ``ignore = ["NBD2"]``), and
    of two equally specific ones the one that ignores.

    Raises:
        ConfigurationError: a selector, those of ``per-path-ignores`` included, stands for nothing.
    """
    for pattern, ignored in settings.per_path_ignores.items():
        _weights(ignored, catalogue, settings, f"per-path-ignores.{pattern}")
    chosen = _weights(settings.select, catalogue, settings, "select")
    if not settings.select:
        chosen = {code: 0 for code, rule in catalogue.items() if rule.default}
    for code, weight in _weights(settings.extend_select, catalogue, settings, "extend-select").items():
        chosen[code] = max(weight, chosen.get(code, 0))
    refused = _weights(settings.ignore, catalogue, settings, "ignore")
    return {code for code, weight in chosen.items() if weight > refused.get(code, -1)}


def with_options(
    settings: Settings,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    exclude: Iterable[str] = (),
) -> Settings:
    """Settings as options of the command change them: a selection replaces the file's, the rest adds."""
    select = tuple(select)
    return msgspec.structs.replace(
        settings,
        select=select or settings.select,
        ignore=(() if select else settings.ignore) + tuple(ignore),
        extend_select=(() if select else settings.extend_select) + tuple(extend_select),
        exclude=settings.exclude + tuple(exclude),
    )


def _weights(
    selectors: Iterable[str], catalogue: Mapping[str, Selectable], settings: Settings, key: str
) -> dict[str, int]:
    """Codes that the selectors stand for, and how specifically."""
    found: dict[str, int] = {}
    for selector in selectors:
        try:
            meant, weight = _stands_for(selector, catalogue)
        except ConfigurationError as error:
            # The command's option and the file's key have one name; the file is named where there is one.
            origin = f"{settings.source}: " if settings.source else ""
            raise ConfigurationError(f"{origin}`{key}`: {error}") from None
        for code in meant:
            found[code] = max(weight, found.get(code, 0))
    return found


def _stands_for(selector: str, catalogue: Mapping[str, Selectable]) -> tuple[list[str], int]:
    if selector.upper() == "ALL":
        return list(catalogue), 0
    by_prefix = (
        [code for code in catalogue if code.startswith(selector.upper())]
        if selector[:3].upper() == "NBD"
        else []
    )
    if by_prefix:
        return by_prefix, len(selector)
    if by_family := [code for code, rule in catalogue.items() if rule.family == selector]:
        return by_family, len("NBD1")
    if by_name := [code for code, rule in catalogue.items() if rule.name == selector]:
        return by_name, len("NBD101")
    families = sorted({rule.family for rule in catalogue.values()})
    if re.fullmatch(r"(?i)[a-z]{1,4}\d{1,4}", selector):
        known = list(catalogue)
    else:
        known = [*families, "ALL", *(rule.name for rule in catalogue.values())]
    said = selector.upper() if known == list(catalogue) else selector.lower()
    close = _suggestion(said, known).partition("; known are")[0]
    raise ConfigurationError(f"unknown rule `{selector}`{close or '; `nbdebt rules` lists them all'}")
