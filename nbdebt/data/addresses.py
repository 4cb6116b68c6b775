"""Addresses as they may be written down: without what gives access to them."""

import hashlib
import re
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from nbdebt.model.patterns import later

# What says which content is meant, and is nobody's secret.
_KEPT = frozenset(
    (
        *("version", "versionid", "generation", "snapshot", "snapshot_id", "revision", "rev", "ref"),
        *("format", "output", "gid", "sheet", "tab", "download", "raw", "accesstype", "accessurl"),
        *("year", "month", "day", "date", "start", "end", "from", "to", "page", "limit", "offset"),
        *("lang", "country", "region", "series", "dataset", "table", "indicator", "freq", "unit"),
    )
)
# What gives access: signed addresses of object stores change it from day to day, so it says nothing of the
# content either.
_ACCESS = later(
    r"(?i)^(?:x-amz-.*|x-goog-.*|x-ms-.*|awsaccesskeyid|googleaccessid|expires|signature|policy|key-pair-id"
    r"|se|sp|sv|sr|st|spr|sig|ske|skt|sks|skv|skoid|sktid|sip|ss|srt|rscc|rscd|rsce|rscl|rsct"
    r"|p|pw|u|user|username|login|email)$"
    r"|token|secret|passw|pwd|credential|api.?key|access.?key|auth|session|signature|jwt|^key$|private"
)
_DIGEST = later(r"[0-9a-f]{6}\Z")
_PLAIN = later(r"[\w.:+ -]{1,40}\Z")
_LONG = later(r"[0-9a-zA-Z+/_=-]{24,}")
_VERSIONS = frozenset(
    ("version", "versionid", "generation", "snapshot", "snapshot_id", "revision", "rev", "ref")
)


def safe_url(url: str) -> str:
    """An address without user, password, fragment, and whatever in its query may give access.

    Parts of the query that name a version, a form or a piece of the data are kept; of other parts, which may
    say what is meant or may be secret, six digits of a digest are, so that two addresses stay two.

    Args:
        url: as the code has it; what is no address stays as it is.

    Returns:
        The address as it may be written down; empty where it can't be read.
    """
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    kept = [f"{quote(key)}={quote(value)}" for key, value in asked if _is_plain(key, value)]
    other = sorted(f"{k}={v}" for k, v in asked if not _is_plain(k, v) and not _ACCESS.search(k))
    if other:
        kept.append(f"_={hashlib.sha256('&'.join(other).encode('utf-8', 'replace')).hexdigest()[:6]}")
    generation = parts.fragment if re.fullmatch(r"\d{6,20}", parts.fragment) else ""
    return urlunsplit((parts.scheme, host, parts.path, "&".join(kept), generation))


def _is_plain(key: str, value: str) -> bool:
    """Whether a part of a query can be written down."""
    if key == "_" and _DIGEST.match(value):
        return True
    if key.lower() not in _KEPT or not _PLAIN.match(value):
        return False
    return key.lower() in _VERSIONS or not _LONG.search(value)


def is_stripped(url: str) -> bool:
    """Whether something was left out of an address that is to be fetched."""
    return safe_url(url) != url


def is_partial(kept: str) -> bool:
    """Whether an address, as it was written down, lacks a part of its query without which it says less."""
    return re.search(r"[?&]_=[0-9a-f]{6}(?:&|#|\Z)", kept) is not None
