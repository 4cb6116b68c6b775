"""The whole suite on every supported Python that is found, each in an environment of its own."""

import sys

import nox

PYTHONS = ["3.11", "3.12", "3.13"]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"

# What `make test` has tested already with the Python that runs nox isn't tested again.
nox.options.sessions = [f"tests-{python}" for python in PYTHONS if python != HERE]
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Install the package with what its tests need, and run them; arguments after ``--`` go to pytest."""
    session.install("--editable", ".[test]")
    # As a module: the tests import benchmarks and tools from the directory they are run in.
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)
