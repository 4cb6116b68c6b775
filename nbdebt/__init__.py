"""nbdebt makes a notebook's hidden debt visible, and helps to repay it."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nbdebt.config import Settings
    from nbdebt.engine import check
    from nbdebt.export.making import export
    from nbdebt.export.model import Script
    from nbdebt.export.refused import ExportRefused
    from nbdebt.live.extension import load
    from nbdebt.model.errors import ConfigurationError, FixError, NbdebtError, NotebookError
    from nbdebt.model.finding import Finding, Report, Verdict
    from nbdebt.model.notebook import Notebook
    from nbdebt.scan.scanning import Scan, scan

_HOMES = {
    "check": "nbdebt.engine",
    "Settings": "nbdebt.config",
    "Report": "nbdebt.model.finding",
    "Finding": "nbdebt.model.finding",
    "Verdict": "nbdebt.model.finding",
    "Notebook": "nbdebt.model.notebook",
    "NbdebtError": "nbdebt.model.errors",
    "NotebookError": "nbdebt.model.errors",
    "ConfigurationError": "nbdebt.model.errors",
    "FixError": "nbdebt.model.errors",
    "export": "nbdebt.export.making",
    "ExportRefused": "nbdebt.export.refused",
    "Script": "nbdebt.export.model",
    "scan": "nbdebt.scan.scanning",
    "Scan": "nbdebt.scan.scanning",
    "load": "nbdebt.live.extension",
    "load_ipython_extension": "nbdebt.live.extension",
    "unload_ipython_extension": "nbdebt.live.extension",
}
__all__ = [
    "ConfigurationError",
    "ExportRefused",
    "Finding",
    "FixError",
    "NbdebtError",
    "Notebook",
    "NotebookError",
    "Report",
    "Scan",
    "Script",
    "Settings",
    "Verdict",
    "__version__",
    "check",
    "export",
    "load",
    "scan",
]


def __getattr__(name: str) -> Any:
    """Public names are loaded when they are first used, so that ``import nbdebt`` costs nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nbdebt' has no attribute {name!r}")
    import importlib

    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value
