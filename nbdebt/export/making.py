"""From a session or a notebook to a script."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from nbdebt.export.model import Cli, Config, Form, Level, Log, Logged, Script
from nbdebt.export.names import parsed_source
from nbdebt.export.notebook import write_notebook
from nbdebt.export.saved import log_of_notebook
from nbdebt.export.slice import sliced
from nbdebt.export.write import write
from nbdebt.model.errors import NbdebtError, NotebookError
from nbdebt.model.notebook import Notebook
from nbdebt.read import read_notebook

NO_FLAGS = (
    "a notebook has no flags, and no functions that its cells weren't: --to notebook goes without these"
)


def export(
    source: Logged | Log | Notebook | str | Path,
    targets: Iterable[str] | str | None = None,
    *,
    level: Level | None = None,
    seed: int | None = 0,
    settings: bool = True,
    cli: Cli = "none",
    config: Config = "none",
    functions: bool = False,
    faithful: bool = False,
    notebook: bool = False,
) -> Script:
    """Make a script that gives what a session or a saved notebook gave.

    Nothing is run: ``Script.verify`` does that.

    Args:
        source: a session (:func:`nbdebt.load`), a notebook, or the path of one.
        targets: what the script is for: names, files, cells (an id or ``[3]``), ``outputs`` (all that is
            printed, shown or written), ``all`` (that, and the names that are left); None is ``all``.
        level: how much is kept: ``statements``, ``cells``, ``replay`` (all that ran); None takes the
            smallest that is sound.
        seed: what seeds streams that the notebook drew from unseeded; None leaves them so.
        settings: paths, seeds, parameters and thresholds stand at the top, under names.
        cli: flags that set them, read by ``argparse``, ``click`` or ``fire``.
        config: a file that may set them, by ``--config``: ``json`` or ``toml``.
        functions: a function for each section, where that can't make a difference.
        faithful: random streams are put where the session had them, instead of being seeded.
        notebook: make a notebook: cells in the order in which they ran, no outputs. It has no flags.

    Returns:
        The script.

    Raises:
        ExportRefused: something can't be exported soundly; has the cell, the line, the reason.
        NotebookError: the notebook can't be read.
        NbdebtError: what is asked for doesn't go together.
    """
    if notebook and (cli != "none" or config != "none" or functions):
        raise NbdebtError(NO_FLAGS)
    wanted = (targets,) if isinstance(targets, str) else tuple(targets or ())
    return made(_log(source), wanted, level, seed, Form(settings, cli, config, functions, faithful, notebook))


def made(
    log: Log, targets: Sequence[str] | None, level: Level | None, seed: int | None, form: Form
) -> Script:
    """The script of a log; see :func:`export`."""
    try:
        found = sliced(log, tuple(targets or ("all",)), level)
        return write_notebook(log, found, seed, form) if form.notebook else write(log, found, seed, form)
    finally:
        # Trees are large, and a kernel lives long.
        parsed_source.cache_clear()


def _log(source: Logged | Log | Notebook | str | Path) -> Log:
    if isinstance(source, Log):
        return source
    if isinstance(source, Notebook):
        return log_of_notebook(source)
    if isinstance(source, str | Path):
        try:
            data = Path(source).read_bytes()
        except OSError as error:
            raise NotebookError(str(source), error.strerror or str(error), kind="unreadable") from None
        return log_of_notebook(read_notebook(data, str(source)))
    return source.log()
