"""Why a replay finds something else than a run found, in words."""

import builtins
from collections.abc import Iterable, Mapping

from nbdebt.flow.reasons import CellReplay, Reason, ReasonKind, unseeded_text
from nbdebt.live.disk import spoken
from nbdebt.live.environment import Env, Found, Place
from nbdebt.live.record import FRAME, GIVEN, SHAPE, THERE, Read, RunRecord, key_in
from nbdebt.live.states import ABSENT, State

_BUILTINS = frozenset(dir(builtins))


class Why:
    """Finds the words.

    Args:
        runs: all records, by their number.
        now: versions of the names as the session holds them.
    """

    def __init__(self, runs: Mapping[int, RunRecord], now: Mapping[str, State]) -> None:
        self.runs = runs
        self.now = now
        self.cell_of: dict[str, int] = {}
        self.labels: dict[int, str] = {}

    def know(self, places: Iterable[Place]) -> None:
        """These are the document's cells."""
        known = list(places)
        self.cell_of = {p.cell_id: p.index for p in known}
        self.labels = {p.index: p.label for p in known}

    def missing(
        self, cell: CellReplay, place: Place, base: str, access: int, read: Read | None, env: Env
    ) -> None:
        cell.state = "fails"
        maker = self.runs.get(read.maker) if read is not None else None
        then = self.cell_of.get(maker.run.cell_id) if maker is not None else None
        text = f"`{base}` is not defined above"
        if then is not None and then > place.index:
            text += f"; {self.labels[then]} below makes it"
        cell.reasons.append(Reason("missing", base, access, then, None, text))

    def present(self, read: Read, found: Found | None) -> bool:
        """Whether the namespace holds now what the replay provides: running the cell again would do."""
        if found is None or read.base[0] == "<":
            return False
        if found.state is None:
            return found.why == "stale"
        now = self.now.get(read.base)
        return now is not None and key_in(now, read.part) == key_in(found.state, read.part)

    def maker(self, read: Read) -> int:
        record = self.runs.get(read.maker)
        return self.cell_of.get(record.run.cell_id, -1) if record is not None else -1

    def reason(self, cell: CellReplay, read: Read, found: Found | None, place: Place) -> None:
        """Why a read would find something else."""
        now = found.cell if found is not None and found.cell >= 0 else None
        made = self.maker(read)
        then = made if made >= 0 else None
        name = read.base + (read.part if not read.part.startswith((FRAME, GIVEN, SHAPE)) else "")
        kind: ReasonKind = "other-version"
        if read.base.startswith("<random>"):
            stream = read.base[8:]
            if read.key is None or found is None:
                text = unseeded_text(stream)
                cell.reasons.append(Reason("random", stream, read.access, text=text))
                return
            text = f"the {stream} random stream stands elsewhere"
            kind = "upstream" if then == now else "other-version"
            cell.reasons.append(Reason(kind, read.base, read.access, then, now, text))
            return
        if read.base[0] == "<":
            name = spoken(read.base)
            text = f"`{name}` would not be what it was when this ran"
            if read.part == THERE:
                text = f"`{name}` would {'be there already' if read.key == ABSENT else 'not be there'}"
        elif then == place.index and now != place.index:
            kind, text = "rerun", f"ran more than once, and changes `{name}`, which it reads"
            earlier = self.runs.get(read.maker)
            if earlier is not None and earlier.key != place.key:
                text = f"reads `{name}`, which it changed itself before it was edited"
        elif read.key == ABSENT and found is not None:
            was = "was the builtin" if name in _BUILTINS else "was not there"
            by = f"; {self.labels[now]} makes one" if now is not None else ""
            kind, text = ("stale" if self.present(read, found) else kind), f"`{name}` {was} when this ran{by}"
        elif found is not None and found.state is not None and self.present(read, found):
            kind = "stale"
            text = (
                f"`{name}` was made again"
                + (f" by {self.labels[now]}" if now is not None else "")
                + " after this ran"
            )
        elif found is not None and found.state is None and (found.why or then is None or then == now):
            kind = "upstream"
            text = f"`{name}`" + (f" from {self.labels[now]}" if now is not None else "") + " differs"
        elif then is not None and now is not None and then != now:
            text = (
                f"`{name}` came from {self.labels[then]}; run top to bottom it comes from {self.labels[now]}"
            )
        elif now is not None and then == now:
            text = f"`{name}` from {self.labels[now]} would hold another value"
        elif now is not None:
            text = (
                f"run top to bottom `{name}` comes from {self.labels[now]}; what this read is made by no cell"
            )
        else:
            text = f"`{name}` would be another version"
        cell.reasons.append(Reason(kind, name, read.access, then, now, text))
