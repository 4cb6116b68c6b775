"""Data that came with an installed package: the package's version is the data's."""

from pathlib import Path

from nbdebt.data.versions.answer import Source, Versioned, Witness

_INSTALLED = frozenset(("site-packages", "dist-packages"))


class Packaged:
    """Knows what lies where packages are installed."""

    name = "package"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: the installation is its own witness."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned by the package that the file belongs to."""
        if source.real is None:
            return None
        parts = source.real.parts
        for position, part in enumerate(parts[:-1]):
            if part in _INSTALLED:
                return Versioned(
                    "versioned", "package", parts[position + 1], "comes with an installed package"
                )
        return None
