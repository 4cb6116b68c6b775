"""What a server says of a document that a front end sends, and what it does for it. Runs nothing."""

import os
from pathlib import Path
from typing import Any

import msgspec

from nbdebt.analyse import analyse_bytes, understand
from nbdebt.config import forget_settings, load_settings
from nbdebt.data.declaring import configuration_file
from nbdebt.data.exposure.onlooker import Onlooker
from nbdebt.data.pins.lockfile import key_of
from nbdebt.data.repay import DONE, declare_output, lock_for, pin_sources
from nbdebt.data.targets import local_path
from nbdebt.data.versions.resolver import Resolver
from nbdebt.engine import CheckOptions, check_data
from nbdebt.flow.graph import build_graph
from nbdebt.model.errors import NbdebtError
from nbdebt.outside import with_declared
from nbdebt.read import read_notebook
from nbdebt.report.graph import flow_object
from nbdebt.report.inout import Item, data_object, declared_pattern, item_of, looked_up, pin_facts
from nbdebt.report.json import report_object
from nbdebt.report.view import View
from nbdebt.rules.surroundings import Surroundings, Touch

NO_FILE = "The notebook is no file that this server can see: what lies beside it can't be known here."


class Asked(msgspec.Struct):
    """The body of a request: ``document_request`` in ``wire.schema.json``."""

    path: str = ""
    notebook: msgspec.Raw = msgspec.Raw(b"null")
    key: str = ""
    pattern: str = ""
    owner: str = ""
    consumers: str = ""
    note: str = ""
    expires: str = ""
    options: msgspec.Raw = msgspec.Raw(b"{}")
    verify: bool = False
    job: int = 0


def check(data: bytes, path: str, root: str) -> dict[str, Any]:
    """The report on a notebook's bytes, as programs see it.

    Args:
        data: the notebook.
        path: where it lies below the server's root, as the front end names it.
        root: the directory that the server serves; empty where its contents are no files.

    Raises:
        ConfigurationError: the project's configuration is wrong.
    """
    # The server lives long, and configuration files are edited meanwhile.
    forget_settings()
    place = os_path(path, root)
    report = check_data(
        data, place or Path(path).name or "<notebook>", CheckOptions(cache=False, isolated=not place)
    )
    return report_object(report, View())


def os_path(path: str, root: str) -> str:
    """Where a notebook lies on the server's disk; empty where that is nowhere below its root.

    Args:
        path: as the front end names it; perhaps with a drive (``RTC:a.ipynb``) before it.
        root: the directory that the server serves.
    """
    if not root:
        return ""
    top = Path(root).expanduser().resolve()
    place = Path(os.path.normpath(top.joinpath(*path.rpartition(":")[2].split("/"))))
    return str(place) if place.is_relative_to(top) and place != top else ""


def place_of(asked: Asked, root: str) -> Path:
    """Where the document lies on the server's disk.

    Raises:
        NbdebtError: nowhere.
    """
    place = os_path(asked.path, root)
    if not place:
        raise NbdebtError(NO_FILE)
    return Path(place)


def around(asked: Asked, root: str) -> Surroundings:
    """The document among its files.

    Raises:
        NbdebtError: it is no file, or the project's configuration is wrong.
    """
    forget_settings()
    place = place_of(asked, root)
    # As the rules about the outside have it: links in the directory are followed.
    directory = Path(os.path.realpath(place.parent))
    settings = load_settings(directory)
    record = analyse_bytes(bytes(asked.notebook), str(place), settings, frozenset())
    result = record.result
    resolver = Resolver()
    resolver.prepare([(e.access.resource, directory, e.access.detail) for e in result.exchanges])
    onlooker = Onlooker(git=True)
    return Surroundings(
        result,
        directory,
        with_declared(settings, record, directory),
        {result.path: result},
        {},
        {},
        resolver.versioned,
        lambda: onlooker,
    )


def data(asked: Asked, root: str) -> dict[str, Any]:
    """What comes in and goes out, as the code has it."""
    seen = around(asked, root)

    def can_pin(touch: Touch) -> bool:
        return touch.local and is_served(Path(touch.target), root)

    return {"data": data_object(seen, looked_up(seen), lambda exchange: False, can_pin)}


def flow(asked: Asked, root: str) -> dict[str, Any]:
    """How data flow between the cells, as the code and the counts have it."""
    document = read_notebook(bytes(asked.notebook), Path(asked.path).name or "<notebook>")
    flows, history, replayed = understand(document)
    graph = build_graph(document, flows, history, replayed)
    return {"flow": flow_object(graph, [cell.id for cell in document.cells])}


def pin(asked: Asked, root: str) -> dict[str, Any]:
    """Pin one file that the document reads.

    Raises:
        NbdebtError: it can't be, or lies where the server doesn't serve.
    """
    seen, item = _wanted(asked, root)
    target, lock = Path(item.touch.target), lock_for(seen.directory)
    if not item.touch.local:
        raise NbdebtError("the server fetches nothing: `nbdebt pin` pins an address, and so does the kernel")
    _inside(target, root)
    _inside(lock, root)
    reader = key_of(local_path(os.path.basename(seen.result.path), seen.directory), lock)
    (made,) = pin_sources([str(target)], lock, seen.directory, reader)
    return {"said": f"`{made.name}` pinned in `{os.path.relpath(lock, seen.directory)}`: {pin_facts(made)}"}


def declare(asked: Asked, root: str) -> dict[str, Any]:
    """Declare one output of the document.

    Raises:
        NbdebtError: it can't be, or the configuration lies where the server doesn't serve.
    """
    seen, item = _wanted(asked, root)
    pattern = declared_pattern(seen, item.touch, asked.pattern)
    _inside(configuration_file(seen.settings, seen.directory), root)
    file, done = declare_output(
        seen.directory, pattern, asked.owner, asked.consumers, asked.note, asked.expires
    )
    return {"said": f"`{pattern}` {DONE[done]} `{os.path.relpath(file, seen.directory)}`"}


def is_served(path: Path, root: str) -> bool:
    """Whether a file lies below what the server serves, wherever links lead."""
    top = os.path.realpath(os.path.expanduser(root))
    return Path(os.path.realpath(path)).is_relative_to(top)


def _inside(path: Path, root: str) -> None:
    if not is_served(path, root):
        raise NbdebtError(f"`{path.name}` lies outside of what this server serves: its kernel can do it")


def _wanted(asked: Asked, root: str) -> tuple[Surroundings, Item]:
    seen = around(asked, root)
    return seen, item_of(looked_up(seen), asked.key)
