"""The suite on every other supported Python that is found; on one of them, whole, on the compiled package."""

import shutil
import sys
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13"]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

OTHERS = [python for python in PYTHONS if python != HERE and shutil.which(f"python{python}")]
# `make test` has tested with the Python that runs nox. Each run of the suite is a quarter of an hour: so one
# of the others tests what is compiled, and only where there is no other the same one again.
COMPILED = OTHERS[0] if OTHERS else HERE
PURE = [python for python in PYTHONS if python not in (HERE, COMPILED)]
# What pages do in a browser, what stands in git or in the docs is the same on every Python: two are enough.
TWICE = ("browser", "datamap", "integrations", "past", "scan", "test_docs.py", "test_studies.py")
nox.options.sessions = ["compiled", *(f"tests-{python}" for python in PURE)]
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Install the package with what its tests need, and run those that depend on the Python; arguments after
    ``--`` go to pytest."""
    session.install("--editable", ".[test]", env={"NBDEBT_COMPILE": "0"})
    session.run("python", "tools/programs.py")
    # As a module: the tests import benchmarks and tools from the directory they are run in.
    left_out = [f"--ignore=tests/{name}" for name in TWICE]
    session.run("python", "-m", "pytest", "-n", "2", *left_out, *session.posargs)


@nox.session(python=COMPILED)
def compiled(session: nox.Session) -> None:
    """Build a wheel with compiled modules, and run the suite on what is in it.

    The tests stand in a copy of the checkout in which the package is the installed one, so that neither they
    nor the processes that they start can find the sources instead.
    """
    session.install(".[test]", env={"NBDEBT_COMPILE": "1"})
    installed = session.run(
        "python", "-I", "-c", "import sysconfig; print(sysconfig.get_path('platlib'))", silent=True
    )
    session.run("python", "tools/programs.py")
    site = Path(str(installed).strip())
    # Outside the environment, for what lies in that is taken for a library; and tests keep their own places
    # for temporary files.
    checkout = Path(".nox").absolute() / "checkout-compiled"
    shutil.rmtree(checkout, ignore_errors=True)
    aside = (
        ".venv*",
        ".nox",
        ".*_cache",
        ".hypothesis",
        "__pycache__",
        "corpus",
        "build",
        "dist",
        "node_modules",
    )
    shutil.copytree(".", checkout, symlinks=True, ignore=shutil.ignore_patterns(*aside, "nbdebt"))
    shutil.copytree(site / "nbdebt", checkout / "nbdebt")
    for library in site.glob("nbdebt__mypyc*"):
        shutil.copy(library, checkout)
    session.chdir(checkout)
    session.run("python", "-c", "from nbdebt.flow import reader; assert not reader.__file__.endswith('.py')")
    session.run("python", "-c", "from nbdebt.live.files import _audit")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)
