"""``%load_ext nbdebt``, and the same for scripts."""

import importlib
import os
from typing import Any

from nbdebt.live import comm
from nbdebt.live.magics import attach
from nbdebt.live.session import Session, current, disabled

_OFF = ("0", "false", "no", "off")


def load(shell: Any = None) -> Session:
    """Start recording in an IPython shell; does the same as ``%load_ext nbdebt``.

    Args:
        shell: the shell; None takes the one that is running.

    Returns:
        The shell's session: the one that is being recorded already, if there is one.

    Raises:
        RuntimeError: there is no IPython shell.
    """
    if shell is None:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None:
        raise RuntimeError(
            "nbdebt.load() found no IPython shell: call it in a notebook or in IPython, or pass the shell"
        )
    found = current(shell)
    if found is not None:
        return found
    session = Session(shell)
    shell._nbdebt_session = session
    session.on_close(attach(session))
    if (hang_up := comm.attach(session)) is not None:
        session.on_close(hang_up)
    if session.settings.ledger.dir and os.environ.get("NBDEBT_LEDGER", "").strip().lower() not in _OFF:
        # Loaded only by those who keep a ledger.
        session.on_close(importlib.import_module("nbdebt.live.ledger").attach(session))
    return session


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext nbdebt`` calls."""
    if not disabled():
        load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What ``%unload_ext nbdebt`` calls: recording stops, and nothing is left in the shell."""
    session = current(shell)
    if session is not None:
        session.close()
