"""Stores: targets of assignments bound to values, and what ``del`` takes away."""

import ast

from nbdebt.flow.expressions import ExpressionReader
from nbdebt.flow.places import FRAMES, LOCATORS, setting_of
from nbdebt.flow.values import Value
from nbdebt.model.history import Name

# Attributes of a frame or series that say what all of it is.
_LABELS = frozenset(("columns", "index", "name", "attrs", "flags", "values"))
_ARRAYS = frozenset(("numpy.ndarray", "torch.Tensor"))


def attributes_of(node: ast.expr) -> ast.expr | None:
    """The object whose attributes are meant: ``vars(a)``, ``a.__dict__``."""
    if isinstance(node, ast.Attribute) and node.attr == "__dict__":
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars":
        return node.args[0] if len(node.args) == 1 else None
    return None


class StoreReader(ExpressionReader):
    """Reads targets."""

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target."""
        kind = target.__class__
        if kind is ast.Name:
            self.store(target.id, value, target)  # type: ignore[attr-defined]
        elif kind is ast.Tuple or kind is ast.List:
            self._unpack(target.elts, value)  # type: ignore[attr-defined]
        elif kind is ast.Subscript:
            self._assign_item(target, value)  # type: ignore[arg-type]
        elif kind is ast.Attribute:
            self._assign_attribute(target, value)  # type: ignore[arg-type]
        elif kind is ast.Starred:
            self.assign(target.value, value)  # type: ignore[attr-defined]

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        known = value.elements if value.elements and len(value.elements) == len(targets) else None
        for position, element in enumerate(targets):
            if element.__class__ is ast.Starred:
                self.assign(element.value, Value("list"))
            elif known is not None:
                self.assign(element, known[position])
            else:
                self.assign(element, self.child(value, ""))

    def _assign_item(self, target: ast.Subscript, value: Value) -> None:
        base = target.value
        key = target.slice
        if isinstance(base, ast.Attribute) and base.attr in LOCATORS:
            owner = self.holder(base.value)
            parts = self.located(base.attr, key)
            for part in parts or ("",):
                # Only some rows are set: the rest keeps its old value.
                self.mutate(owner, part, target)
            return
        if (name := self.of_globals(base, key)) is not None:
            self.emit(Name(name), "write", target)
            self.env.bind(name, value)
            return
        if (
            (whose := attributes_of(base)) is not None
            and isinstance(key, ast.Constant)
            and isinstance(key.value, str)
        ):
            self.put(self.holder(whose), f".{key.value}", value, target)
            return
        owner = self.holder(base)
        parts = self.parts(key, owner)
        if owner.qualified:
            effect = self.registry.effect(owner.qualified + ".__setitem__")
            setting = effect.sets if effect is not None and "{" not in effect.sets else ""
            self.set_setting(setting or setting_of(owner.qualified, parts[0] if parts else ""), target)
            return
        if parts and owner.type not in _ARRAYS:
            for part in parts:
                self.put(owner, part, value if len(parts) == 1 else Value(), target)
            return
        value.inside(owner)
        self.mutate(owner, "", target)

    def _assign_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.holder(target.value)
        if owner.qualified:
            effect = self.registry.effect(owner.qualified + ".__setattr__")
            setting = effect.sets if effect is not None and "{" not in effect.sets else ""
            self.set_setting(setting or f"{owner.qualified}.{target.attr}", target)
            return
        if owner.type in FRAMES or owner.type == "pandas.Series":
            self.mutate(owner, "" if target.attr in _LABELS else f"['{target.attr}']", target)
            return
        self.put(owner, "." + target.attr, value, target)

    def put(self, owner: Value, part: str, value: Value, node: ast.AST) -> None:
        """Set one part of an object."""
        self.mutate(owner, part, node, mode="write")
        if owner.fields is None:
            owner.fields = {}
        owner.fields[part] = value
        value.inside(owner, part)

    def delete(self, target: ast.expr) -> None:
        """``del target``."""
        if isinstance(target, ast.Name):
            if self.is_global(target.id):
                self.emit(Name(target.id), "delete", target)
                self.assigned.pop(target.id, None)
                if not self.maybe:
                    self.env.unbind(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.delete(item)
        elif isinstance(target, ast.Subscript):
            owner = self.holder(target.value)
            parts = self.parts(target.slice, owner)
            for part in parts or ("",):
                self.mutate(owner, part, target, mode="delete" if part else "mutate")
        elif isinstance(target, ast.Attribute):
            self.mutate(self.holder(target.value), "." + target.attr, target, mode="delete")

    def holder(self, node: ast.expr) -> Value:
        """The object whose part is set: a plain name isn't read by that."""
        if node.__class__ is ast.Name:
            value, is_global = self.peek(node.id)
            if value is None:
                return Value()
            if value.qualified and is_global:
                self.emit_read(node.id, "", node)
            return value
        return self.evaluate(node)
