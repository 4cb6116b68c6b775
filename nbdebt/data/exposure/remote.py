"""Buckets, hubs, web addresses and databases: what their addresses say of who can read them, which is little.

Who may is for policies and grants to say; nothing is asked over the network here (see ``grants``).
"""

from urllib.parse import parse_qsl, urlsplit

from nbdebt.data.exposure.answer import Exposure, Reach

_BUCKETS = {
    "s3": "bucket",
    "s3a": "bucket",
    "s3n": "bucket",
    "gs": "bucket",
    "gcs": "bucket",
    "oss": "bucket",
    "cos": "bucket",
    "oci": "bucket",
    "r2": "bucket",
    "az": "container",
    "abfs": "container",
    "abfss": "container",
    "wasb": "container",
    "wasbs": "container",
    "adl": "container",
}
_STORES = {
    "hdfs": "the Hadoop file system",
    "webhdfs": "the Hadoop file system",
    "dbfs": "the Databricks workspace",
    "lakefs": "the lakeFS repository",
}
# Parameters by which an address is its own key: S3 and GCS (V2, V4), Azure's shared access signatures.
_SIGNED = frozenset(("x-amz-signature", "x-goog-signature", "sig", "awsaccesskeyid", "googleaccessid"))
_IN_MEMORY = ("sqlite://", "sqlite:///:memory:", "duckdb:///:memory:", ":memory:")
_HERE = ("", "localhost", "127.0.0.1", "::1")


def of_url(url: str) -> Exposure:
    """Who can read what lies at an address.

    Args:
        url: the address. Secrets in it are looked at, and not repeated.
    """
    try:
        parts = urlsplit(url)
        query = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
        host = parts.hostname or ""
    except ValueError:
        return Exposure("unknown", "who can read it can't be known from its address")
    scheme = parts.scheme.lower()
    if query & _SIGNED:
        return Exposure(
            "everyone",
            "readable by whoever has this address, which holds its own key",
            "unknown",
            ("web",),
            True,
        )
    if scheme in _BUCKETS:
        # abfss://container@account.dfs.core.windows.net/…
        name = parts.netloc.partition("@")[0] if _BUCKETS[scheme] == "container" else parts.netloc
        return _policy(f"the {_BUCKETS[scheme]} `{name}`", "its policy decides", "bucket")
    if scheme in _STORES:
        return _policy(_STORES[scheme], "its permissions decide", "bucket")
    if scheme == "hf":
        return _policy("the Hugging Face hub", "everybody, unless it is a private repository", "web")
    if scheme in ("http", "https", "ftp", "ftps", "sftp", "ssh", "dav", "davs"):
        return _policy(f"`{host}`", "that server decides", "web")
    return Exposure("unknown", "who can read it can't be known from its address")


def of_connection(connection: str) -> Exposure | None:
    """Who can read a table, as far as the connection says; None for a database in memory, which ends with
    the session, and an empty string of words is never given."""
    if connection in _IN_MEMORY or ":memory:" in connection:
        return None
    if "://" not in connection:
        return Exposure(
            "unknown", "who can read it can't be known: the connection is computed", places=("database",)
        )
    try:
        parts = urlsplit(connection)
        host = parts.hostname or ""
        name = parts.path.strip("/")
    except ValueError:
        return Exposure("unknown", "who can read it can't be known from its connection", places=("database",))
    where = "the database server of this machine" if host in _HERE else f"`{host}`"
    which = f"the database `{name}` on {where}" if name else where
    return _policy(which, "its grants decide", "database")


def database_file(connection: str) -> str:
    """The file of a database that is one (SQLite, DuckDB); empty for others."""
    scheme, found, rest = connection.partition("://")
    kind = scheme.partition("+")[0].lower()
    if found and kind in ("sqlite", "duckdb"):
        path = rest.partition("?")[0].removeprefix("/")
        return "" if path in ("", ":memory:") else path
    if not found and connection.endswith((".db", ".sqlite", ".sqlite3", ".duckdb")):
        return connection
    return ""


def _policy(where: str, who: str, place: str) -> Exposure:
    reach: Reach = "unknown"
    return Exposure(reach, f"readable by whom {where} lets in: {who}", "unknown", (place,), True)
