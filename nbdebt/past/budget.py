"""A budget of debt: a file that says how much of each family there may be, and only ever says less."""

import json
import os
from pathlib import Path

import msgspec

from nbdebt.model.errors import NbdebtError
from nbdebt.past.trend import Point
from nbdebt.scan.model import FAMILIES

VERSION = 1


class Budget(msgspec.Struct, forbid_unknown_fields=True):
    """Errors and warnings of each family that there may be."""

    version: int
    order: int
    seeds: int
    outputs: int
    data: int


class Kept(msgspec.Struct, frozen=True):
    """A budget beside what there is.

    Args:
        lines: family, what there is, what there may be.
        is_lowered: the file was written anew, with less.
        is_new: the file was made.
    """

    lines: tuple[tuple[str, int, int], ...]
    is_lowered: bool = False
    is_new: bool = False

    @property
    def over(self) -> list[tuple[str, int, int]]:
        """Families of which there is too much."""
        return [line for line in self.lines if line[1] > line[2]]


def keep(file: str, point: Point, update: bool) -> Kept:
    """Compare what there is with a budget.

    Args:
        file: the budget.
        point: what there is.
        update: write what there is where that is less; make the file where there is none.

    Raises:
        NbdebtError: the file is not there and isn't to be made, is none, or can't be written.
    """
    there = {family: int(getattr(point, family)) for family in FAMILIES}
    if update and not os.path.lexists(file):
        _write(file, Budget(VERSION, **there))
        return Kept(tuple((family, count, count) for family, count in there.items()), is_new=True)
    budget = _load(file)
    may_be = {family: int(getattr(budget, family)) for family in FAMILIES}
    lines = tuple((family, there[family], may_be[family]) for family in FAMILIES)
    less = {family: min(there[family], may_be[family]) for family in FAMILIES}
    is_lowered = update and less != may_be
    if is_lowered:
        _write(file, Budget(VERSION, **less))
    return Kept(lines, is_lowered)


def _load(file: str) -> Budget:
    try:
        budget = msgspec.json.decode(Path(file).read_bytes(), type=Budget)
    except OSError as error:
        hint = "; --update makes it" if isinstance(error, FileNotFoundError) else ""
        raise NbdebtError(f"{file}: can't be read: {error.strerror or error}{hint}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NbdebtError(f"{file}: is no budget: {error}") from None
    if budget.version != VERSION:
        raise NbdebtError(f"{file}: is a budget of version {budget.version}; this nbdebt reads {VERSION}")
    return budget


def _write(file: str, budget: Budget) -> None:
    target = Path(file)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(json.dumps(msgspec.to_builtins(budget), indent=2) + "\n", encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise NbdebtError(f"{file}: can't be written: {error.strerror or error}") from None
