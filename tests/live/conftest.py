"""A real IPython shell for each test, with its own namespace and working directory."""

import random
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("IPython")

from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from nbdebt.live.session import current


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell that works in a temporary directory and keeps no history on disk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    HistoryManager.enabled = False
    state = random.getstate()
    with warnings.catch_warnings():
        found = InteractiveShell()
        found.colors = "nocolor"
        yield found
    session = current(found)
    if session is not None:
        session.close()
    random.setstate(state)
