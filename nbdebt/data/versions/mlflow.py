"""MLflow: registered models have numbered versions, runs and logged models ids (https://mlflow.org/docs)."""

import re

from nbdebt.data.versions.answer import Versioned


def judge(uri: str, rest: str) -> Versioned:
    """Versioned where a number or an id is named; aliases and stages move."""
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
    scheme = re.match(r"^([a-z][a-z0-9+.-]*)://", rest)
    if scheme and scheme[1] not in ("mlflow", "models", "runs"):
        # A model at any other address.
        from nbdebt.data.versions.uris import judge_uri

        return judge_uri(rest)
    return Versioned("unknown", "mlflow", reason="its model is computed or local")
