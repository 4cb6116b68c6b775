"""Compiles the parts of the wheel that read and follow code, where that can be done, and brings in the panel
of JupyterLab, which ``labextension/bundle.py`` builds.

``nbdebt/flow`` is plain, strictly typed Python, which mypyc turns into C; the audit hook of live sessions is
C itself. Everything works without it: where there is no C compiler, or compiling fails, the wheel is pure
Python, and the log of the build says so. The environment variable ``NBDEBT_COMPILE`` decides otherwise: ``0``
compiles nothing, ``1`` insists on it.

    python hatch_build.py DIRECTORY     compile into DIRECTORY, as the build does in a process of its own
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SWITCH = "NBDEBT_COMPILE"
# Pinned: another version of the compiler is another program.
NEEDED = ["mypy[mypyc]==2.4.1", "setuptools>=77", "msgspec>=0.19", "xxhash>=3.4"]
# mypyc keeps neither the options of such a class nor the types of its fields.
_STRUCT = re.compile(r"^class \w+\(msgspec\.Struct", re.MULTILINE)


class BuildHook(BuildHookInterface[Any]):
    """Adds compiled modules to the wheel, beside the sources that they are made of; and the panel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What building needs: the compiler, where it will be used, and what builds the panel."""
        bundle = panel()
        needed = list(bundle.requirements()) if bundle is not None else []
        return [*needed, *NEEDED] if self.target_name == "wheel" and wanted() else needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the installation is editable: there, what is edited is what must run."""
        if version != "editable" and (bundle := panel()) is not None:
            bundle.build()
            if self.target_name == "wheel":
                share(bundle, build_data)
        if self.target_name != "wheel" or version == "editable" or not wanted():
            return
        self._made = tempfile.mkdtemp(prefix="nbdebt-build-")
        done = subprocess.run([sys.executable, __file__, self._made], capture_output=True, text=True)
        files = sorted(Path(self._made).rglob("*.*"))
        if done.returncode or not files:
            log = f"{done.stdout}\n{done.stderr}".strip()
            if os.environ.get(SWITCH) == "1":
                raise RuntimeError(f"nbdebt can't be compiled here, and {SWITCH}=1 insists:\n{log}")
            last = log.splitlines()[-1:] or ["no reason given"]
            self.app.display_warning(f"nbdebt is installed uncompiled: it works, but slower ({last[0]})")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for file in files:
            build_data["force_include"][str(file)] = file.relative_to(self._made).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take away what is in the wheel now."""
        if made := getattr(self, "_made", None):
            shutil.rmtree(made, ignore_errors=True)


def panel() -> ModuleType | None:
    """``labextension/bundle.py``, where the panel's sources are there."""
    path = ROOT / "labextension" / "bundle.py"
    spec = importlib.util.spec_from_file_location("bundle", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        return None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def share(bundle: ModuleType, build_data: dict[str, Any]) -> None:
    """Put the panel, as far as it is built, where JupyterLab and its server look for it."""
    shared = dict(bundle.SHARED) if bundle.STAMP.is_file() else {}
    if shared:
        shared["nbdebt/labextension"] = "share/jupyter/labextensions/nbdebt"
    build_data["shared_data"].update(shared)


def wanted() -> bool:
    """Whether to compile: as the environment says, else where there is what it takes."""
    said = os.environ.get(SWITCH)
    if said in ("0", "1"):
        return said == "1"
    compiler = (sysconfig.get_config_var("CC") or "").split()
    header = Path(sysconfig.get_path("include"), "Python.h")
    return (
        sys.implementation.name == "cpython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and bool(compiler)
        and shutil.which(compiler[0]) is not None
        and header.is_file()
    )


def modules() -> list[str]:
    """The files to compile, relative to the root."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "nbdebt" / "flow").glob("*.py"))
        if path.name != "__init__.py" and not _STRUCT.search(path.read_text(encoding="utf-8"))
    ]


def compile_into(directory: Path) -> None:
    """Compile, and put the extension modules where ``directory`` has the root of the wheel.

    Raises:
        ImportError: the compiler isn't installed.
        SystemExit: the types are wrong, or the C compiler failed.
    """
    from mypyc.build import mypycify
    from setuptools import Distribution, Extension

    with tempfile.TemporaryDirectory(prefix="nbdebt-compile-") as work:
        # Away from the configuration of the checkout, and from what an earlier build left in it.
        shutil.copytree(ROOT / "nbdebt", Path(work, "nbdebt"), ignore=shutil.ignore_patterns("*.so", "*.pyd"))
        # Only what is compiled, and what it imports, is looked at: the package itself imports more.
        Path(work, "nbdebt", "__init__.py").write_text("", encoding="utf-8")
        os.chdir(work)
        # Almost all of the time is spent in the interpreter's own functions: optimising ours further takes
        # minutes, and wins nothing that can be measured.
        extensions = mypycify(
            ["--follow-imports=silent", *modules()], opt_level="1", debug_level="0", group_name="nbdebt"
        )
        extensions.append(Extension("nbdebt.live.files._audit", ["nbdebt/live/files/_audit.c"]))
        command = Distribution({"name": "nbdebt", "ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib = str(directory)
        command.build_temp = str(Path(work, "temp"))
        command.ensure_finalized()
        command.run()


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]).resolve())
