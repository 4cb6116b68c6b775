"""The shell in which live sessions are played."""

from benchmarks.oracle.digest import Digester
from benchmarks.oracle.kernel import Value
from benchmarks.oracle.shell import NotebookShell, brief


class LiveShell(NotebookShell):
    """A shell that can say at any time what all names hold."""

    def digests(self) -> dict[str, str]:
        """Return a digest of every name of the user's; one that can't be had is that of its type."""
        digester = Digester()
        found = {}
        for name, value in self.user_ns.items():
            if name.startswith("_") or name in self.user_ns_hidden:
                continue
            try:
                found[name] = digester.digest(value)
            except Exception:
                found[name] = f"opaque:{type(value).__qualname__}"
        return found

    def values(self) -> dict[str, Value]:
        """Return what the user's names hold, with short texts."""
        return {name: Value(digest, brief(self.user_ns[name])) for name, digest in self.digests().items()}
