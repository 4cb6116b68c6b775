"""Console blocks of the documentation: run, compared with what the page shows, and written anew.

A block is a Markdown fence ``console``. A line ``$ nbdebt …`` is a command; lines below it are what it
prints, errors included. ``$ echo $?`` below a command states its exit status; without it, the status must
not say that something could not be done. A line ``…`` stands for any lines. A block without output states
nothing but that the command works.

The commands of one page run one after the other, in a directory of their own, which holds the example
notebooks in a git repository. Only commands in :data:`RUN` are run: what installs packages or starts a
browser is left alone, and so is its output. ``make demo`` is run as the command that it stands for.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
RUN = ("nbdebt", "cat", "git", "head", "echo")
ELISION = "…"
_STANDS_FOR = {"make demo": "nbdebt check example_notebooks/"}
_FENCE = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"Checked\s+in\s+\d+\.\d\s+s\."), "Checked in 0.1 s."),
    (re.compile(r'("seconds": |pinned = )("[\d-]+"|[\d.]+)'), r"\g<1>0"),
    (re.compile(r"(pinned\s+on\s+)\d{4}-\d\d-\d\d"), r"\g<1>0"),
    (re.compile(r"^index [0-9a-f]+\.\.[0-9a-f]+", re.MULTILINE), "index 0..0"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


class Command(msgspec.Struct):
    """One command of a block, and what the page says that it prints: None where it says nothing."""

    line: str
    output: list[str]

    @property
    def is_status(self) -> bool:
        """Whether it asks for the exit status of the command above."""
        return self.line == "echo $?"

    @property
    def is_run(self) -> bool:
        """Whether it is run."""
        return self.line in _STANDS_FOR or self.line.split(" ")[0] in RUN


class Workplace:
    """A directory in which the commands of one page run: the example notebooks, all committed.

    Args:
        directory: an empty directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        tracked = _tracked("example_notebooks")
        for name in tracked:
            target = self.directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
        shims = directory / "bin"
        shims.mkdir()
        shim = shims / "nbdebt"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nbdebt "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "COV_", "PYTEST_"))}
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "CLICOLOR_FORCE"):
            kept.pop(name, None)
        self.environment = kept | {
            "PATH": f"{shims}{os.pathsep}{kept.get('PATH', '')}",
            "PYTHONPATH": str(ROOT),
            "GIT_PAGER": "cat",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "user.name",
            "GIT_CONFIG_VALUE_0": "Ada",
            "GIT_CONFIG_KEY_1": "user.email",
            "GIT_CONFIG_VALUE_1": "ada@example.org",
        }
        # nbdebt leaves its cache here, which ignores itself; a git of one's own keeps what is tracked apart.
        for command in ("git init -q", "git add -A", "git commit -q -m Examples"):
            said, status = self.run(command)
            if status:
                raise RuntimeError(f"{command}: {said}")

    def run(self, line: str) -> tuple[str, int]:
        """Run a command; what it prints, errors included, and its exit status."""
        done = subprocess.run(
            ["bash", "-c", _STANDS_FOR.get(line, line)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout.decode(), done.returncode

    def run_python(self, source: str) -> tuple[str, int]:
        """Run a program in this directory; what it prints, errors included, and its exit status."""
        script = self.directory.parent / "block.py"
        script.write_text(source, encoding="utf-8")
        return self.run(f'"{sys.executable}" "{script}"')


def parse(body: str) -> list[Command]:
    """The commands of a block."""
    commands: list[Command] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            commands.append(Command(re.sub(r"\s{2,}# .*$", "", line[2:]).strip(), []))
        elif commands:
            commands[-1].output.append(line)
    for command in commands:
        while command.output and not command.output[-1]:
            command.output.pop()
    return commands


def blocks(text: str) -> list[str]:
    """The bodies of a page's console blocks."""
    return [found["body"] for found in _FENCE.finditer(text)]


def settled(text: str) -> str:
    """The text without what differs between two runs: times and hashes."""
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text


def fits(shown: list[str], printed: str) -> bool:
    """Whether a command printed what the page shows. ``…`` on a line of its own stands for any lines."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == ELISION else re.escape(line) + r"\n"
        for line in settled("\n".join(shown)).split("\n")
    ]
    return re.fullmatch("".join(parts), settled(printed).rstrip("\n") + "\n") is not None


def complaints(text: str, place: Workplace) -> list[str]:
    """Run the commands of a page; where what happens is not what it shows."""
    found: list[str] = []
    for body in blocks(text):
        status = 0
        commands = parse(body)
        for position, command in enumerate(commands):
            following = commands[position + 1] if position + 1 < len(commands) else None
            if command.is_status:
                if command.output != [str(status)]:
                    found.append(f"{commands[position - 1].line}: exit status {status}, not {command.output}")
                continue
            if not command.is_run:
                continue
            printed, status = place.run(command.line)
            if status not in (0, 1) and not (following and following.is_status):
                found.append(f"{command.line}: exit status {status}\n{printed}")
            elif command.output and not fits(command.output, printed):
                found.append(f"{command.line}: prints something else than the page shows:\n{printed}")
    return found


def refreshed(text: str, place: Workplace) -> str:
    """The page with what its commands print now. Shortened output stays as it is.

    Raises:
        RuntimeError: a command could not do what it should, which no page shall show by accident.
    """

    def renewed(block: re.Match[str]) -> str:
        body = block["body"]
        prompts = [line for line in body.splitlines() if line.startswith("$ ")]
        commands = parse(body)
        paragraphs: list[str] = []
        status = 0
        for position, (prompt, command) in enumerate(zip(prompts, commands, strict=True)):
            output = command.output
            if command.is_status:
                output = [str(status)]
            elif command.is_run:
                printed, status = place.run(command.line)
                is_asked = position + 1 < len(commands) and commands[position + 1].is_status
                if status not in (0, 1) and not is_asked:
                    raise RuntimeError(f"{command.line}: exit status {status}\n{printed}")
                if output and ELISION not in map(str.strip, output) and not fits(output, printed):
                    output = printed.rstrip("\n").split("\n")
            # Output is set off from the next command; commands that print nothing stand together.
            is_last = position + 1 == len(commands)
            paragraphs.append(
                "".join(f"{line}\n" for line in (prompt, *output, *[""] * bool(output and not is_last)))
            )
        return f"```console\n{''.join(paragraphs)}```"

    return _FENCE.sub(renewed, text)


def _tracked(under: str) -> list[str]:
    """The files of the repository below a directory, without what running the notebooks left there."""
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--", under], capture_output=True, check=False
    )
    names = [name for name in asked.stdout.decode().split("\0") if name]
    if not names:
        # A source distribution is no repository; nothing was left in it yet.
        names = [p.relative_to(ROOT).as_posix() for p in sorted((ROOT / under).rglob("*")) if p.is_file()]
    return [name for name in names if (ROOT / name).is_file()]
