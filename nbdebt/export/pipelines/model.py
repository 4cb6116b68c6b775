"""What a pipeline is made of."""

import msgspec


class Step(msgspec.Struct, frozen=True):
    """A section of the notebook as a program of its own.

    Args:
        name: its function's name.
        file: its program's, without ``.py``: no module's name, for it stands first on the path.
        about: the section's heading.
        after: the steps whose results it takes.
        reads: files that it reads and that no step before it writes, relative to where steps run.
        takes: files that it reads and a step before it writes.
        writes: files that it writes.
    """

    name: str
    file: str
    about: str = ""
    after: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class Pipeline(msgspec.Struct, frozen=True):
    """Steps, and where they are.

    Args:
        title: the notebook's file name.
        steps: in an order in which they can run.
        files: texts of the steps and of what they share, by file name.
        directory: where these files are, relative to where the steps run.
        back: from there to where the steps run.
        notes: what must be known of it, a sentence each.
    """

    title: str
    steps: tuple[Step, ...]
    files: dict[str, str]
    directory: str
    back: str
    notes: tuple[str, ...] = ()

    def script(self, step: Step) -> str:
        """A step's program, relative to where it runs."""
        return f"{self.directory}/{step.file}.py"

    def result(self, name: str) -> str:
        """The file with which a step hands on what it made, relative to where steps run."""
        return f"{self.directory}/results/{name}.pickle"

    def needs(self, step: Step) -> list[str]:
        """All files that a step depends on: its programs, data, and what other steps made."""
        own = [self.script(step), f"{self.directory}/{SHARED}.py"]
        return [*own, *step.reads, *step.takes, *(self.result(name) for name in step.after)]

    def makes(self, step: Step) -> list[str]:
        """All files that a step leaves."""
        return [self.result(step.name), *step.writes]


SHARED = "shared"
"""The module that the steps share: definitions, settings, helpers."""
