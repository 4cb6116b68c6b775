"""Imports point one way, start-up stays light, and no module grows beyond what one reads at a sitting."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbdebt

PACKAGE = Path(nbdebt.__file__).parent

LAYERS = [
    {"model", "config"},
    {"read", "flow", "data"},
    {"ledger"},
    {"rules"},
    {
        "engine",
        "analyse",
        "outside",
        "cache",
        "discover",
        "suppress",
        "failures",
        "fixing",
        "workers",
        "datamap",
    },
    {"report", "export", "restart"},
    {"live", "scan", "past", "server", "nbconvert", "testing", "lsp", "execute", "pytest", "sphinx"},
    {"cli", "commands", "__main__"},
]
"""From the ground up: a module imports from its own layer or from one before it."""

RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
LONGEST = 450
HEAVY_FOR_IMPORT = {
    "IPython",
    "ipykernel",
    "pandas",
    "click",
    "rich",
    "sqlalchemy",
    "dask",
    "ipywidgets",
}
HEAVY_FOR_CHECK = {"IPython", "ipykernel", "nbconvert", "pandas"}
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = {
    ".".join(["nbdebt", *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in MODULES
}
IN_C = {
    ".".join(["nbdebt", *path.relative_to(PACKAGE).with_suffix("").parts]): path
    for path in PACKAGE.rglob("*.c")
}
# ``Report.to_frame()`` is a convenience of the library, for which pandas is loaded when it is called.
EXCEPTIONS = {("model/finding.py", "nbdebt.report.frame")}


def part_of(path: Path) -> str:
    """The first part of a module's name under the package: ``flow``, ``engine``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of all imports in a file, those inside functions too."""
    package = ["nbdebt", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            # What is imported from a package may be a module of its.
            submodules = [alias.name for alias in node.names if f"{module}.{alias.name}" in NAMES | IN_C]
            yield from ((node.lineno, f"{module}.{name}") for name in submodules)
            if len(submodules) < len(node.names):
                yield node.lineno, module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = part_of(path)
    if own == "__init__":
        return
    assert own in RANK, f"{own} has no place in LAYERS"
    wrong = [
        f"line {line}: {module}"
        for line, module in imports(path)
        if module.startswith("nbdebt.")
        and RANK.get(module.split(".")[1], -1) > RANK[own]
        and (path.relative_to(PACKAGE).as_posix(), module) not in EXCEPTIONS
    ]
    assert not wrong


def test_no_circles() -> None:
    edges = {
        name: {module for _, module in top_level(path) if module in NAMES and module != name}
        for name, path in NAMES.items()
        if name != "nbdebt"
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for other in sorted(edges.get(name, ())):
                visit(other, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def top_level(path: Path) -> Iterator[tuple[int, str]]:
    """The imports that run when the module is imported."""
    inside = {
        inner.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    return ((line, module) for line, module in imports(path) if line not in inside)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running ``code``."""
    script = f"import sys\n{code}\nprint('\\n'.join({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_is_light() -> None:
    assert not loaded_by("import nbdebt") & HEAVY_FOR_IMPORT


def test_checking_is_light(tmp_path: Path) -> None:
    notebook = tmp_path / "a.py"
    notebook.write_text("# %%\nx = 1\n", encoding="utf-8")
    code = (
        "from nbdebt.__main__ import main\n"
        f"sys.argv = ['nbdebt', 'check', '--isolated', '--no-cache', '--quiet', {str(notebook)!r}]\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert done.code in (0, None), done.code"
    )
    assert not loaded_by(code) & HEAVY_FOR_CHECK


def test_commands_and_plugins_are_there_without_what_only_they_need() -> None:
    """Help, and pytest with our plugin in use, in an installation without extras."""
    commands = "from nbdebt.cli import cli\nfor name in cli.modules:\n    cli.get_command(None, name)"
    extras = {"nbclient", "nbformat", "jupyter_client", "papermill", "pygls", "sphinx", "alembic", "fsspec"}
    for code in (commands, "import nbdebt.pytest.items"):
        assert not loaded_by(code) & (HEAVY_FOR_CHECK | extras)


def test_loading_into_a_kernel_imports_nothing_heavy() -> None:
    """``%load_ext nbdebt`` and a cell: what is heavier than this package comes when asked for."""
    pytest.importorskip("IPython")
    program = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "nbdebt")
shell.run_cell("x = 1", store_history=True)
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(new - set(sys.stdlib_module_names)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    new = {name for name in done.stdout.split() if not name.startswith("_sysconfigdata")}
    assert new <= {"IPython", "msgspec", "nbdebt", "nbdebt__mypyc", "typing_extensions", "xxhash"}
