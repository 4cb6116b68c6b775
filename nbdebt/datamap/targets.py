"""Which file a notebook means: paths that lead to the same file are one data set."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from nbdebt.data.targets import as_pattern, has_hole, is_absolute, is_unknown, local_path

_CHDIR = re.compile(
    r"""^\s*(?:os\.chdir\(\s*r?(["'])(?P<quoted>[^"']+)\1\s*\)|%cd[ \t]+(?P<bare>[^\s$"'{]+))"""
)
# Links into these mean a version of their content, not the file that holds it.
_STORES = ("/.git/annex/objects/", "/.dvc/cache/")
_SECRET = re.compile(
    r"(?i)^(?:x-(?:amz|goog)-.*|sig|sign|signature|token|access_token|key|api[_-]?key|.*secret.*|"
    r"password|passwd|pwd|awsaccesskeyid|googleaccessid|auth.*|credential.*)$"
)


def changed_directory(source: str, directory: Path | None) -> Path | None:
    """Where a notebook stands after ``os.chdir("…")`` or ``%cd …``; None where that isn't written out.

    Args:
        source: the line of the change.
        directory: where it stood before; None for unknown.
    """
    found = _CHDIR.match(source)
    where = found and (found["quoted"] or found["bare"])
    if not where or where == "-" or (directory is None and not is_absolute(where)):
        return None
    return Path(os.path.normpath(os.path.join(directory or "/", os.path.expanduser(where))))


class Places:
    """Finds out which file is meant by a relative path.

    Jupyter runs a notebook where it stands; editors and schedulers often run it at the project's root. So the
    notebook's directory comes first, and the directories above it, up to the root, where only there is such a
    file, or a notebook that makes it.
    """

    def __init__(self) -> None:
        self.made: set[str] = set()
        self._real: dict[str, str] = {}
        self._there: dict[str, bool] = {}

    def file(self, text: str, directory: Path, root: Path, *, writes: bool) -> str:
        """The absolute path of a file.

        Args:
            text: as the code writes it.
            directory: where the notebook runs.
            root: the project's root.
            writes: it is written: then its directory has to be there.
        """
        naive = str(local_path(text, directory))
        if is_absolute(text) or is_unknown(text):
            return self.real(naive)
        for one in (directory, *self._above(directory, root)):
            path = str(local_path(text, one))
            # Of a pattern, the part before the first hole can be looked for.
            base = os.path.dirname(as_pattern(path).partition("*")[0]) if has_hole(text) else path
            if writes:
                base = os.path.dirname(path) if base == path else base
                if os.path.dirname(text) in ("", ".") or self._is_there(base):
                    return self.real(path)
            elif (
                self._is_there(base)
                or as_pattern(path) in self.made
                or as_pattern(self.real(path)) in self.made
            ):
                return self.real(path)
        return self.real(naive)

    def real(self, path: str) -> str:
        """The file that a path leads to, links followed; not into stores of versions."""
        if path not in self._real:
            try:
                real = os.path.realpath(path) if os.path.islink(path) else path
            except (OSError, ValueError):
                real = path
            self._real[path] = path if any(store in real for store in _STORES) else real
        return self._real[path]

    def _is_there(self, path: str) -> bool:
        if path not in self._there:
            self._there[path] = os.path.lexists(path)
        return self._there[path]

    @staticmethod
    def _above(directory: Path, root: Path) -> Iterable[Path]:
        real = Path(os.path.realpath(directory))
        if root in real.parents:
            for parent in real.parents:
                yield parent
                if parent == root:
                    return


def safe_address(text: str) -> str:
    """An address without passwords, tokens and signatures: maps are passed on."""
    scheme, found, _ = text.partition("://")
    if not found:
        return text
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        user = parts.username or ""
        # The container of abfss://container@account is no user.
        if user and parts.password is None and scheme.startswith(("abfs", "wasb")):
            host = parts.netloc
        given = parse_qsl(parts.query, keep_blank_values=True)
        kept = [(key, value) for key, value in given if not _SECRET.match(key)]
        query = parts.query if kept == given else urlencode(kept, safe="/:,{}*")
        # Not by urlunsplit: it takes the slashes of sqlite:///x.db for superfluous.
        rest = (f"?{query}" if query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        return f"{scheme}://{host}{parts.path}{rest}"
    except ValueError:
        return scheme + "://…"
