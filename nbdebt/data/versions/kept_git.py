"""git as a kernel asks it: what it said holds while nothing has changed, and nobody waits for it."""

import os
import threading
from pathlib import Path

from nbdebt.data.digests import Digest, file_digest
from nbdebt.data.versions.answer import Versioned
from nbdebt.data.versions.git import PENDING, Git

_PATIENCE = 0.25
_AGAIN = 0.01
_NOT_YET = Versioned("unknown", "git", reason="git hasn't answered yet")
Stamp = tuple[tuple[int, int, int, int] | None, ...]


class KeptGit(Git):
    """Keeps git's answers from one report to the next.

    An answer about a file holds while the file, the repository's index and its current commit are what they
    were. git is asked in a thread: where it takes long (a large repository, a network file system), the
    answer is ``unknown`` now, and known at a later report.

    Args:
        digest: gives digests of files that git-LFS tracks.
        patience: seconds to wait for git.
    """

    def __init__(self, digest: Digest = file_digest, patience: float = _PATIENCE) -> None:
        super().__init__(digest)
        self._patience = patience
        self._stamps: dict[Path, Stamp] = {}
        self._places: dict[Path, Path] = {}
        self._asking: dict[Path, threading.Thread] = {}

    def renew(self) -> None:
        """Forget what may have changed; called before each report."""
        self._roots.clear()
        for path, answer in list(self._answers.items()):
            stamp = self._stamps.get(path)
            if stamp is None or answer.state == "unknown" or answer.reason == PENDING or path.is_dir():
                self._answers.pop(path, None)
            elif stamp != self._stamp(path):
                self._answers.pop(path, None)
                self._stamps.pop(path, None)

    def committed(self, path: Path) -> Versioned:
        """What git said of the file, or says in time."""
        known = self._answers.get(path)
        if known is not None:
            return known
        root = self.root(path)
        if root is None:
            return Versioned("unversioned", reason="is in no version control")
        self.want(path)
        self._ask(root)
        return self._answers.get(path, _NOT_YET)

    def _ask(self, root: Path) -> None:
        asking = self._asking.get(root)
        if asking is not None and asking.is_alive():
            # It is late already: the others wait for it no longer than a moment.
            asking.join(_AGAIN)
            return
        for path in self._wanted.get(root, ()):
            self._stamps[path] = self._stamp(path)
        thread = threading.Thread(target=super()._ask, args=(root,), name="nbdebt-git", daemon=True)
        self._asking[root] = thread
        thread.start()
        thread.join(self._patience)

    def _stamp(self, path: Path) -> Stamp:
        root = self.root(path)
        if root is None:
            return ()
        place = self._place(root)
        return tuple(
            _signature(one)
            for one in (path, place / "index", place / "logs" / "HEAD", place / "HEAD", root / ".gitignore")
        )

    def _place(self, root: Path) -> Path:
        """git's directory of a work tree; a file leads to it in a linked one (gitrepository-layout(5))."""
        known = self._places.get(root)
        if known is None:
            known = root / ".git"
            try:
                if known.is_file():
                    said = known.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
                    known = Path(os.path.normpath(root / said))
            except (OSError, ValueError):
                pass
            self._places[root] = known
        return known


def _signature(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
