"""Writing declarations of outputs into the configuration, whose form and comments stay as they are."""

import datetime
import os
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.config import Settings
from nbdebt.data.declared import declaration_base
from nbdebt.model.errors import ConfigurationError


class Said(msgspec.Struct, frozen=True):
    """What is to be declared of an output. None leaves what stands there; empty takes it out.

    Args:
        pattern: path pattern relative to the configuration, address pattern, or table.
        owner: who answers for it.
        consumers: who reads it; they are added to those that are known.
        note: what it is for.
        expires: the day after which it is to be looked at again.
    """

    pattern: str
    owner: str | None = None
    consumers: tuple[str, ...] | None = None
    note: str | None = None
    expires: datetime.date | None = None


def configuration_file(settings: Settings, directory: Path) -> Path:
    """The file that declarations of a directory are written into.

    The one whose settings hold there; else ``pyproject.toml`` at the project's root where there is one, else
    a new ``nbdebt.toml``.
    """
    if settings.source:
        return Path(settings.source)
    base = declaration_base(settings, directory)
    project = base / "pyproject.toml"
    return project if project.is_file() else base / "nbdebt.toml"


def declare(file: Path, said: Iterable[Said]) -> list[str]:
    """Write declarations; what is declared already is changed.

    Args:
        file: ``pyproject.toml`` or ``nbdebt.toml``; made where it isn't there.
        said: the declarations.

    Returns:
        For each what was done: ``declared``, ``changed`` or ``known``.

    Raises:
        ConfigurationError: the file can't be read, changed or written.
    """
    document = _opened(file)
    outputs = _outputs(document, file)
    done = [_put(outputs, one) for one in said]
    if any(word != "known" for word in done):
        _write(file, document)
    return done


def withdraw(file: Path, patterns: Iterable[str]) -> list[str]:
    """Take declarations out.

    Returns:
        The patterns that were declared.

    Raises:
        ConfigurationError: the file can't be read, changed or written.
    """
    document = _opened(file)
    outputs = _outputs(document, file)
    found = [pattern for pattern in dict.fromkeys(patterns) if pattern in outputs]
    for pattern in found:
        del outputs[pattern]
    if found:
        _write(file, document)
    return found


def _tomlkit() -> Any:
    try:
        import tomlkit
    except ImportError:
        raise ConfigurationError("declaring needs tomlkit: pip install tomlkit") from None
    return tomlkit


def _opened(file: Path) -> Any:
    tomlkit = _tomlkit()
    try:
        return tomlkit.parse(file.read_bytes().decode() if file.exists() else "")
    except OSError as error:
        raise ConfigurationError(f"{file}: can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigurationError(f"{file}: is not TOML: {error}") from None


def _outputs(document: Any, file: Path) -> MutableMapping[str, Any]:
    """The table of declarations, made where it is missing."""
    tomlkit = _tomlkit()
    inside = file.name == "pyproject.toml" or "tool" in document
    place: MutableMapping[str, Any] = document
    for name in ("tool", "nbdebt", "outputs") if inside else ("outputs",):
        if name not in place:
            place[name] = tomlkit.table(is_super_table=name != "outputs")
        place = place[name]
        if not isinstance(place, MutableMapping):
            raise ConfigurationError(f"{file}: `{name}` must be a table")
    return place


def _put(outputs: MutableMapping[str, Any], said: Said) -> str:
    tomlkit = _tomlkit()
    known = said.pattern in outputs
    entry = outputs[said.pattern] if known else tomlkit.inline_table()
    before = dict(entry)
    consumers = said.consumers
    if consumers and known:
        consumers = tuple(dict.fromkeys([*map(str, entry.get("consumers", ())), *consumers]))
    for key, value in (
        ("owner", said.owner),
        ("consumers", list(consumers) if consumers is not None else None),
        ("note", said.note),
        ("expires", said.expires),
    ):
        if value:
            if entry.get(key) != value:
                entry[key] = value
        elif value is not None and key in entry:
            del entry[key]
    if not known:
        outputs[said.pattern] = entry
        return "declared"
    return "known" if dict(entry) == before else "changed"


def _write(file: Path, document: Any) -> None:
    """Write beside and rename, so that a crash leaves the old file whole."""
    import tomllib

    text = _tomlkit().dumps(document)
    try:
        tomllib.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{file}: the declaration can't be added here ({error})") from None
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigurationError(f"{file}: can't be written: {error.strerror or error}") from None
