"""What the rules about data share: sorting remote sources by kind, and folding many findings into one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from nbdebt.data.versions.answer import Versioned
from nbdebt.model.finding import Finding, Fix, Severity
from nbdebt.model.history import Url
from nbdebt.rules.surroundings import Surroundings, Touch

# More than this many findings of one kind in one notebook become one.
MOST = 3

# Calls that settle which version an object reads that was made without one.
_SETTLES = ("deltalake.DeltaTable.load_as_version",)

HUBS = frozenset(
    (
        *(
            "hf",
            "openml",
            "kaggle",
            "tfds",
            "wandb",
            "mlflow",
            "models",
            "runs",
            "torchhub",
            "nltk",
            "seaborn",
        ),
        *("rdatasets", "gensim", "yfinance", "lakefs", "iceberg", "delta"),
    )
)
_DATA_SUFFIXES = frozenset(
    (
        *(".csv", ".tsv", ".txt", ".dat", ".data", ".json", ".jsonl", ".ndjson", ".geojson"),
        *(".xml", ".yaml", ".yml", ".parquet", ".feather", ".arrow", ".orc", ".avro", ".xlsx"),
        *(".xls", ".ods", ".sav", ".dta", ".sas7bdat", ".zip", ".gz", ".tgz", ".tar", ".bz2"),
        *(".xz", ".7z", ".zst", ".nc", ".h5", ".hdf5", ".mat", ".rds", ".arff", ".npy", ".npz"),
        *(".pkl", ".pickle", ".joblib", ".pt", ".pth", ".onnx", ".safetensors", ".db", ".sqlite"),
        *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".wav", ".mp3", ".mp4", ".shp", ".gpkg"),
        *(".pdf", ".fits", ".html"),
    )
)
_CLIENTS = ("requests.", "httpx.", "aiohttp.", "urllib3.", "urllib.request.urlopen", "urllib.request.Request")


def scheme_of(touch: Touch) -> str:
    """The scheme of a URL, in lower case; empty for all else."""
    return touch.text.partition(":")[0].lower() if isinstance(touch.resource, Url) else ""


def is_request(touch: Touch) -> bool:
    """Whether a service is asked, not a file fetched: an HTTP client, and an address that names no file."""
    if not touch.via.startswith(_CLIENTS):
        return False
    from urllib.parse import urlsplit

    try:
        path = urlsplit(touch.text).path
    except ValueError:
        return True
    return PurePosixPath(path).suffix.lower() not in _DATA_SUFFIXES


def has_versioned_copy(seen: Surroundings, touch: Touch) -> bool:
    """Whether what is fetched goes to a local file that is versioned or pinned: a change is noticed there."""
    return any(
        other.mode == "write"
        and other.local
        and other.exact
        and seen.state(other).state.startswith("versioned")
        for other in seen.beside(touch)
    )


def unversioned(seen: Surroundings, touches: Iterator[Touch]) -> list[tuple[Touch, Versioned]]:
    """Those that are known not to be versioned, each target once, with the reason."""
    found: dict[str, tuple[Touch, Versioned]] = {}
    later = {touch.target for touch in seen.data_reads() if touch.exchange.access.via in _SETTLES}
    for touch in touches:
        if touch.target not in found and touch.target not in later:
            state = seen.state(touch)
            if state.state == "unversioned":
                found[touch.target] = (touch, state)
    return list(found.values())


def fold(
    seen: Surroundings,
    hits: Sequence[Touch],
    one: Callable[[Touch], str],
    many: Callable[[Touch, int], str],
    advice: str,
    *,
    most: int = MOST,
    severity: Severity | None = None,
    evidence: Callable[[Touch], tuple[str, ...]] = lambda touch: (),
    fix: Callable[[Sequence[Touch]], Fix | None] = lambda touches: None,
) -> Iterator[Finding]:
    """A finding for each hit, or a single one, at the first, where there are more than ``most``.

    Args:
        seen: the notebook's surroundings.
        hits: what was found, in document order.
        one: the message for one.
        many: the message for the first and how many more.
        advice: what to do.
        most: how many stay findings of their own.
        severity: where it differs from the rule's.
        evidence: what a hit rests on.
        fix: the repayment of some hits.
    """
    if len(hits) > most:
        first, *others = hits
        yield seen.finding(
            first.exchange,
            many(first, len(others)) if others else one(first),
            advice,
            severity=severity,
            evidence=tuple(dict.fromkeys(fact for hit in hits for fact in evidence(hit))),
            related=tuple(seen.related(other, f"`{other.text}` too") for other in others),
            fix=fix(hits),
        )
        return
    for hit in hits:
        yield seen.finding(
            hit.exchange, one(hit), advice, severity=severity, evidence=evidence(hit), fix=fix([hit])
        )
