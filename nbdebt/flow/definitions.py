"""Definitions: imports, functions, classes."""

import ast
from typing import Any

from nbdebt.flow.calls import CallReader
from nbdebt.flow.values import Class, Scope, Value

# Decorators and bases that make a constructor out of annotated class attributes.
_FIELD_MAKERS = frozenset(("dataclass", "define", "frozen", "mutable", "attrs", "s", "pydantic_dataclass"))
_FIELD_BASES = frozenset(("NamedTuple", "BaseModel", "TypedDict", "Struct", "BaseSettings", "SQLModel"))


def _globals_of(body: list[ast.stmt]) -> frozenset[str]:
    """The names that a class body declares global."""
    return frozenset(name for node in body if isinstance(node, ast.Global) for name in node.names)


class DefinitionReader(CallReader):
    """Reads definitions."""

    def define_import(self, node: ast.Import) -> None:
        """``import``."""
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            qualified = alias.name if alias.asname else local
            if not self.scopes:
                self.flow.imports[local] = alias.name
            self.store(local, Value(qualified=qualified), node)

    def define_import_from(self, node: ast.ImportFrom) -> None:
        """``from … import``."""
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.star_import(module, node)
                continue
            local = alias.asname or alias.name
            qualified = f"{module}.{alias.name}"
            if not self.scopes:
                self.flow.imports[local] = qualified
            self.store(local, Value(qualified=qualified), node)

    def define_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """``def``: its body is read when it is called."""
        value = Value("function")
        function = self.defaults(self.function_of(node), value)
        parameters = self.type_parameters(node)
        if not self.scopes or parameters:
            arguments = node.args
            annotated = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            for argument in (*annotated, arguments.vararg, arguments.kwarg):
                if argument is not None and argument.annotation is not None:
                    self.evaluate(argument.annotation)
            if node.returns is not None:
                self.evaluate(node.returns)
        if parameters:
            self.scopes.pop()
        value.function = function
        result = value
        for decorator in reversed(node.decorator_list):
            result = self.decorate(decorator, result)
        self.store(node.name, result, node)

    def type_parameters(self, node: Any) -> bool:
        """Open the scope of type parameters (PEP 695), where there are any; their bounds are evaluated
        later."""
        parameters = getattr(node, "type_params", None)
        if parameters:
            self.scopes.append(Scope(frozenset(p.name for p in parameters)))
        return bool(parameters)

    def define_class(self, node: ast.ClassDef) -> None:
        """``class``: its body runs at once."""
        cls = Class(node.name, self.flow.cell)
        result = Value("type")
        result.cls = cls
        made = [self.evaluate(decorator) for decorator in node.decorator_list]
        parameters = self.type_parameters(node)
        for base in (*node.bases, *(k.value for k in node.keywords)):
            value = self.evaluate(base)
            if value.cls is not None and not value.instance:
                cls.bases.append(value.cls)
                cls.library_bases.extend(value.cls.library_bases)
                cls.fields.update(value.cls.fields)
            elif value.qualified:
                cls.library_bases.append(value.qualified)
        scope = Scope(None, _globals_of(node.body))
        self.scopes.append(scope)
        self.block(node.body)
        self.scopes.pop()
        if parameters:
            self.scopes.pop()
        for name, value in scope.values.items():
            if value.function is not None:
                cls.methods[name] = value.function
                value.function.cls = cls
                # A method does not see the names of the class body.
                value.function.scopes = tuple(s for s in value.function.scopes if s is not scope)
            else:
                cls.attributes[name] = value
        if any(v.qualified.rpartition(".")[2] in _FIELD_MAKERS for v in made) or any(
            base.rpartition(".")[2] in _FIELD_BASES for base in cls.library_bases
        ):
            for name in scope.annotated:
                cls.fields[name] = cls.attributes.pop(name, None)
        for attribute in cls.attributes.values():
            attribute.inside(result)
        self.store(node.name, result, node)
