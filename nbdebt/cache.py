"""What was found in a document, kept by content and settings; notebooks with findings too."""

import os
import time
from pathlib import Path

import msgspec
import xxhash

from nbdebt import __version__
from nbdebt.model.record import Record

_DAYS = 30
_CHECKSUM = 16


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One notebook's record, with what identifies the content it was made from."""

    mtime: int
    ctime: int
    size: int
    digest: bytes
    day: int
    record: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_record_decoder = msgspec.msgpack.Decoder(Record)
_decoder = msgspec.msgpack.Decoder(dict[str, Entry])


def digest(data: bytes) -> bytes:
    """Identity of a notebook's content."""
    return xxhash.xxh3_128_digest(data)


class Cache:
    """One file for each combination of version, rules and settings, under ``.nbdebt_cache``.

    A file that cannot be read, or is damaged, is as good as none; one that cannot be written is done without.

    Args:
        directory: where ``.nbdebt_cache`` stands.
        key: identifies settings and rules.
    """

    def __init__(self, directory: Path, key: bytes) -> None:
        name = xxhash.xxh3_64_hexdigest(key + __version__.encode())
        self.path = directory / ".nbdebt_cache" / f"{name}.msgpack"
        self.changed = False
        self.today = int(time.time() // 86400)
        self.entries: dict[str, Entry] = {}
        try:
            data = self.path.read_bytes()
            # A flipped bit can still be a record: of another truth.
            if digest(data[_CHECKSUM:]) == data[:_CHECKSUM]:
                self.entries = _decoder.decode(data[_CHECKSUM:])
        except (OSError, ValueError):
            pass

    def fresh(self, path: str, stat: os.stat_result) -> Record | None:
        """The record of a file that was not touched since."""
        entry = self.entries.get(path)
        if entry is None or (entry.mtime, entry.ctime, entry.size) != _stamp(stat):
            return None
        return self._decode(entry)

    def same(self, path: str, stat: os.stat_result, identity: bytes) -> Record | None:
        """The record of a file that was touched but has the same content."""
        entry = self.entries.get(path)
        if entry is None or entry.digest != identity:
            return None
        entry.mtime, entry.ctime, entry.size = _settled(stat)
        self.changed = True
        return self._decode(entry)

    def _decode(self, entry: Entry) -> Record | None:
        if entry.day != self.today:
            entry.day = self.today
            self.changed = True
        try:
            return _record_decoder.decode(entry.record)
        except ValueError:
            return None

    def put(self, path: str, stat: os.stat_result, identity: bytes, record: bytes) -> None:
        """Keep an encoded record."""
        self.entries[path] = Entry(*_settled(stat), identity, self.today, msgspec.Raw(record))
        self.changed = True

    def save(self) -> None:
        """Write what changed, beside and then over; forget what was not seen for a month."""
        if not self.changed:
            return
        kept = {p: e for p, e in self.entries.items() if self.today - e.day <= _DAYS}
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            marker = self.path.parent / ".gitignore"
            if not marker.exists():
                marker.write_text("*\n", encoding="utf-8")
            data = _encoder.encode(kept)
            temporary.write_bytes(digest(data) + data)
            temporary.replace(self.path)
        except OSError:
            self._give_up(temporary)

    def _give_up(self, temporary: Path) -> None:
        """Half a file on a full disk makes it fuller."""
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            return


def _stamp(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size


def _settled(stat: os.stat_result) -> tuple[int, int, int]:
    """The stamp of a file; of one touched in the last two seconds none that fits.

    Within the grain of the file system's clock it may change again and look the same.
    """
    mtime, ctime, size = _stamp(stat)
    racy = time.time_ns() - max(mtime, ctime) < 2_000_000_000
    return (0 if racy else mtime), ctime, size


def encode(record: Record) -> bytes:
    """A record as the cache and the worker processes pass it."""
    return _encoder.encode(record)


def decode(data: bytes) -> Record:
    """The record again."""
    return _record_decoder.decode(data)
