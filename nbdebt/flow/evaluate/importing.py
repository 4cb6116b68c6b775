"""Imports: modules of the standard library that are followed, and strangers."""

import ast
from typing import Any

from nbdebt.flow.evaluate.binding import Binding
from nbdebt.flow.evaluate.values import UNKNOWN


class Importing(Binding):
    """Binds what imports bring."""

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            module = self.module(alias.name if alias.asname else root)
            self._imported(alias.asname or root, module, alias.name)

    def _imported(self, name: str, value: Any, source: str) -> None:
        if value is UNKNOWN:
            self.stranger_imported(source)
        self.bind(name, value)
        if value is UNKNOWN and self.env is None:
            self.libraries[name] = source.partition(".")[0]

    def _import_from(self, node: ast.ImportFrom) -> None:
        source = node.module or ""
        if source == "__future__":
            return
        module = UNKNOWN if node.level else self.module(source)
        for alias in node.names:
            if alias.name == "*":
                names = None if module is UNKNOWN else self.public_names(module)
                if names is None:
                    self.doubt()
                    self.everything()
                    return
                for name, value in names.items():
                    self.bind(name, value)
                continue
            value = UNKNOWN if module is UNKNOWN else self.module_attribute(module, alias.name)
            self._imported(alias.asname or alias.name, value, source)

    # what the layers above provide

    def module(self, name: str) -> Any:
        """A module of the standard library by its name, or UNKNOWN."""
        raise NotImplementedError

    def public_names(self, module: Any) -> dict[str, Any] | None:
        """What a star import binds, where that is known."""
        raise NotImplementedError

    def stranger_imported(self, name: str) -> None:
        """Something unknown was imported."""
        raise NotImplementedError
