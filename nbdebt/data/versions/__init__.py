"""Is a data source versioned, and by what? One file per system; :class:`Resolver` asks them in order."""

from typing import TYPE_CHECKING, Any

from nbdebt.data.versions.answer import Source, State, System, Versioned, Witness

if TYPE_CHECKING:
    from nbdebt.data.versions.resolver import Resolver

__all__ = ["Resolver", "Source", "State", "System", "Versioned", "Witness"]


def __getattr__(name: str) -> Any:
    """The systems are loaded when somebody asks them: many notebooks read no data."""
    if name != "Resolver":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nbdebt.data.versions.resolver import Resolver

    globals()[name] = Resolver
    return Resolver
