"""What an address gives now: fetched to be digested, and thrown away."""

import hashlib
import importlib
import tempfile
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import msgspec

from nbdebt.data.addresses import is_partial, safe_url
from nbdebt.data.pins.lockfile import LockError
from nbdebt.data.pins.model import Pin, Profile
from nbdebt.data.pins.pinning import Compared, today

_SECONDS = 60
_CHUNK = 1 << 20
_WEB = ("http", "https", "ftp")
_OFFLINE = frozenset(("data", "file", "javascript"))


class Fetched(msgspec.Struct, frozen=True):
    """What an address gave.

    Args:
        sha256: digest of the content.
        size: bytes.
        version: what the server calls this content (a strong ETag, RFC 9110, section 8.8.3); empty where it
            says nothing.
        profile: of a table.
        unchanged: the server says that it is what it was; then all else is empty.
    """

    sha256: str = ""
    size: int = 0
    version: str = ""
    profile: Profile | None = None
    unchanged: bool = False


def fetch(url: str, version: str = "", profile: bool = True) -> Fetched:
    """Fetch an address: http, https and ftp with the standard library, all others with fsspec.

    Args:
        url: the address.
        version: an ETag, with which the server is asked whether there is anything new.
        profile: make a profile of what is a table.

    Raises:
        LockError: it can't be fetched; says why, without the address's secrets.
    """
    shown, scheme = safe_url(url), urlsplit(url).scheme.lower()
    try:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "content" + "".join(Path(urlsplit(url).path).suffixes[-2:])[-20:])
            opened, found = _web(url, version) if scheme in _WEB else _store(url, scheme)
            with closing(opened) as source:
                digest, size = _copied(source, path)
            made = None
            if profile:
                from nbdebt.data.pins.profiling import profile_file

                made = profile_file(path)
            return Fetched(digest, size, found, made)
    except urllib.error.HTTPError as error:
        if error.code == 304 and version:
            return Fetched(unchanged=True)
        raise LockError(f"{shown} can't be fetched: {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise LockError(f"{shown} can't be fetched: {error.reason}") from None
    except (OSError, ValueError) as error:
        raise LockError(f"{shown} can't be fetched: {_plain(error, url)}") from None


def pin_url(url: str, notebooks: tuple[str, ...] = (), profile: bool = True) -> Pin:
    """The pin of what an address gives now.

    Args:
        url: the address; what may give access to it is not recorded.
        notebooks: those that read it, relative to the lock file.
        profile: with a profile of a table.

    Raises:
        LockError: it can't be fetched.
    """
    found = fetch(url, profile=profile)
    names = tuple(sorted(set(notebooks)))
    return Pin(
        "urls",
        safe_url(url),
        found.sha256,
        found.size,
        today(),
        names,
        None,
        found.version,
        found.profile,
    )


def compare_url(pin: Pin, url: str = "") -> Compared:
    """Whether an address still gives what was pinned. Uses the network.

    Args:
        pin: its pin.
        url: the address with all that is needed to fetch it, where somebody knows it.
    """
    if not url and is_partial(pin.name):
        reason = "its query was not recorded, and no notebook here reads it: pin it again"
        return Compared(pin, "unknown", f"{pin.name} can't be fetched: {reason}")
    try:
        found = fetch(url or pin.name, pin.version, profile=pin.profile is not None)
    except LockError as error:
        return Compared(pin, "unknown", str(error))
    if found.unchanged or found.sha256 == pin.sha256:
        return Compared(pin, "same")
    changes: tuple[str, ...] = ()
    if pin.profile is not None and found.profile is not None:
        from nbdebt.data.pins.drift import drift

        changes = drift(pin.profile, found.profile)
    return Compared(pin, "changed", f"{found.size:,} bytes of other content", changes)


def _web(url: str, version: str) -> tuple[Any, str]:
    headers = {"User-Agent": "nbdebt", **({"If-None-Match": version} if version else {})}
    answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_SECONDS)
    etag = answer.headers.get("ETag") or ""
    return answer, etag if etag.startswith('"') else ""


def _store(url: str, scheme: str) -> tuple[Any, str]:
    if scheme in _OFFLINE:
        raise LockError(f"{scheme}: addresses are not pinned; pin the file instead")
    try:
        fsspec = importlib.import_module("fsspec")
        return fsspec.open(url, "rb").open(), ""
    except ImportError as error:
        missing = error.name or "fsspec"
        raise LockError(
            f"{safe_url(url)} can't be fetched without {missing}: pip install {missing}"
        ) from None
    except OSError:
        raise
    except Exception as error:
        # What libraries of stores raise is of their own making.
        raise LockError(f"{safe_url(url)} can't be fetched: {_plain(error, url)}") from None


def _copied(source: IO[bytes], path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as copy:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _plain(error: Exception, url: str) -> str:
    """An error's words, in which the address stands without its secrets."""
    said = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    parts = urlsplit(url)
    for secret in (url, parts.query, parts.netloc.rpartition("@")[0]):
        if secret:
            said = said.replace(secret, "…")
    return said.splitlines()[0][:200]
