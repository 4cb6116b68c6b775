"""Which words of a notebook's code are settings: seeds, parameters of models, names of files, thresholds."""

import re

from nbdebt.export.texts import words

SEED_KEYWORDS = words("random_state seed random_seed rng_seed np_seed global_seed")
SEEDERS = words(
    "seed manual_seed manual_seed_all default_rng RandomState set_seed set_random_seed seed_everything "
    "SeedSequence Random PRNGKey seed_streams seeded"
)
# Libraries whose classes take hyper-parameters.
MODELS = words(
    "sklearn xgboost lightgbm catboost torch keras tensorflow statsmodels imblearn prophet hdbscan umap "
    "transformers pytorch_lightning lightning optuna"
)
# Keywords that are parameters of an analysis whatever takes them.
PARAMETERS = words(
    "test_size train_size n_splits n_folds n_repeats cv n_estimators max_depth learning_rate lr epochs "
    "n_epochs num_epochs max_epochs batch_size n_clusters n_components n_neighbors threshold cutoff frac "
    "max_iter num_boost_round early_stopping_rounds patience dropout weight_decay momentum n_trials "
    "n_samples num_samples n_bootstrap confidence min_periods window smoothing shuffle stratified"
)
# Numbers, though the notebook may say them as an integer.
_REAL = words(
    "alpha C lr learning_rate learning_rate_init gamma tol reg_alpha reg_lambda weight_decay dropout "
    "momentum threshold cutoff rate smoothing"
)
# How a model is computed, not what it is.
UNSET = words("n_jobs verbose verbosity copy copy_X warm_start silent thread_count device name inplace axis")
_LOOPING = words(
    "count counter total result answer best best_score score index idx num size length first last done found "
    "started finished"
)
_TEXT = re.compile(r"(?i)(?:^|_)(?:path|file|filename|dir|directory|folder|url|col|column|target|label|csv)$")
_FLAG = re.compile(r"(?i)^(?:use|with|is|do|enable|include|skip|debug|shuffle|normali[sz]e|verbose)(?:_|$)")
_NOT_LETTERS = re.compile(r"\W+")


def is_real(name: str) -> bool:
    """Whether a parameter of this name is a real number."""
    return name in _REAL or name.rpartition("_")[2] in ("rate", "threshold", "cutoff")


def is_constant(name: str, value: object) -> bool:
    """Whether a name that is bound once, to this value, reads as something that is set."""
    if name.startswith("_"):
        return False
    if name.isupper() and len(name) > 1:
        return True
    if isinstance(value, str):
        return bool(_TEXT.search(name))
    if isinstance(value, bool):
        return bool(_FLAG.match(name))
    if name in ("n", "k", "C", "lr"):
        return value != 0
    return len(name) > 2 and name not in _LOOPING


def constant_name(text: str) -> str:
    """A text as the name of a constant: ``learningRate`` is ``LEARNING_RATE``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    found = _NOT_LETTERS.sub("_", spaced).strip("_").upper()
    found = re.sub(r"__+", "_", found)
    if found[:1].isdigit():
        found = f"FILE_{found}"
    return found if found.isidentifier() else ""


def path_names(path: str) -> list[str]:
    """Names for a path, the shortest first: ``TRAIN_CSV``, ``RAW_TRAIN_CSV``."""
    address = re.sub(r"[?#].*", "", path)
    is_url = "://" in address
    parts = [
        part for part in re.split(r"[/\\]+", re.sub(r"^\w+://", "", address)) if part not in ("", ".", "..")
    ]
    if not parts:
        return ["URL" if is_url else "PATH"]
    last = constant_name(parts[-1]) or "FILE"
    if "." not in parts[-1].strip("."):
        last += "_URL" if is_url else "_PATH"
    above = constant_name(parts[-2]) if len(parts) > 1 else ""
    return [last, f"{above}_{last}"] if above else [last]
