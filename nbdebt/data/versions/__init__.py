"""Is a data source versioned, and by what? One file per system; :class:`Resolver` asks them in order."""

from nbdebt.data.versions.answer import Source, State, System, Versioned, Witness
from nbdebt.data.versions.resolver import Resolver

__all__ = ["Resolver", "Source", "State", "System", "Versioned", "Witness"]
