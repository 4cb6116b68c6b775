"""Small git repositories with notebooks, made for a test."""

import json
import os
import subprocess
from pathlib import Path

_IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(directory: Path, *arguments: str, when: str = "2026-01-05T12:00:00+00:00") -> str:
    """What git says."""
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **_IDENTITY, **dates},
    )
    return done.stdout.strip()


def begun(directory: Path) -> Path:
    """A new repository with the branch main."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "-q", "-b", "main")
    return directory


def committed(directory: Path, message: str, when: str = "2026-01-05T12:00:00+00:00") -> str:
    """Commit all there is; the commit's name."""
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "--allow-empty", "-m", message, when=when)
    return git(directory, "rev-parse", "HEAD")


def book(path: Path, *sources: str, ids: str = "cell") -> Path:
    """A notebook whose cells ran once, from top to bottom."""
    cells = [
        {
            "cell_type": "code",
            "id": f"{ids}{number}",
            "metadata": {},
            "execution_count": number,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources, 1)
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path
