"""A plugin of pytest: ``pytest --nbdebt`` makes a test of each notebook.

pytest loads this module wherever nbdebt is installed (entry point ``pytest11``): it costs those who don't use
it nothing. The tests are in ``nbdebt.pytest.items``, loaded when they are asked for.
"""

import importlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("nbdebt", "nbdebt: the hidden debt of notebooks")
    group.addoption(
        "--nbdebt", action="store_true", help="check each notebook: it fails where something is found"
    )
    group.addoption(
        "--nbdebt-run",
        action="store_true",
        help="run each notebook from top to bottom, recorded: fails where a cell does, or something is found",
    )
    group.addoption(
        "--nbdebt-select", action="append", default=[], metavar="RULES", help="check these rules only"
    )
    group.addoption(
        "--nbdebt-timeout", type=float, default=0.0, metavar="S", help="seconds for the run of one notebook"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make tests of notebooks, where that is asked for."""
    config.addinivalue_line("markers", "nbdebt: a notebook that nbdebt checks or runs")
    if config.getoption("--nbdebt") or config.getoption("--nbdebt-run"):
        config.pluginmanager.register(importlib.import_module("nbdebt.pytest.items"), "nbdebt-items")
