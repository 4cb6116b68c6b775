"""Libraries that fetch data by name, from wherever their makers keep it."""

from nbdebt.data.versions.answer import Versioned

_SAID: dict[str, tuple[str, str]] = {
    "seaborn": ("unversioned", "follows the branch `master` of seaborn's data"),
    "rdatasets": ("unversioned", "follows the branch `master` of Rdatasets"),
    "nltk": ("unversioned", "takes the current corpus"),
    "gensim": ("unversioned", "takes the current release"),
    "yfinance": ("unversioned", "is whatever the service answers on the day"),
    "librosa": ("versioned", "is pinned by the package"),
    "data": ("versioned", "holds its content itself"),
    "sftp": ("unversioned", "can be changed by its owner"),
    "hdfs": ("unversioned", "can be overwritten in the store"),
    "dbfs": ("unversioned", "can be overwritten in the store"),
}
SCHEMES = tuple(_SAID)


def judge(uri: str, rest: str) -> Versioned:
    """The same answer for all that a service gives."""
    scheme = uri.partition(":")[0].lower()
    state, reason = _SAID[scheme]
    return Versioned(state, scheme, reason=reason)  # type: ignore[arg-type]
