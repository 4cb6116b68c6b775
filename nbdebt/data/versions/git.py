"""git: tracked and as it was committed. All paths of a repository are asked for at once."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from nbdebt.data.digests import Digest, NotYet, file_digest
from nbdebt.data.versions import lfs
from nbdebt.data.versions.answer import Source, Versioned, Witness

if TYPE_CHECKING:
    import subprocess

PENDING = "is still being read"
_SECONDS = 10
# Bytes of paths on one command line; systems allow 128 KiB for one argument list at the very least.
_LINE = 60_000
# Inside a hook git sets these to speak of its own repository.
_OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE")


class _State(msgspec.Struct):
    """What git says of the paths of one repository: blobs by path, and what is not as it was committed."""

    blobs: dict[str, str]
    changed: dict[str, str]


class GitFailed(Exception):
    """git is not there, did not answer in time, or does not understand the repository."""


class Git:
    """Asks git, once for each repository and batch of paths."""

    name = "git"

    def __init__(self, digest: Digest = file_digest) -> None:
        self._digest = digest
        self._roots: dict[Path, Path | None] = {}
        self._wanted: dict[Path, set[Path]] = {}
        self._answers: dict[Path, Versioned] = {}

    # As a system

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """The file itself."""
        return (source.real,) if source.real is not None else ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Whether git holds the source as it is."""
        if source.real is None:
            return None
        return self.committed(source.real)

    # As a witness

    def want(self, path: Path) -> None:
        """Foresee a question, so that it is asked together with the others."""
        if path not in self._answers and (root := self.root(path)) is not None:
            self._wanted.setdefault(root, set()).add(path)

    def committed(self, path: Path) -> Versioned:
        """Whether git holds the file, or all files of the directory, as they are."""
        known = self._answers.get(path)
        if known is not None:
            return known
        root = self.root(path)
        if root is None:
            return Versioned("unversioned", reason="is in no version control")
        self._wanted.setdefault(root, set()).add(path)
        self._ask(root)
        return self._answers[path]

    def root(self, path: Path) -> Path | None:
        """The top of the work tree that a path is in, None outside of any."""
        directory = path.parent
        seen: list[Path] = []
        found: Path | None = None
        while True:
            if directory in self._roots:
                found = self._roots[directory]
                break
            seen.append(directory)
            if (directory / ".git").exists():
                found = directory
                break
            if directory.parent == directory:
                break
            directory = directory.parent
        for one in seen:
            self._roots[one] = found
        return found

    def _ask(self, root: Path) -> None:
        paths = sorted(self._wanted.pop(root, set()))
        relative = {path: path.relative_to(root).as_posix() for path in paths}
        for batch in _batches(list(relative.values())):
            try:
                state = _read_state(root, batch)
                pointers = _read_pointers(root, state)
            except GitFailed as error:
                for path in paths:
                    self._answers.setdefault(
                        path, Versioned("unknown", "git", reason=f"git can't tell: {error}")
                    )
                return
            asked = set(batch)
            for path, name in relative.items():
                if name in asked:
                    self._answers[path] = _answer(path, name, state, pointers, self._digest)


def _answer(
    path: Path, name: str, state: _State, pointers: dict[str, lfs.Pointer], digest: Digest
) -> Versioned:
    blob = state.blobs.get(name)
    if blob is not None:
        if name in pointers:
            try:
                return lfs.compare(path, pointers[name], digest)
            except NotYet:
                return Versioned("unknown", "git-lfs", reason=PENDING)
        reason = state.changed.get(name, "")
        return (
            Versioned("unversioned", "git", reason=reason) if reason else Versioned("versioned", "git", blob)
        )
    above = [name, *(str(parent) for parent in Path(name).parents)]
    if reason := next((state.changed[a] for a in above if a in state.changed), ""):
        return Versioned("unversioned", "git", reason=reason)
    below = name + "/" if name != "." else ""
    if any(tracked.startswith(below) for tracked in state.blobs):
        changed = next((changed for changed in state.changed if changed.startswith(below)), None)
        if changed is None:
            return Versioned("versioned", "git")
        return Versioned("unversioned", "git", reason=f"holds `{changed}`, which {state.changed[changed]}")
    return Versioned("unversioned", "git", reason="is not tracked by git")


