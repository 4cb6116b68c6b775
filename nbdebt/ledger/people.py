"""How people and machines are called in the ledger: by name, by a pseudonym, or not at all."""

import getpass
import os
import secrets
import socket
from pathlib import Path
from typing import Literal

ActorStyle = Literal["name", "pseudonym", "none"]


def actor_of(style: ActorStyle, home: Path | None = None) -> str:
    """How the person at this kernel is called in the ledger.

    Args:
        style: by name (JupyterHub's user, else the account), by a pseudonym, or not at all.
        home: where the pseudonym is kept; the user's configuration directory if not given.

    Returns:
        The name. The pseudonym is random, the same for all sessions of an account, and known only to a file
        of the user's: nothing of the name is in it. Empty where it can't be kept, or for ``none``.
    """
    if style == "none":
        return ""
    if style == "name":
        return os.environ.get("JUPYTERHUB_USER", "") or account()
    try:
        return _pseudonym(home or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"))
    except (OSError, RuntimeError):
        return ""


def _pseudonym(directory: Path) -> str:
    file = directory / "nbdebt" / "pseudonym"
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f".pseudonym-{secrets.token_hex(8)}")
    made.write_text(f"p-{secrets.token_hex(6)}\n", encoding="ascii")
    made.chmod(0o600)
    try:
        # Of two kernels that begin at once, the first one's counts.
        os.link(made, file)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return file.read_text(encoding="ascii").strip()


def account() -> str:
    """The account that the process runs under; its number where it has no name."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except ImportError:  # pragma: no cover - Windows
        return getpass.getuser()
    except KeyError:
        return str(os.getuid())


def host_of(style: ActorStyle) -> str:
    """The machine's name, where people are named: that of a laptop tells whose it is."""
    return socket.gethostname() if style == "name" else ""
