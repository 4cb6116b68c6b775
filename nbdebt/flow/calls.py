"""Calls: of functions and classes of the user's by walking their bodies, of libraries by what is declared
of them."""

import ast

from nbdebt.flow.builtin_calls import Arguments
from nbdebt.flow.library import LibraryReader
from nbdebt.flow.places import bound_method
from nbdebt.flow.randomness import Bound
from nbdebt.flow.values import Class, Function, Scope, Value

# The walk of called bodies is bounded: beyond this many calls for one cell, calls are taken as harmless.
_CALLS_PER_CELL = 400
_DEPTH = 8
# Builtins to which the order of what they are given makes no difference.
_ORDERLESS = frozenset(("sorted", "len", "sum", "min", "max", "any", "all", "set", "frozenset", "dict"))
_KEYED = frozenset(("dict", "collections.OrderedDict"))


class CallReader(LibraryReader):
    """Reads calls."""

    def call(self, node: ast.Call) -> Value:
        """Read a call: what it does and what it gives."""
        target, self.target = self.target, ""
        function = node.func
        owner: Value | None = None
        attribute = ""
        if function.__class__ is ast.Attribute:
            attribute = function.attr
            owner = self._owner(function, node)
            callee = self._method(owner, attribute)
        else:
            callee = self.evaluate(function)
            if (
                callee.qualified in _BY_NAME
                and (done := self._call_by_name(callee.qualified, node)) is not None
            ):
                return done
        orderless = callee.qualified in _ORDERLESS
        self.unordered += orderless
        arguments: Arguments = []
        spread = False
        for item in node.args:
            if item.__class__ is ast.Starred:
                spread = True
                elements = self.evaluate(item.value).elements
                arguments.extend((element, item) for element in elements or ())
                continue
            arguments.append((self.evaluate(item), item))
        keywords: Bound = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is None:
                spread = True
            else:
                keywords[keyword.arg] = (value, keyword.value)
        self.unordered -= orderless
        if callee.function is not None:
            values = [value for value, _ in arguments]
            return self.call_value(callee, values, {k: v for k, (v, _) in keywords.items()}, node)
        if callee.cls is not None:
            values = [value for value, _ in arguments]
            return self._call_class(callee, values, {k: v for k, (v, _) in keywords.items()}, node)
        if callee.qualified:
            return self.call_qualified(node, callee.qualified, None, arguments, keywords, spread, target)
        self.call_back(arguments, keywords, node)
        if owner is not None:
            return self.call_method(node, owner, attribute, arguments, keywords, spread, target)
        return Value()

    def call_value(
        self, callee: Value, values: list[Value], keywords: dict[str, Value], node: ast.expr
    ) -> Value:
        """Call a function of the user's, with what it was bound to before."""
        assert callee.function is not None
        if callee.bound is not None:
            values = [*callee.bound[0], *values]
            keywords = {**callee.bound[1], **keywords}
        held, self.callee = self.callee, callee
        result = self.invoke(callee.function, values, keywords, node)
        self.callee = held
        return result

    def _call_by_name(self, qualified: str, node: ast.Call) -> Value | None:
        """Builtins whose arguments name what they touch; None where the names are computed."""
        args = node.args
        if qualified == "eval":
            constant = args[0].value if len(args) == 1 and isinstance(args[0], ast.Constant) else None
            return self._evaluate_text(constant, node) if isinstance(constant, str) else None
        if len(args) < 2 or not isinstance(args[1], ast.Constant) or not isinstance(args[1].value, str):
            return None
        if qualified == "getattr":
            for default in args[2:]:
                self.evaluate(default)
            return self.evaluate(ast.copy_location(ast.Attribute(args[0], args[1].value, ast.Load()), node))
        place = ast.copy_location(ast.Attribute(args[0], args[1].value, ast.Store()), node)
        if qualified == "delattr":
            self.delete(place)
        elif len(args) == 3:
            self.assign(place, self.evaluate(args[2]))
        return Value()

    def _evaluate_text(self, text: str, node: ast.Call) -> Value | None:
        """``eval`` of an expression that is written there."""
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        held = self.site
        self.site = held if held is not None else self.span(node)
        result = self.evaluate(expression)
        self.site = held
        return result

    # Whose method

    def _owner(self, function: ast.Attribute, node: ast.Call) -> Value:
        """The object of a method call, with the read of what the call depends on."""
        base = function.value
        if base.__class__ is ast.Name:
            value, is_global = self.peek(base.id)
            if value is None:
                return Value()
            if is_global:
                for part in self._parts_of_call(value, function.attr, node):
                    self.emit_read(base.id, part, base)
            elif not value.qualified and not (value.cls is not None and value.instance):
                self.touch(value, "", function)
            return value
        if (
            base.__class__ is ast.Call
            and isinstance(base.func, ast.Name)
            and base.func.id == "super"
            and self.scopes
        ):
            return self._super()
        return self.evaluate(base)

    def _parts_of_call(self, value: Value, method: str, node: ast.Call) -> tuple[str, ...]:
        """What a method depends on of its object: the method itself of an object of the user's class,
        which reads more where it is walked; the key that is asked for; else the whole."""
        if value.cls is not None and value.instance:
            return (f".{method}",)
        if value.type in _KEYED and node.args and isinstance(node.args[0], ast.Constant) and method == "get":
            key = node.args[0].value
            return (f"[{key!r}]",) if isinstance(key, str) else ("",)
        if value.type in _KEYED and method == "update" and self.written_keys(node) is not None:
            return ()
        return ("",)

    def _super(self) -> Value:
        """What ``super()`` stands for: the same object, seen as its base class."""
        frame = self.frames[-1] if self.frames else None
        if frame is None or frame.cls is None:
            return Value()
        value = Value()
        first = frame.node.args.args[0].arg if frame.node.args.args else ""
        instance, _ = self.peek(first) if first else (None, False)
        base = Class("super", frame.cell)
        base.bases = frame.cls.bases
        base.library_bases = frame.cls.library_bases
        value.cls = base
        value.instance = True
        if instance is not None:
            value.bound = ([instance], {})
            if instance.fields is None:
                instance.fields = {}
            value.fields = instance.fields
            value.inside(instance)
        return value

    def _method(self, owner: Value, attribute: str) -> Value:
        """What the method of an object is, where it is the user's or a module's function."""
        if owner.qualified:
            return Value(qualified=f"{owner.qualified}.{attribute}")
        if owner.cls is not None:
            method = owner.cls.method(attribute)
            if method is not None:
                # What ``super()`` gives stands for the object itself.
                return bound_method(method, owner, owner.bound[0][0] if owner.bound else owner)
            found = (owner.fields or {}).get("." + attribute)
            if found is None:
                found = owner.cls.attribute(attribute)
            return found if found is not None else Value()
        if owner.fields is not None:
            found = owner.fields.get("." + attribute)
            if found is not None and (found.function is not None or found.cls is not None):
                return found
        return Value()

    # The user's own

    def invoke(
        self, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.expr
    ) -> Value:
        """Walk the body of a function of the user's with what is known of the arguments."""
        self.steps += 1
        frames = self.frames
        if self.steps > _CALLS_PER_CELL or len(frames) >= _DEPTH or function in frames:
            return Value()
        scope = self._call_scope(function, args, keywords)
        held_scopes, held_site, held_via = self.scopes, self.site, self.via
        held_unordered, self.unordered = self.unordered, 0
        held_left = self.left
        self.scopes = [*function.scopes, scope]
        if held_site is None:
            self.site = self.span(node)
            self.via = function.name
        frames.append(function)
        self.results.append(None)
        try:
            if isinstance(function.node, ast.Lambda):
                result: Value | None = self.evaluate(function.node.body)
            else:
                self.block(function.node.body)
                result = self.results[-1]
        finally:
            self.results.pop()
            frames.pop()
            self.scopes, self.site, self.via = held_scopes, held_site, held_via
            self.unordered = held_unordered
            self.left = held_left
        if function.yields:
            return Value("generator")
        if result is not None and result.function is not None and scope in result.function.scopes:
            # What an inner function closes over lives, and changes, with it.
            for value in scope.values.values():
                value.inside(result)
        return result if result is not None else Value()

    def _call_scope(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> Scope:
        """The scope of one call: parameters bound to arguments and defaults."""
        names, outer = self.locals_of(function)
        scope = Scope(names, outer)
        values = scope.values
        definition = function.node.args
        positional = [*definition.posonlyargs, *definition.args]
        for parameter, value in zip(positional, args, strict=False):
            values[parameter.arg] = value
        if definition.vararg is not None:
            rest = values[definition.vararg.arg] = Value("tuple")
            rest.elements = args[len(positional) :]
        if definition.kwarg is not None:
            others = values[definition.kwarg.arg] = Value("dict")
            others.fields = {f"[{k!r}]": v for k, v in keywords.items() if k not in names} or None
        for key, value in keywords.items():
            if key in names:
                values[key] = value
        for name, default in function.defaults.items():
            values.setdefault(name, default)
        return scope

    def returned(self, value: Value) -> None:
        """Note what the function being walked returns; the first return that says anything counts."""
        if self.results:
            held = self.results[-1]
            if held is None or not (held.type or held.qualified or held.cls or held.parents):
                self.results[-1] = value

    def _call_class(
        self, callee: Value, args: list[Value], keywords: dict[str, Value], node: ast.Call
    ) -> Value:
        cls = callee.cls
        assert cls is not None
        if callee.instance:
            method = cls.method("__call__") or (cls.method("forward") if cls.library_bases else None)
            return self.invoke(method, [callee, *args], keywords, node) if method is not None else Value()
        instance = Value()
        instance.cls = cls
        instance.instance = True
        instance.fields = {}
        method = cls.method("__init__")
        if method is not None:
            self.invoke(method, [instance, *args], keywords, node)
        elif cls.fields:
            for name, value in (dict(zip(cls.fields, args, strict=False)) | keywords).items():
                instance.fields["." + name] = value
                value.inside(instance, "." + name)
            after = cls.method("__post_init__")
            if after is not None:
                self.invoke(after, [instance], {}, node)
        else:
            for value in (*args, *keywords.values()):
                value.inside(instance)
        return instance

    def call_back(self, arguments: Arguments, keywords: Bound, node: ast.Call) -> None:
        """A function that is handed to another is taken as called by it."""
        for value, _ in (*arguments, *keywords.values()):
            if value.function is not None:
                self.maybe += 1
                self.call_value(value, [], {}, node)
                self.maybe -= 1

    def decorate(self, decorator: ast.expr, inner: Value) -> Value:
        """What a decorator makes of a function."""
        value = self.evaluate(decorator)
        if value.function is not None:
            wrapped = self.call_value(value, [inner], {}, decorator)
            return wrapped if wrapped.function is not None else inner
        return inner


_BY_NAME = frozenset(("getattr", "setattr", "delattr", "eval"))
