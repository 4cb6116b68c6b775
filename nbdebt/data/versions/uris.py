"""Remote sources: which URIs name one content for ever, which whatever is there today. No network is used."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from nbdebt.data.versions.answer import Source, Versioned, Witness
from nbdebt.data.versions.hosts import judge_web
from nbdebt.model.history import Table, Url

COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
# Names that people give to what moves. Any other name may be a tag.
_BRANCHES = frozenset(
    (
        "main",
        "master",
        "dev",
        "develop",
        "trunk",
        "head",
        "latest",
        "nightly",
        "staging",
        "production",
        "prod",
    )
)

# Loaders of the datasets library that take local files: no names on the hub.
_BUILDERS = frozenset(
    (
        "csv",
        "json",
        "parquet",
        "text",
        "arrow",
        "pandas",
        "sql",
        "imagefolder",
        "audiofolder",
        "webdataset",
        "xml",
    )
)

Judge = Callable[[str, str], Versioned]


class Uris:
    """Knows URIs of hubs, object stores, code hosts, archives, and queries of databases."""

    name = "uri"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: a URI says it itself."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Whether the URI names one content; ``pinned`` and ``snapshot`` say that an argument does."""
        resource = source.resource
        if isinstance(resource, Url):
            if "pinned" in source.detail:
                return Versioned("versioned", _scheme(resource.url), reason="is pinned by an argument")
            return judge_uri(resource.url)
        if isinstance(resource, Table):
            if "snapshot" in source.detail or "pinned" in source.detail:
                return Versioned("versioned", "sql", reason="is read as of a snapshot")
            if "computed" in source.detail:
                return Versioned("unknown", "sql", reason="its query is computed")
            return Versioned("unversioned", "sql", reason="is read as it is at that moment")
        return None


def judge_uri(uri: str) -> Versioned:
    """Whether a URI names one content.

    Args:
        uri: as the code names it; parts in braces are computed.
    """
    if uri.lower().startswith("doi:"):
        return Versioned("versioned", "doi", uri[4:], "is a DOI")
    scheme = _scheme(uri)
    judge = _JUDGES.get(scheme)
    if judge is None:
        return Versioned(
            "unknown", scheme, reason=f"nbdebt does not know whether {scheme}: URIs are versioned"
        )
    rest = uri[len(scheme) + 1 :].removeprefix("//")
    try:
        return judge(uri, rest)
    except ValueError:
        return Versioned("unknown", scheme, reason="is no valid URI")


def _scheme(uri: str) -> str:
    return uri.partition(":")[0].lower()


def by_reference(reference: str, by: str) -> Versioned:
    """The answer for something that a commit, a tag or a branch names."""
    if "{" in reference:
        return Versioned("unknown", by, reason="its revision is computed")
    if COMMIT.match(reference):
        return Versioned("versioned", by, reference)
    if not reference:
        return Versioned("unversioned", by, reason="follows the default branch")
    if reference.lower() in _BRANCHES or "/" in reference:
        return Versioned("unversioned", by, reason=f"follows the branch `{reference}`")
    if re.match(r"^v?\d+(?:[._]\d+)*", reference):
        return Versioned("unknown", by, reason=f"`{reference}` looks like a tag, which can be moved")
    return Versioned("unversioned", by, reason=f"follows `{reference}`, which is no commit")


def _hugging_face(uri: str, rest: str) -> Versioned:
    kind, _, name = rest.partition("/")
    if kind not in ("datasets", "models", "spaces"):
        name = rest
    if name.startswith((".", "/", "~", "{")) or name.partition("@")[0] in _BUILDERS or not name.strip("@"):
        return Versioned("unknown", "hf", reason="may be a local path")
    _, at, after = name.partition("@")
    if not at:
        return by_reference("", "hf")
    # Slashes in a revision are written %2F; ``refs/convert/parquet`` is the exception people know.
    special = re.match(r"^refs/(?:convert|pr)/[^/]+", after)
    reference = special[0] if special else unquote(after.partition("/")[0])
    if COMMIT.match(reference) and len(reference) == 40:
        return Versioned("versioned", "hf", reference)
    return by_reference(reference, "hf")


def _openml(uri: str, rest: str) -> Versioned:
    name, _, version = rest.rpartition("@")
    if "{" in version or not name:
        return Versioned("unknown", "openml", reason="its version is computed")
    if version.isdigit():
        return Versioned("versioned", "openml", version)
    return Versioned("unversioned", "openml", reason="takes the version that is active on the day")


def _kaggle(uri: str, rest: str) -> Versioned:
    if found := re.search(r"/versions/(\d+)(?:/|$)", rest):
        return Versioned("versioned", "kaggle", found[1])
    if "{" in rest or "/" not in rest:
        return Versioned("unknown", "kaggle", reason="competitions have no versions")
    return Versioned("unversioned", "kaggle", reason="takes the latest version")


def _tfds(uri: str, rest: str) -> Versioned:
    _, colon, version = rest.partition(":")
    if "{" in version or (rest.startswith("{") and not colon):
        return Versioned("unknown", "tfds", reason="its version is computed")
    if re.fullmatch(r"\d+\.\d+\.\d+", version):
        return Versioned("versioned", "tfds", version)
    return Versioned("unversioned", "tfds", reason="takes the latest version")


