"""What git holds, without a checkout: notebooks at a commit, or in all of history, and their contents.

It is asked by its plumbing (git-ls-tree, git-log, git-cat-file), in forms that end entries with null, so that
no name of a file means anything else. What a repository's configuration would run is not run.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbdebt.model.errors import NbdebtError
from nbdebt.scan.model import TooLarge

_OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY")
_REGULAR = ("100644", "100755", "100664")
_ASIDE = "/.ipynb_checkpoints/"


class Blob(NamedTuple):
    """A file at a commit: its path, the name of its content, and its size; -1 where that wasn't asked."""

    path: str
    name: str
    size: int


class Commit(NamedTuple):
    """A commit: its name, and when it was made, as ISO 8601 has it. Who made it is not asked."""

    name: str
    when: str


class Repository:
    """One repository, with a work tree or bare.

    Args:
        directory: its top, anything within its work tree, or the bare repository itself.

    Raises:
        NbdebtError: there is no repository, or git can't read it.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._pipe: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ask("rev-parse", "--git-dir")

    def top(self) -> Path:
        """The top of the work tree; the repository itself where it is bare."""
        if self._ask("rev-parse", "--is-bare-repository").strip() == b"true":
            return Path(os.fsdecode(self._ask("rev-parse", "--absolute-git-dir").rstrip(b"\n")))
        return Path(os.fsdecode(self._ask("rev-parse", "--show-toplevel").rstrip(b"\n")))

    def commit(self, reference: str) -> Commit:
        """The commit that a branch, a tag or an abbreviation means.

        Raises:
            NbdebtError: it means none.
        """
        # What begins with a dash is an option to git, and no name of a commit.
        if reference.startswith("-"):
            raise NbdebtError(f"{self.directory}: {reference!r} is no commit")
        try:
            said = self._ask(
                "log", "-1", "--format=%H %cI", "--no-show-signature", f"{reference}^{{commit}}", "--"
            )
        except NbdebtError:
            raise NbdebtError(
                f"{self.directory}: there is no commit {reference!r}: fetch it first, or name a branch or tag"
            ) from None
        return Commit(*said.decode("ascii").split())

    def merge_base(self, one: str, other: str) -> Commit:
        """Where two lines of history part.

        Raises:
            NbdebtError: they have nothing in common, as far as the clone goes.
        """
        one, other = self.commit(one).name, self.commit(other).name
        try:
            return self.commit(self._ask("merge-base", one, other).decode("ascii").split()[0])
        except NbdebtError:
            raise NbdebtError(
                f"{self.directory}: {one[:10]} and {other[:10]} have no history in common: "
                "a shallow clone? `git fetch --unshallow`, or name the commit to compare with"
            ) from None

    def line(self, reference: str, *, touching: bool = False) -> list[Commit]:
        """The commits that led to this one, each by its first parent, oldest first: what a branch was.

        Args:
            reference: where it ends.
            touching: only those that changed a notebook, and the last one.
        """
        last = self.commit(reference)
        only = ("*.ipynb",) if touching else ()
        form = ("--first-parent", "--reverse", "--format=%H %cI", "--no-show-signature")
        said = self._ask("log", *form, last.name, "--", *only)
        found = [Commit(*line.split()) for line in said.decode("ascii").splitlines()]
        return found if found and found[-1] == last else [*found, last]

    def notebooks(self, commit: str, *, sizes: bool = False) -> list[Blob]:
        """The notebooks at a commit; neither links nor what Jupyter keeps aside."""
        long = ("--long",) if sizes else ()
        said = self._ask("ls-tree", "-r", "-z", "--full-tree", *long, self.commit(commit).name)
        found = []
        for entry in said.split(b"\0"):
            head, tab, path = entry.partition(b"\t")
            if tab and is_notebook(name := os.fsdecode(path)):
                mode, _, blob, *size = head.decode("ascii").split()
                if mode in _REGULAR:
                    found.append(Blob(name, blob, int(size[0]) if size and size[0] != "-" else -1))
        return found

    def history(self) -> Iterator[tuple[Commit, Blob]]:
        """Every content that every notebook ever had on any branch or tag, with the first commit of each."""
        seen: set[tuple[str, str]] = set()
        arguments = (
            "--all",
            "--reverse",
            "--raw",
            "-z",
            "-m",
            "--no-renames",
            "--no-abbrev",
            "--no-show-signature",
        )
        said = self._ask("log", *arguments, "--root", "--diff-filter=AMT", "--format=%x01%H %cI")
        commit = Commit("", "")
        fields = iter(said.split(b"\0"))
        for field in fields:
            # A commit's line ends like an entry, or with a line end where its first entry follows.
            for part in field.split(b"\n"):
                if part.startswith(b"\x01"):
                    commit = Commit(*part[1:].decode("ascii").split())
                elif part.startswith(b":"):
                    _, mode, _, blob, _ = part[1:].decode("ascii").split()
                    path = os.fsdecode(next(fields, b""))
                    if mode in _REGULAR and is_notebook(path) and (path, blob) not in seen:
                        seen.add((path, blob))
                        yield commit, Blob(path, blob, -1)

    def changed(self, since: str) -> dict[str, str | None]:
        """What in the work tree is not as a commit has it: paths, and those they had; None for new ones.

        What git doesn't track is not among them, what is gone neither.
        """
        said = self._ask("diff", "--name-status", "-z", "-M", "--no-ext-diff", since, "--")
        fields = iter([os.fsdecode(f) for f in said.split(b"\0")])
        found: dict[str, str | None] = {}
        for status in fields:
            if status.startswith(("R", "C")):
                old = next(fields)
                found[next(fields)] = old
            elif status:
                path = next(fields)
                if status != "D":
                    found[path] = None if status == "A" else path
        return found

    def content(self, blob: str, most: int | None = None) -> bytes:
        """A content by its name. May be called from several threads.

        Raises:
            OSError: git does not have it.
            TooLarge: it has more bytes than ``most``.
        """
        with self._lock:
            if self._pipe is None or self._pipe.poll() is not None:
                self._pipe = self._start("cat-file", "--batch")
            pipe = self._pipe
            assert pipe.stdin is not None and pipe.stdout is not None
            pipe.stdin.write(blob.encode("ascii") + b"\n")
            pipe.stdin.flush()
            head = pipe.stdout.readline().split()
            if len(head) != 3:
                raise OSError(0, "git does not have its content (a partial clone?)")
            size = int(head[2])
            if most is not None and size > most:
                # Its bytes are already on their way: the next question needs a new process.
                self._close()
                raise TooLarge
            data = pipe.stdout.read(size)
            pipe.stdout.read(1)
        if len(data) != size:
            raise OSError(0, "git ended while it was being read")
        return data

    def close(self) -> None:
        """End the process that gives contents."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.kill()
            for end in (pipe.stdin, pipe.stdout):
                with contextlib.suppress(OSError):
                    assert end is not None
                    end.close()
            pipe.wait()

    def _command(self, *arguments: str) -> list[str]:
        return [
            "git",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.quotePath=false",
            "-C",
            self.directory,
            *arguments,
        ]

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )

    def _ask(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                self._command(*arguments),
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                check=False,
            )
        except OSError as error:
            reason = "git is not installed" if isinstance(error, FileNotFoundError) else error.strerror
            raise NbdebtError(f"{self.directory}: {reason}") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            reason = said[0].removeprefix("fatal: ") if said else f"git ended with status {done.returncode}"
            # Of a repository that is somebody else's git says itself what to do, at the end.
            if said and (remedy := said[-1].strip()).startswith("git config "):
                reason += f"; to trust it: {remedy}"
            raise NbdebtError(f"{self.directory}: {reason}")
        return done.stdout


def is_notebook(path: str) -> bool:
    """Whether a path is a notebook's, and not that of a copy that Jupyter made."""
    return path.endswith(".ipynb") and _ASIDE not in f"/{path}"


def is_bare(directory: str) -> bool:
    """Whether a directory is a bare repository, as far as its looks say."""
    top = Path(directory)
    return (top / "HEAD").is_file() and (top / "objects").is_dir() and (top / "refs").is_dir()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OWN}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
