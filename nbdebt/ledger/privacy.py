"""What must not reach the ledger is taken out: credentials, queries of addresses, literals of SQL.

An address is cut rather than understood: where it can't be told whether something is a password, it goes.
"""

import re
from urllib.parse import unquote

from nbdebt.model.patterns import later

_ADDRESS = later(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?P<rest>.*)", re.DOTALL)
_ENCODED = later(r"%(?:25)*3a%(?:25)*2f%(?:25)*2f", re.IGNORECASE)
# A container of Azure's stands where others have the user: abfss://container@account.dfs.core.windows.net.
_CONTAINERS = frozenset(("abfs", "abfss", "wasb", "wasbs"))
_KEPT_WORDS = frozenset(("host", "server", "port", "dbname", "database", "db", "schema", "driver"))
_WORD = later(r"(?P<key>[A-Za-z_ ]+?)\s*=\s*(?P<value>\{[^}]*\}|'[^']*'|\"[^\"]*\"|[^;\s]+)")
_LITERAL = later(
    r"\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)|[eEbBxXnN]?'(?:[^'\\]|''|\\.)*(?:'|\Z)"
    r"|\b\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\b|--[^\n]*|/\*.*?(?:\*/|\Z)",
    re.DOTALL,
)


def clean_address(text: str) -> str:
    """A text with all addresses in it cut down: no user or password, no query, no parameters, no fragment.

    Args:
        text: an address, or anything that may hold some (``simplecache::https://…``); other text stays.
    """
    if _ENCODED.search(text):
        for _ in range(4):
            text = unquote(text)
    return _ADDRESS.sub(_cut, text) if "://" in text else text


def _cut(found: re.Match[str]) -> str:
    scheme, rest = found["scheme"], found["rest"]
    inner = re.search(r"[A-Za-z][A-Za-z0-9+.\-]*://", rest)
    if inner is not None and "::" in rest[: inner.start()]:
        # A chain of file systems (fsspec): the next address begins a life of its own.
        head, _, scheme_of = rest[: inner.start()].rpartition("::")
        return f"{_one(scheme, head)}::{_ADDRESS.sub(_cut, scheme_of + rest[inner.start() :])}"
    return _one(scheme, rest)


def _one(scheme: str, rest: str) -> str:
    authority = re.split(r"[/?#;\\]", rest, maxsplit=1)[0]
    user, at, host = authority.rpartition("@")
    if at:
        kept = f"{user}@{host}" if scheme.lower() in _CONTAINERS and ":" not in user else host
        after = rest[len(authority) :]
        if "@" in after and ":" in user:
            # A password may hold an @ and a slash, unescaped.
            kept, after = _after_last_at(after)
        return f"{scheme}://{kept}{_path(after)}"
    after = rest[len(authority) :]
    _, colon, port = authority.partition(":")
    is_host = authority.startswith("[") or not colon or port.isdigit() or not port
    if "@" in after and (colon or not after.startswith("/")):
        # user:pass/word@host: the slash hid that it is a password.
        kept, after = _after_last_at(after)
        return f"{scheme}://{kept}{_path(after)}"
    return f"{scheme}://{authority if is_host else ''}{_path(after)}"


def _after_last_at(text: str) -> tuple[str, str]:
    rest = text.rpartition("@")[2]
    host = re.split(r"[/?#;\\]", rest, maxsplit=1)[0]
    return host, rest[len(host) :]


def _path(after: str) -> str:
    if after[:1] not in ("/", "\\"):
        return ""
    # Another address may stand in the path.
    return clean_address(re.split(r"[?#;]", after, maxsplit=1)[0])


def clean_connection(text: str) -> str:
    """A database's address without credentials: a URL, or ``key=value`` words, of which host, port and
    database are kept; empty for what is neither."""
    if "://" in text:
        return clean_address(text)
    words = {m["key"].strip().lower(): m["value"].strip("'\"{}") for m in _WORD.finditer(text)}
    if words:
        kept = {key: value for key, value in words.items() if key in _KEPT_WORDS}
        return " ".join(f"{key}={clean_address(value)}" for key, value in kept.items())
    return text if re.fullmatch(r"[\w.:/\\\-]*", text) else ""


def clean_sql(text: str) -> str:
    """A statement without its literals and comments: ``select a from t where b = ?``."""
    return " ".join(_LITERAL.sub(_literal, text).split())


def _literal(found: re.Match[str]) -> str:
    return " " if found[0].startswith(("--", "/*")) else "?"
