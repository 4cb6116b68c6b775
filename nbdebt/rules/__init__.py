"""Rules: one question, one file. The file's docstring is the rule's page; the examples on the page are its
tests.

A rule is a generator over what is known of one notebook::

    @rule("NBD101", needs=Needs.HISTORY)
    def out_of_order_read(seen: Analysis) -> Iterator[Finding]:
        '''One sentence: what it finds.'''

Rules that look at nothing but the document (``Needs.SOURCE``, ``Needs.HISTORY``) get an :class:`Analysis`
and are cached with it. Rules that look at the world around it (``Needs.OUTSIDE``: files, version control,
pins; ``Needs.PROJECT``: the other notebooks of the run) get :class:`Surroundings`, and are asked anew in
every run.
"""

import enum
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from nbdebt.model.brought import brought
from nbdebt.model.finding import Family, Finding, Severity


class Needs(enum.Enum):
    """The evidence that a rule works on."""

    SOURCE = "source"
    """The code alone."""
    HISTORY = "history"
    """Runs: execution counts, or a recorded session."""
    OUTSIDE = "outside"
    """The real file system, version control, pins and declarations."""
    PROJECT = "project"
    """All notebooks of the run together."""
    SUPPRESSIONS = "suppressions"
    """What was silenced by all the others."""


FAMILIES: dict[str, Family] = {"1": "order", "2": "seeds", "3": "outputs", "4": "data", "9": "nbdebt"}


class Rule(msgspec.Struct, frozen=True):
    """A rule: its code and name, how severe what it finds is, whether it is on by default, and its check.

    Args:
        code: stable, ``NBD`` and three digits, the first of which is the family.
        name: stable, reads well after "ignore"; the file's name.
        summary: one sentence.
        severity: of its findings, unless a finding says otherwise.
        default: part of the default selection.
        needs: the evidence it works on.
        check: generator over an ``Analysis`` or ``Surroundings``.
        module: where it is written.
    """

    code: str
    name: str
    summary: str
    severity: Severity
    default: bool
    needs: Needs
    check: Callable[[Any], Iterator[Finding]]
    module: str

    @property
    def family(self) -> Family:
        """order, seeds, outputs or data."""
        return FAMILIES.get(self.code[3:4], "nbdebt")

    @property
    def page(self) -> str:
        """The rule's documentation, in Markdown."""
        return importlib.import_module(self.module).__doc__ or ""

    @property
    def markdown(self) -> str:
        """The same below a title, to be read by itself."""
        return f"# {self.name} ({self.code})\n\n{self.page.strip()}\n"


_REGISTERED: dict[str, Rule] = {}
F = TypeVar("F", bound=Callable[[Any], Iterator[Finding]])


def rule(
    code: str, *, needs: Needs, severity: Severity = "warning", default: bool = True
) -> Callable[[F], F]:
    """Register a check as a rule. The function's name, with dashes, is the rule's name; its docstring the
    summary.

    Raises:
        ValueError: the code is taken by another rule.
    """

    def register(check: F) -> F:
        name = check.__name__.replace("_", "-")
        known = _REGISTERED.get(code)
        if known is not None and known.module != check.__module__:
            raise ValueError(
                f"{code} is taken by {known.module}; {check.__module__} must choose another code"
            )
        first = (check.__doc__ or "").strip().partition("\n\n")[0]
        summary = " ".join(first.split())
        _REGISTERED[code] = Rule(code, name, summary, severity, default, needs, check, check.__module__)
        return check

    return register


@functools.cache
def catalogue() -> dict[str, Rule]:
    """All rules by code, those of other packages (entry points ``nbdebt.rules``: modules) included."""
    for family in ("order", "seeds", "outputs", "data", "hygiene"):
        try:
            package = importlib.import_module(f"nbdebt.rules.{family}")
        except ModuleNotFoundError:
            continue
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"nbdebt.rules.{family}.{module.name}")
    for entry in brought("nbdebt.rules"):
        entry.load()
    return dict(sorted(_REGISTERED.items()))
