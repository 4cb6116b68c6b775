"""Directories for temporary files that all accounts of a machine share."""

import os

_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/private/var/tmp", "/usr/tmp")


def temporary_directory(target: str) -> str:
    """The shared directory for temporary files that a path lies in; empty where in none.

    ``$TMPDIR`` counts where everybody may write to it; one of one's own (as macOS and ``pam_tmpdir`` give)
    doesn't.
    """
    for top in (*_TEMPORARY, _own()):
        if top and target.startswith(top + "/"):
            return top
    return ""


def _own() -> str:
    chosen = os.environ.get("TMPDIR", "").rstrip("/")
    try:
        return chosen if chosen not in ("", "/") and os.stat(chosen).st_mode & 0o002 else ""
    except OSError:
        return ""
