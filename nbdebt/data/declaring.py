"""Writing declarations of outputs into the configuration, whose form and comments stay as they are."""

import datetime
import os
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from nbdebt.config import Settings
from nbdebt.data.declared import declaration_base
from nbdebt.model.errors import ConfigurationError

# A name with a dot in it is a table (``sales.daily``) unless it ends like a file.
_SUFFIX = re.compile(
    r"\.(?:csv|tsv|txt|jsonl?|parquet|feather|arrow|orc|xlsx?|pkl|pickle|joblib|np[yz]|h5|hdf5|nc|zip|gz|zst|bz2"
    r"|xz|tar|png|jpe?g|tiff?|svg|pdf|html?|md|db|sqlite|pth?|onnx|safetensors|ya?ml|toml|xml|geojson|gpkg|log"
    r"|dat|dta|sav)$",
    re.IGNORECASE,
)


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
    expires: datetime.date | Literal[""] | None = None


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


def pattern_of(path: str, base: Path, here: Path) -> str:
    """A path as the configuration names it: relative to itself; addresses and tables as they are.

    Args:
        path: a path or pattern relative to ``here``, an address, or a table (``sales.daily``).
        base: the configuration's directory.
        here: an absolute directory.
    """
    if "://" in path:
        return path
    if "/" not in path and os.sep not in path and not os.path.lexists(here / path) and _is_table(path):
        return path
    absolute = os.path.normpath(os.path.join(here, os.path.expanduser(path)))
    try:
        inside = Path(os.path.relpath(os.path.realpath(os.path.dirname(absolute)), base))
    except ValueError:  # another drive
        return Path(absolute).as_posix()
    name = (inside / os.path.basename(absolute)).as_posix()
    return name + ("/" if path.endswith("/") else "")


def _is_table(text: str) -> bool:
    """Whether a word without a slash is a table of a database rather than a file."""
    return "*" not in text and "." in text and _SUFFIX.search(text) is None


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