def _wandb(uri: str, rest: str) -> Versioned:
    _, colon, version = rest.rpartition(":")
    if "{" in version or not rest:
        return Versioned("unknown", "wandb", reason="its version is computed")
    if colon and re.fullmatch(r"v\d+|[0-9a-f]{32}", version):
        return Versioned("versioned", "wandb", version)
    alias = version if colon else "latest"
    return Versioned("unversioned", "wandb", reason=f"follows the alias `{alias}`")


def _mlflow(uri: str, rest: str) -> Versioned:
    if found := re.match(r"^(?:mlflow:)?runs:/+(?P<run>[0-9a-f]{32})/", rest):
        return Versioned("versioned", "mlflow", found["run"])
    if found := re.match(r"^(?:mlflow:)?models:/+(?P<name>[^/@]+)(?P<rest>.*)$", rest):
        chosen = found["rest"]
        if re.fullmatch(r"/\d+", chosen) or re.fullmatch(r"m-[0-9a-f]{32}", found["name"]):
            return Versioned("versioned", "mlflow", chosen.lstrip("/") or found["name"])
        if "{" in chosen:
            return Versioned("unknown", "mlflow", reason="its version is computed")
        return Versioned(
            "unversioned", "mlflow", reason=f"follows `{chosen.lstrip('/@') or 'latest'}`, which can be moved"
        )
    if re.match(r"^[a-z][a-z0-9+.-]*://", rest):
        return judge_uri(rest)
    return Versioned("unknown", "mlflow", reason="its model is computed or local")


def _lakefs(uri: str, rest: str) -> Versioned:
    parts = rest.split("/", 2)
    reference = parts[1] if len(parts) > 1 else ""
    if re.fullmatch(r"[0-9a-f]{12,64}", reference):
        return Versioned("versioned", "lakefs", reference)
    return by_reference(reference, "lakefs")


def _object_store(uri: str, rest: str) -> Versioned:
    by = _scheme(uri)
    split = urlsplit(uri)
    query = {key.lower(): values[0] for key, values in parse_qs(split.query).items()}
    for key in ("versionid", "generation", "snapshot"):
        if value := query.get(key, ""):
            return (
                Versioned("unknown", by, reason="its version is computed")
                if "{" in value
                else Versioned("versioned", by, value)
            )
    if re.fullmatch(r"\d{6,}", split.fragment):
        return Versioned("versioned", by, split.fragment)
    return Versioned("unversioned", by, reason="can be overwritten in the store")


def _torch_hub(uri: str, rest: str) -> Versioned:
    if rest.startswith((".", "/", "~", "{")):
        return Versioned("unknown", "torchhub", reason="may be a local path")
    return by_reference(rest.partition(":")[2], "torchhub")


def _fixed(state: str, by: str, reason: str) -> Judge:
    answer = Versioned(state, by, reason=reason)  # type: ignore[arg-type]
    return lambda uri, rest: answer


def _local_table(uri: str, rest: str) -> Versioned:
    return Versioned("unversioned", _scheme(uri), reason="takes the current snapshot")


_JUDGES: dict[str, Judge] = {
    "http": lambda uri, rest: judge_web(uri, by_reference),
    "https": lambda uri, rest: judge_web(uri, by_reference),
    "ftp": lambda uri, rest: judge_web(uri, by_reference),
    "ftps": lambda uri, rest: judge_web(uri, by_reference),
    "sftp": _fixed("unversioned", "sftp", "can be changed by its owner"),
    "hf": _hugging_face,
    "openml": _openml,
    "kaggle": _kaggle,
    "tfds": _tfds,
    "wandb": _wandb,
    "mlflow": _mlflow,
    "models": lambda uri, rest: _mlflow(uri, uri),
    "runs": lambda uri, rest: _mlflow(uri, uri),
    "lakefs": _lakefs,
    "torchhub": _torch_hub,
    "iceberg": _local_table,
    "delta": _local_table,
    "seaborn": _fixed("unversioned", "seaborn", "follows the branch `master` of seaborn's data"),
    "rdatasets": _fixed("unversioned", "rdatasets", "follows the branch `master` of Rdatasets"),
    "nltk": _fixed("unversioned", "nltk", "takes the current corpus"),
    "gensim": _fixed("unversioned", "gensim", "takes the current release"),
    "yfinance": _fixed("unversioned", "yfinance", "is whatever the service answers on the day"),
    "librosa": _fixed("versioned", "librosa", "is pinned by the package"),
    "data": _fixed("versioned", "data", "holds its content itself"),
    "hdfs": _fixed("unversioned", "hdfs", "can be overwritten in the store"),
    "dbfs": _fixed("unversioned", "dbfs", "can be overwritten in the store"),
    **dict.fromkeys(
        (
            *("s3", "s3a", "s3n", "gs", "gcs", "az", "abfs", "abfss", "adl"),
            *("wasb", "wasbs", "oss", "cos", "cosn", "r2", "swift"),
        ),
        _object_store,
    ),
}
