"""Which distribution a module comes from."""

from collections.abc import Collection
from importlib import metadata


def homes_of(modules: Collection[str]) -> dict[str, list[str]]:
    """The distributions that have these top-level modules, by module.

    What ``importlib.metadata.packages_distributions`` tells, without asking of each installed file whether it
    is there, which takes a second where much is installed.

    Args:
        modules: names of top-level modules.
    """
    found: dict[str, dict[str, None]] = {}
    for distribution in metadata.distributions():
        tops = _tops(distribution).intersection(modules)
        name = distribution.metadata["Name"] if tops else None
        for top in tops if name else ():
            found.setdefault(top, {})[name or ""] = None
    return {top: list(names) for top, names in found.items()}


def _tops(distribution: metadata.Distribution) -> set[str]:
    """The top-level modules of a distribution: as it says, else those that its list of files begins with."""
    said = distribution.read_text("top_level.txt")
    if said:
        return set(said.split())
    lines = (distribution.read_text("RECORD") or "").splitlines()
    return {line.partition(",")[0].partition("/")[0].partition(".")[0] for line in lines}
