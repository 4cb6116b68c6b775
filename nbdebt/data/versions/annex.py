"""git-annex and DataLad: a link into the annex, or a pointer file, holds the key of the content."""

from pathlib import Path

from nbdebt.data.versions.answer import Source, Versioned, Witness

_POINTER = b"/annex/objects/"


class Annex:
    """Knows links into ``.git/annex/objects`` and pointer files."""

    name = "git-annex"

    def witnesses(self, source: Source) -> tuple[Path, ...]:
        """None: the key in the annex is a digest of the content."""
        return ()

    def judge(self, source: Source, git: Witness) -> Versioned | None:
        """Versioned where the path leads into the annex, present or not."""
        if source.named is None or source.real is None:
            return None
        text = source.real.as_posix()
        if "/.git/annex/objects/" in text:
            return Versioned("versioned", self.name, source.real.name)
        try:
            if source.named.stat().st_size < 32_768:
                with source.named.open("rb") as file:
                    start = file.read(512)
                if start.startswith(_POINTER):
                    key = start.split(b"\n", 1)[0].rsplit(b"/", 1)[-1]
                    return Versioned("versioned", self.name, key.decode("utf-8", "replace"))
        except OSError:
            pass
        return None
