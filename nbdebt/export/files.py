"""How two files differ, by their format."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbdebt.export.contents import content_of, content_summary, contents_differ
from nbdebt.export.summaries import digest

_STAMPED = re.compile(
    rb"<dc:date>.*?</dc:date>|/CreationDate \(.*?\)|(?<=[\"#])[a-z]{1,2}[0-9a-f]{10}(?=[\")])", re.DOTALL
)


def files_differ(one: Path, other: Path) -> str:
    """How two files differ, in words; last digits and dates of making are no difference.

    Args:
        one: what it is compared with.
        other: what was written.
    """
    if not other.is_file():
        return "was not written"
    if not one.is_file():
        return "is not there any more to compare with"
    return bytes_differ(one.read_bytes(), other.read_bytes(), one.name)


def bytes_differ(before: bytes, after: bytes, name: str) -> str:
    """The same, for what they hold.

    Args:
        before: what it is compared with.
        after: what was written.
        name: the file's name.
    """
    if before == after:
        return ""
    stamped = _WITHOUT_STAMPS.get(Path(name.lower()).suffix)
    if stamped is not None and stamped(before) == stamped(after):
        return ""
    was, now = content_of(before, name), content_of(after, name)
    return contents_differ(was, now) if was is not None and now is not None else "has another content"


def file_summary(data: bytes, name: str) -> dict[str, Any]:
    """What a file holds, in a few numbers and digests (see :mod:`nbdebt.export.summaries`).

    Args:
        data: what it holds.
        name: its name.
    """
    content = content_of(data, name)
    if content is not None:
        return content_summary(content)
    stamped = _WITHOUT_STAMPS.get(Path(name.lower()).suffix)
    return {"digest": digest([stamped(data) if stamped is not None else data])}


def _without_stamps(data: bytes) -> bytes:
    return _STAMPED.sub(b"", data)


_WITHOUT_STAMPS: dict[str, Callable[[bytes], bytes]] = dict.fromkeys((".svg", ".pdf"), _without_stamps)
