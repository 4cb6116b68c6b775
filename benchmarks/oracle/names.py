"""Which names a cell's source binds and reads, by Python's own symbol table."""

import ast
import symtable


class _OwnScope(ast.NodeTransformer):
    """Renames what a comprehension iterates with: since 3.12 its scope is folded into the one around it."""

    def _comprehension(self, node: ast.AST) -> ast.AST:
        generators: list[ast.comprehension] = getattr(node, "generators")  # noqa: B009
        outermost = generators[0].iter
        generators[0].iter = ast.Constant(None)
        stores = {
            name.id for g in generators for name in ast.walk(g.target) if isinstance(name, ast.Name)
        } - {w.target.id for w in ast.walk(node) if isinstance(w, ast.NamedExpr)}
        for name in ast.walk(node):
            if isinstance(name, ast.Name) and name.id in stores:
                name.id = f"__each_{name.id}"
        generators[0].iter = outermost
        return self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension


def table(source: str) -> symtable.SymbolTable:
    """Return a cell's symbol table; what comprehensions iterate with starts with ``__each_``.

    Raises:
        SyntaxError: the source does not parse.
    """
    tree = _OwnScope().visit(ast.parse(source))
    return symtable.symtable(ast.unparse(tree), "<cell>", "exec")


def own(symbols: list[symtable.Symbol]) -> list[symtable.Symbol]:
    """Return the symbols without those of comprehensions."""
    return [symbol for symbol in symbols if not symbol.get_name().startswith("__each_")]
