"""Writing: to a terminal, a pipe or a file, whatever bytes a notebook's names are made of."""

import os
import sys
import time
from pathlib import Path
from typing import TextIO

from nbdebt.model.errors import NbdebtError


def wants_color(stream: TextIO, choice: str = "auto") -> bool:
    """Whether to colour: as chosen, else by ``NO_COLOR``, ``FORCE_COLOR`` and the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """How wide the terminal is; 100 where there is none."""
    # As shutil.get_terminal_size does it, without the compressors that its module loads.
    try:
        return int(os.environ["COLUMNS"]) or 100
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def write(text: str, file: str | None = None) -> None:
    """Write to standard output, or to a file.

    Raises:
        NbdebtError: it can't be written.
    """
    data = encoded(text)
    if file is not None:
        try:
            Path(file).write_bytes(data)
        except OSError as error:
            raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None
        return
    if sys.stdout.isatty() and (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        # A terminal that doesn't speak UTF-8 gets what it can show.
        data = text.encode(sys.stdout.encoding, "backslashreplace")
    write_bytes(data)


def write_bytes(data: bytes) -> None:
    """Write to standard output as it is.

    A reader that went away is no error: the exit status is still to come.

    Raises:
        NbdebtError: it can't be written: the disk behind it is full, say.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is still buffered would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise NbdebtError(f"standard output: can't be written: {error.strerror or error}") from None


def encoded(text: str) -> bytes:
    """UTF-8; of what is no text (names of files may be anything) its escapes."""
    return text.encode("utf-8", "backslashreplace")


def tell(text: str) -> None:
    """One line on standard error."""
    from nbdebt.report.plain import clean

    print(f"nbdebt: {clean(text)}", file=sys.stderr)


class Progress:
    """A bar on standard error, on a terminal only, and only once the work has taken a while."""

    _PATIENCE = 0.8
    _CELLS = 30

    def __init__(self, on: bool) -> None:
        self.on = on and sys.stderr.isatty()
        self.started = time.monotonic()
        self.shown = ""

    def __call__(self, done: int, total: int, aside: str = "") -> None:
        """Draw how far the work is, and what is said beside it."""
        if not self.on or time.monotonic() - self.started < self._PATIENCE:
            return
        full = self._CELLS * done // max(total, 1)
        bar = f"{'━' * full}{'─' * (self._CELLS - full)} {done}/{total} notebooks{aside}"
        self._show(bar)

    def say(self, text: str) -> None:
        """Say something in the place of the bar."""
        if self.on and time.monotonic() - self.started >= self._PATIENCE:
            self._show(text)

    def _show(self, text: str) -> None:
        if text != self.shown:
            self.shown = text
            sys.stderr.write(f"\r{text}\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Leave no trace."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self.shown = ""
