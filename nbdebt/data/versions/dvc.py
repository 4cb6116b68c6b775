"""DVC: ``x.dvc`` beside the data, ``dir.dvc`` above it, or an output of a stage in ``dvc.lock``.

``dvc status`` takes seconds, so its files are read directly: sizes and MD5 digests, as DVC 3 writes them
(schema 2.0). The file that holds a digest must itself be committed, or nobody else has it.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from nbdebt.data.digests import LARGEST, Digest, file_digest
from nbdebt.data.versions.answer import Source, State, Versioned, Witness

_KEY = re.compile(r"^(?P<indent> *)(?P<item>- )?(?P<key>[\w.-]+): *(?P<value>.*?)\s*$")


class Tracked(msgspec.Struct, frozen=True):
    """One output as DVC's file describes it."""

    path: Path
    md5: str
    size: int | None
    file: Path


class Dvc:
    """Knows data tracked by DVC."""

    name = "dvc"

    def __init__(self, digest: Digest = file_digest) -> None:
        self._digest = digest
        self._projects: dict[Path, Path | None] = {}
        self._parsed: dict[Path, list[Tracked]] = {}

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """DVC's file about the source."""
        tracked = self._tracked(source)
        return (tracked.file,) if tracked is not None else ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned where size and digest are those that a committed file of DVC says."""
        tracked = self._tracked(source)
        if tracked is None or source.named is None:
            return None
        answer = _compare(source.named, tracked, self._project(tracked.path.parent), self._digest)
        if answer.state != "versioned":
            return answer
        witness = git.committed(tracked.file)
        if witness.state.startswith("versioned"):
            return answer
        state: State = "unknown" if witness.state == "unknown" else "unversioned"
        return Versioned(
            state, "dvc", reason=f"is tracked by DVC, but `{tracked.file.name}` {witness.reason}"
        )

    def _tracked(self, source: Source) -> Tracked | None:
        # A link at the path's end leads into DVC's cache where DVC is set to link: its place is the link's.
        path = source.named
        if path is None:
            return None
        project = self._project(path.parent)
        if project is None:
            return None
        above = [path, *path.parents]
        for one in above[: above.index(project)]:
            beside = one.with_name(one.name + ".dvc")
            for tracked in self._parse(beside):
                if tracked.path == one:
                    return tracked
        for directory in above[1 : above.index(project) + 1]:
            for tracked in self._parse(directory / "dvc.lock"):
                if tracked.path == path or tracked.path in path.parents:
                    return tracked
        return None

    def _project(self, directory: Path) -> Path | None:
        if directory not in self._projects:
            if (directory / ".dvc").is_dir():
                found: Path | None = directory
            else:
                found = None if directory.parent == directory else self._project(directory.parent)
            self._projects[directory] = found
        return self._projects[directory]

    def _parse(self, file: Path) -> list[Tracked]:
        known = self._parsed.get(file)
        if known is None:
            try:
                known = list(read_outs(file))
            except (OSError, ValueError):
                known = []
            self._parsed[file] = known
        return known


def read_outs(file: Path) -> Iterator[Tracked]:
    """The outputs in a ``.dvc`` file or in ``dvc.lock``.

    Reads the block style that DVC itself writes, not all of YAML: four keys are not worth a dependency.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not text.
    """
    entry: dict[str, str] = {}
    depth: int | None = None
    directory = file.parent

    def made() -> Iterator[Tracked]:
        if "path" in entry and "md5" in entry:
            size = entry.get("size", "")
            path = Path(os.path.normpath(directory / entry["path"]))
            yield Tracked(path, entry["md5"], int(size) if size.isdigit() else None, file)

    for line in file.read_text(encoding="utf-8").splitlines():
        found = _KEY.match(line)
        if found is None:
            continue
        indent = len(found["indent"])
        if depth is not None and (indent < depth or (indent == depth and not found["item"])):
            yield from made()
            entry, depth = {}, None
        if found["key"] == "outs" and not found["value"]:
            depth = indent
        elif depth is not None:
            if found["item"]:
                yield from made()
                entry = {}
            entry[found["key"]] = found["value"].strip("'\"")
    yield from made()


def _compare(path: Path, tracked: Tracked, project: Path | None, digest: Digest) -> Versioned:
    changed = Versioned("unversioned", "dvc", reason=f"was changed since `{tracked.file.name}` was written")
    try:
        if not tracked.md5.endswith(".dir"):
            if tracked.path != path:
                return Versioned("unknown", "dvc", reason="lies in what DVC knows as a file")
            size = path.stat().st_size
            if tracked.size is not None and size != tracked.size:
                return changed
            if size > LARGEST:
                return Versioned("unknown", "dvc", reason="is too large to be compared with what DVC says")
            same = digest(path, "md5") == tracked.md5
            return Versioned("versioned", "dvc", f"md5:{tracked.md5}") if same else changed
        manifest = _manifest(tracked, project)
        if manifest is None:
            return Versioned("unknown", "dvc", reason="DVC's list of the directory is not in the cache here")
        if path != tracked.path:
            expected = manifest.get(path.relative_to(tracked.path).as_posix())
            if expected is None:
                return Versioned(
                    "unversioned", "dvc", reason=f"was added after `{tracked.file.name}` was written"
                )
            same = path.is_file() and digest(path, "md5") == expected
            return Versioned("versioned", "dvc", f"md5:{expected}") if same else changed
        return _compare_directory(tracked, manifest, changed, digest)
    except OSError as error:
        return Versioned("unknown", "dvc", reason=f"can't be read: {error.strerror or error}")


def _compare_directory(
    tracked: Tracked, manifest: dict[str, str], changed: Versioned, digest: Digest
) -> Versioned:
    files = {p.relative_to(tracked.path).as_posix(): p for p in tracked.path.rglob("*") if p.is_file()}
    total = sum(p.stat().st_size for p in files.values())
    if files.keys() != manifest.keys() or (tracked.size is not None and total != tracked.size):
        return changed
    if total > LARGEST:
        return Versioned("unknown", "dvc", reason="is too large to be compared with what DVC says")
    if any(digest(p, "md5") != manifest[name] for name, p in files.items()):
        return changed
    return Versioned("versioned", "dvc", f"md5:{tracked.md5}")


def _manifest(tracked: Tracked, project: Path | None) -> dict[str, str] | None:
    """DVC's list of a directory's files, where its cache is at hand."""
    if project is None:
        return None
    for cache in _caches(project):
        file = cache / "files" / "md5" / tracked.md5[:2] / tracked.md5[2:]
        try:
            listed = json.loads(file.read_bytes())
            return {str(item["relpath"]): str(item["md5"]) for item in listed}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _caches(project: Path) -> Iterator[Path]:
    import configparser

    for name in ("config.local", "config"):
        config = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            config.read(project / ".dvc" / name, encoding="utf-8")
            directory = config.get("cache", "dir", fallback="")
        except (configparser.Error, ValueError):
            continue
        if directory:
            yield Path(os.path.normpath(project / ".dvc" / directory))
    yield project / ".dvc" / "cache"
