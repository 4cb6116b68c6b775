"""The package builds where nothing can be compiled, says so, and contains all that it needs."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

ROOT = Path(__file__).resolve().parents[1]


def build(place: Path, switch: str | None) -> subprocess.CompletedProcess[str]:
    """Build a wheel into ``place``, by a Python that can't compile: what it imports for that is broken."""
    broken = place / "broken" / "mypyc"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('no compiler today')\n", encoding="utf-8")
    checkout = place / "checkout"
    checkout.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(
        ROOT / "nbdebt", checkout / "nbdebt", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    environment = {k: v for k, v in os.environ.items() if k != "NBDEBT_COMPILE"}
    environment["PYTHONPATH"] = str(broken.parent)
    if switch is not None:
        environment["NBDEBT_COMPILE"] = switch
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "dist")],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(("switch", "says"), [(None, "no compiler today"), ("0", "")])
def test_what_cannot_be_compiled_is_installed_as_it_is(tmp_path: Path, switch: str | None, says: str) -> None:
    done = build(tmp_path, switch)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"nbdebt/flow/reader.py", "nbdebt/flow/effects/pandas.toml"} <= names
    printed = done.stdout + done.stderr
    assert ("uncompiled" in printed) == bool(says) or shutil.which("cc") is None
    assert not says or says in printed or shutil.which("cc") is None


def test_who_insists_on_compiling_is_told_why_not(tmp_path: Path) -> None:
    done = build(tmp_path, "1")
    assert done.returncode != 0
    assert "no compiler today" in done.stderr
