"""What counts as the user's own code, and what as an installed package: the same everywhere."""

import importlib
import os
import site
import sys
import sysconfig
from pathlib import Path

import pytest

from nbdebt.live.ambient import _is_own
from nbdebt.live.fingerprints import peek
from nbdebt.live.libraries import is_library


@pytest.mark.parametrize(
    "file, installed",
    [
        (os.__file__, True),
        (os.path.join(sysconfig.get_path("purelib"), "pandas", "core", "frame.py"), True),
        (os.path.join(site.getusersitepackages(), "pandas", "__init__.py"), True),
        (os.path.join(os.sep, "opt", "team", "site-packages", "house", "style.py"), True),
        ("<frozen importlib._bootstrap>", True),
        # A container has its environment where the project is.
        (os.path.join(sys.prefix, "project", "models.py"), False),
        (os.path.join(os.path.expanduser("~"), "work", "helpers.py"), False),
        ("<ipython-input-1-0123>", False),
    ],
)
def test_files(file: str, installed: bool) -> None:
    assert is_library(file) is installed


def test_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (tmp_path / "project", tmp_path / "site-packages"):
        place.mkdir()
        name = f"nbdebt_tried_{place.name.replace('-', '_')}"
        (place / f"{name}.py").write_text("class Thing:\n    pass\n")
        monkeypatch.syspath_prepend(str(place))
        thing = importlib.import_module(name).Thing
        own = place.name == "project"
        assert _is_own(name) is own
        assert peek.is_user_class(thing) is own
        assert peek.is_library(name) is not own
        del sys.modules[name]
