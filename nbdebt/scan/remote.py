"""What is not a file of this machine: file systems of fsspec, and archives wherever they lie."""

import contextlib
import threading
from collections.abc import Iterator
from typing import IO, Any

from nbdebt.model.errors import NbdebtError

_NEEDS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_local = threading.local()


def filesystem(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path on it.

    Raises:
        NbdebtError: fsspec, or what it needs for this kind of address, is not installed.
    """
    scheme = address.partition("://")[0].rpartition("::")[2]
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise NbdebtError(f"{scheme}:// needs fsspec: pip install 'nbdebt[scan]'") from None
    try:
        found: tuple[Any, str] = url_to_fs(address)
    except ImportError as error:
        needed = _NEEDS.get(scheme)
        hint = f"pip install {needed}" if needed else str(error)
        raise NbdebtError(f"{scheme}:// needs another package: {hint}") from None
    except ValueError as error:
        raise NbdebtError(f"{scheme}:// is no kind of address that fsspec knows: {error}") from None
    return found


@contextlib.contextmanager
def opened(named: str) -> Iterator[IO[bytes]]:
    """A file to read from any place in it, here or at an address."""
    if "://" not in named:
        with open(named, "rb") as file:
            yield file
        return
    system, path = filesystem(named)
    with system.open(path, "rb") as file:
        yield file


def kept(key: object, make: Any) -> Any:
    """Something that each thread makes once and keeps: an open archive, a file system."""
    things: dict[object, Any] = getattr(_local, "things", {})
    if key not in things:
        things[key] = make()
        _local.things = things
    return things[key]
