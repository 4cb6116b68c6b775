"""Whether a file is tracked by git, and where it goes when that is pushed. git is asked once for all."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

_SECONDS = 10
_BATCH = 500
_REMOTE = re.compile(r'^\[remote "(?P<name>[^"]*)"\]')
# user@host:path, and URLs with or without a user.
_SCP = re.compile(r"^(?:[^@/]+@)?(?P<host>[\w.-]+):(?!//)(?P<path>.+)$")
_URL = re.compile(r"^\w+://(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>.+)$")


class Tracked:
    """Asks git which files it tracks."""

    def __init__(self) -> None:
        self._tops: dict[str, str] = {}
        self._wanted: dict[str, set[str]] = {}
        self._known: dict[str, bool] = {}

    def foresee(self, targets: Iterable[str]) -> None:
        """Files that are going to be asked about."""
        for target in targets:
            if target not in self._known and (top := self._top(target)):
                self._wanted.setdefault(top, set()).add(target)

    def tracked(self, target: str) -> str | None:
        """Where a file goes: ``github.com/acme/churn``, empty where its repository has no remote; None where
        git doesn't track it, or can't be asked."""
        top = self._top(target)
        if not top or not os.path.lexists(target):
            return None
        if target not in self._known:
            self._ask(top, self._wanted.pop(top, set()) | {target})
        return remote_of(top) if self._known.get(target) else None

    def _top(self, target: str) -> str:
        above = os.path.dirname(target)
        if above not in self._tops:
            found = next((p for p in (Path(above), *Path(above).parents) if (p / ".git").exists()), None)
            self._tops[above] = str(found) if found is not None else ""
        return self._tops[above]

    def _ask(self, top: str, targets: set[str]) -> None:
        names = {os.path.relpath(target, top): target for target in targets}
        self._known.update(dict.fromkeys(targets, False))
        listed = sorted(names)
        for start in range(0, len(listed), _BATCH):
            for name in _tracked(top, listed[start : start + _BATCH]):
                if name in names:
                    self._known[names[name]] = True


def _tracked(top: str, names: list[str]) -> list[str]:
    import subprocess

    # What a repository's own configuration would run (fsmonitor) is not run.
    command = ["git", "-c", "core.fsmonitor=false", "-C", top, "ls-files", "-z", "--", *names]
    environment = {
        k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=environment, check=False)
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name] if done.returncode == 0 else []


def remote_of(top: str) -> str:
    """Host and path of a repository's remote (``origin`` before others), without user or password."""
    try:
        text = (_git_directory(Path(top)) / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    urls: dict[str, str] = {}
    section = ""
    for line in map(str.strip, text.splitlines()):
        key, equals, value = line.partition("=")
        if line.startswith("["):
            section = line
        elif equals and key.strip() == "url" and (found := _REMOTE.match(section)):
            urls.setdefault(found["name"], value.strip().strip('"'))
    url = urls.get("origin") or next((urls[name] for name in sorted(urls) if urls[name]), "")
    address = _URL.match(url) or _SCP.match(url)
    if address is None:
        return ""
    return f"{address['host']}/{address['path'].removesuffix('/').removesuffix('.git').lstrip('/')}"


def _git_directory(top: Path) -> Path:
    """The repository of a work tree: ``.git``, or where that file points (worktrees, submodules)."""
    git = top / ".git"
    if git.is_dir():
        return git
    pointer = git.read_text(encoding="utf-8", errors="replace").strip().removeprefix("gitdir:").strip()
    directory = (top / pointer).resolve()
    common = directory / "commondir"
    return (
        (directory / common.read_text(encoding="utf-8").strip()).resolve() if common.is_file() else directory
    )