def _batches(names: Sequence[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    length = 0
    for name in names:
        if batch and length + len(name) > _LINE:
            yield batch
            batch, length = [], 0
        batch.append(name)
        length += len(name.encode("utf-8", "surrogateescape")) + 1
    if batch:
        yield batch


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _OWN}
    return {
        **kept,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _start(root: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    # A repository's own configuration may name a program as its file system monitor: it isn't ours to run.
    import subprocess

    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *arguments]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise GitFailed(f"it can't be started ({error.strerror or error})") from None


def _finish(process: "subprocess.Popen[bytes]", given: bytes = b"") -> bytes:
    import subprocess

    try:
        answer, complaint = process.communicate(given, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise GitFailed(f"no answer within {_SECONDS} seconds") from None
    except OSError as error:
        raise GitFailed(error.strerror or str(error)) from None
    if process.returncode:
        first = complaint.decode("utf-8", "replace").strip().split("\n")[0]
        raise GitFailed(first.removeprefix("fatal: ") or f"exit status {process.returncode}")
    return answer


def _read_state(root: Path, names: Sequence[str]) -> _State:
    listing = _start(root, "ls-files", "-z", "--stage", "--full-name", "--", *names)
    try:
        status = _start(
            root, "status", "--porcelain=v2", "-z", "--ignored", "--ignore-submodules=all", "--", *names
        )
    except GitFailed:
        listing.kill()
        raise
    failed: GitFailed | None = None
    answers: list[bytes] = []
    for process in (listing, status):
        try:
            answers.append(_finish(process))
        except GitFailed as error:
            failed = error
    if failed is not None:
        raise failed
    blobs: dict[str, str] = {}
    for entry in answers[0].split(b"\0"):
        if entry:
            head, _, name = entry.partition(b"\t")
            blobs[os.fsdecode(name)] = head.split()[1].decode()
    return _State(blobs, _read_changes(answers[1]))


def _read_changes(answer: bytes) -> dict[str, str]:
    """Paths that are not as they were committed, and why (git-status(1), porcelain format version 2)."""
    changed: dict[str, str] = {}
    entries = iter(answer.split(b"\0"))
    for entry in entries:
        kind = entry[:1]
        if kind == b"1":
            fields = entry.split(b" ", 8)
            added = fields[1][:1] == b"A"
            reason = "is added to git but not committed" if added else "was changed since the last commit"
            changed[os.fsdecode(fields[8])] = reason
        elif kind == b"2":
            changed[os.fsdecode(entry.split(b" ", 9)[9])] = "was renamed and not committed"
            next(entries, None)
        elif kind == b"u":
            changed[os.fsdecode(entry.split(b" ", 10)[10])] = "is in the middle of a merge"
        elif kind == b"?":
            changed[os.fsdecode(entry[2:]).rstrip("/")] = "is not tracked by git"
        elif kind == b"!":
            changed[os.fsdecode(entry[2:]).rstrip("/")] = "is ignored by git"
    return changed


def _read_pointers(root: Path, state: _State) -> dict[str, lfs.Pointer]:
    """git-LFS pointers among the tracked files; asked for where there may be some."""
    suspects = {
        name: blob for name, blob in state.blobs.items() if name in state.changed or _says_lfs(root, name)
    }
    if not suspects:
        return {}
    blobs = sorted(set(suspects.values()))
    sizes = _finish(_start(root, "cat-file", "--batch-check"), "\n".join(blobs).encode() + b"\n")
    small = [f[0] for line in sizes.splitlines() if len(f := line.split()) == 3 and int(f[2]) < lfs.LONGEST]
    if not small:
        return {}
    answer = _finish(_start(root, "cat-file", "--batch"), b"\n".join(small) + b"\n")
    contents: dict[str, bytes] = {}
    position = 0
    while position < len(answer):
        end = answer.index(b"\n", position)
        name, _, size = answer[position:end].split()
        contents[name.decode()] = answer[end + 1 : end + 1 + int(size)]
        position = end + 2 + int(size)
    pointers = {name: lfs.parse_pointer(contents.get(blob, b"")) for name, blob in suspects.items()}
    return {name: pointer for name, pointer in pointers.items() if pointer is not None}


def _says_lfs(root: Path, name: str) -> bool:
    """Whether an attributes file above the path speaks of git-LFS."""
    return any(_speaks_of_lfs(root / parent / ".gitattributes") for parent in Path(name).parents)


def _speaks_of_lfs(attributes: Path) -> bool:
    try:
        return b"filter=lfs" in attributes.read_bytes()
    except OSError:
        return False
