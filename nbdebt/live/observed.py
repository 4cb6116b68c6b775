"""From what was seen at a run's two boundaries to what it read and made."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any, Protocol

import msgspec
from xxhash import xxh3_128_digest

from nbdebt.flow.facts import CellFlow
from nbdebt.flow.reader import Parsed
from nbdebt.flow.steps import DRAW, MUTATE, READ
from nbdebt.live import disk
from nbdebt.live.ambient import ambient, concerned
from nbdebt.live.calls import reachable, used
from nbdebt.live.certainty import certain
from nbdebt.live.databases import Databases
from nbdebt.live.demands import demands, takes_the_end
from nbdebt.live.files import FileWatch
from nbdebt.live.fingerprints.peek import class_dict, mro
from nbdebt.live.namespace import Change, Namespace
from nbdebt.live.own_modules import OwnModules
from nbdebt.live.random_states import absent
from nbdebt.live.record import CLOCK, SHAPE, Effect, Outline, Read, RunRecord, Touch, is_entropy, key_in
from nbdebt.live.seen import RandomSeen, Seen
from nbdebt.live.shapes import PARTS, asked
from nbdebt.live.states import ABSENT, State
from nbdebt.model.history import Access, Name, Span


class Books(Protocol):
    """What a recorder keeps from run to run: who made which setting, stream and file, by run number."""

    namespace: Namespace
    files: FileWatch
    databases: Databases
    modules: OwnModules
    records: dict[int, RunRecord]
    initial_settings: dict[str, bytes]
    made_settings: dict[str, int]
    made_streams: dict[str, int]
    made_files: dict[str, int]


class Boundary(msgspec.Struct):
    """What stood at a run's beginning and what at its end.

    Args:
        summary: what its code takes in and makes, as far as it was reached.
        flow: the code's accesses.
        before: versions of the names it speaks of, when it began.
        streams: states of random streams, before and after.
        settings: settings, before and after.
        random: what was seen of random streams.
        files: what was seen of files, URLs and tables.
        libraries: libraries whose modules and objects it uses.
        sure: keys that it surely made anew, in statements that it finished.
        given: keys of which it surely gave a part a value, in statements that it finished.
        called: names that called functions use, and that its code doesn't show.
        used: names that called functions use.
        others: names that are left to runs that go on at the same time.
        parsed: its source.
        plain: it surely showed nothing but numbers and texts.
    """

    summary: Outline
    flow: CellFlow
    before: dict[str, State]
    streams: tuple[dict[str, bytes], dict[str, bytes]]
    settings: tuple[dict[str, bytes], dict[str, bytes]]
    random: RandomSeen
    files: list[Seen]
    libraries: frozenset[str]
    sure: frozenset[str]
    given: frozenset[str]
    called: frozenset[str]
    others: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    parsed: Parsed | None = None
    plain: bool = False


def finish(record: RunRecord, seen: Boundary, recorder: Books) -> None:
    """Fill in what a run read and made."""
    record.found = seen.before
    only = asked(seen.parsed) if seen.parsed is not None else frozenset()
    words = frozenset(_WORD.findall(record.text)) | _spoken_of(seen.flow, recorder.namespace.values)
    reads = [
        _meant(read, words)
        for take in seen.summary.takes
        if (read := _read(_narrowed(take, only, seen.flow), seen, recorder)) is not None
    ]
    for name in sorted(seen.called):
        state = recorder.namespace.states.get(name)
        if state is not None:
            seen.before[name] = state
            reads.append(Read(name, "", state.key, True, -1, state.maker))
    told = {take.base for take in seen.summary.takes}
    # What hides a builtin by then, a replay would find in its place.
    hidden = (told, seen.before, recorder.namespace.states)
    builtins = (name for name in seen.flow.builtins if not any(name in names for names in hidden))
    reads += [Read(name, "", ABSENT, True, -1, -1) for name in builtins]
    for setting in sorted(
        ambient(
            seen.flow,
            seen.summary,
            record.run.source,
            concerned(seen.libraries, seen.parsed) if seen.parsed is not None else seen.libraries,
            record.shows and not seen.plain,
            recorder.made_settings,
        )
    ):
        if setting in seen.settings[0] and (base := f"<Setting>{setting}") not in told:
            maker = recorder.made_settings.get(setting, -1)
            reads.append(Read(base, "", seen.settings[0][setting], False, -1, maker))
    reads += _stream_reads(seen, recorder)
    done = disk.touched(seen.files, seen.flow, recorder.files, partial(_left_of, recorder))
    end = takes_the_end(seen.parsed)
    reads += disk.reads(done, seen.flow, recorder.files, recorder.made_files, end)
    if record.run.outcome == "ok":
        reads += demands(seen.parsed, done, seen.flow)
    record.reads = tuple(dict.fromkeys(reads))
    record.vague = tuple(
        dict.fromkeys(t.base for t in seen.summary.takes if t.code == DRAW and t.base in CLOCK)
    )
    taken = {a.resource.name for a in seen.flow.accesses if a.mode == "read" and isinstance(a.resource, Name)}
    record.modules = recorder.modules.used(taken | seen.used, words | seen.used, recorder.namespace.values)
    salt = xxh3_128_digest(record.key + b"".join([r.base.encode() + (r.key or b"!") for r in record.reads]))
    _names(record, seen, recorder, salt, words)
    if any(_is_iterator(recorder.namespace.values.get(name)) for name in words & seen.before.keys()) and all(
        seen.before[name].exactness == "exact" for name in words & seen.before.keys()
    ):
        # What an iterator goes through is part of what it is; of one that is used up, it is no more.
        kept = words | seen.used | record.effects.keys()
        record.reads = tuple(
            r for r in record.reads if r.certain or r.access >= 0 or r.base[0] == "<" or r.base in kept
        )
    _others(record, seen, recorder)
    late = {take.access for take in seen.summary.takes if take.after_maybe}
    anew = {base for base, effect in record.effects.items() if effect.kind == "bound"}
    # Made anew under a condition that held, and read afterwards.
    record.reads = tuple(r for r in record.reads if not (r.access in late and r.base in anew))
    finished = seen.flow if record.run.outcome == "ok" else None
    record.effects.update(disk.effects(done, record.run.sequence, finished, recorder.files.ensured))
    recorder.databases.refine(record, done, seen.files, recorder.made_files)
    recorder.databases.rested(record, recorder.namespace, recorder.files.database, salt)
    recorder.made_files.update(
        dict.fromkeys((b for b in record.effects if b.startswith("<File>")), record.run.sequence)
    )
    if record.result:
        record.effects["_"] = Effect("bound", None, State(record.result, maker=record.run.sequence))
    if record.run.outcome == "ok":
        loaded = seen.streams[1].keys() | absent()
        drew, open_ended = seen.random.drew, seen.random.unseeded
        unsettled, made = seen.random.unsettled, seen.random.unseeded_generators
        record.seen_flow = certain(seen.flow, drew, open_ended, seen.files, loaded, unsettled, made)
    record.accesses = tuple(_accesses(seen.flow, seen.files))
    record.touched = tuple(seen.files)


def belated(record: RunRecord, files: Sequence[Seen], recorder: Books) -> None:
    """Add to a run that is over what its tasks and threads touched since."""
    done = disk.touched(files, CellFlow(record.flow.cell), recorder.files)
    reads = disk.reads(done, CellFlow(record.flow.cell), recorder.files, recorder.made_files)
    new = [read for read in reads if read.base not in record.effects]
    record.reads = tuple(dict.fromkeys((*record.reads, *new)))
    effects = disk.effects(done, record.run.sequence)
    record.effects.update(effects)
    recorder.made_files.update(dict.fromkeys(effects, record.run.sequence))
    record.accesses += tuple(_accesses(record.flow, files))
    record.touched += tuple(files)


def _left_of(recorder: Books, path: str) -> str:
    """The digest of what an earlier run left of a file; empty where none did."""
    base = f"<File>{path}"
    maker = recorder.records.get(recorder.made_files.get(base, -1))
    effect = maker.effects.get(base) if maker is not None else None
    return (
        effect.after.key.decode("ascii", "replace") if effect is not None and effect.after is not None else ""
    )


_WORD = re.compile(r"\w+")


def _spoken_of(flow: CellFlow, values: Mapping[str, Any]) -> set[str]:
    """Names that the functions which a cell calls read."""
    found: set[str] = set()
    known: dict[str, set[str]] = {}
    for access in flow.accesses:
        if access.mode == "read" and isinstance(access.resource, Name) and access.via:
            function = values.get(access.via)
            if type(function) is FunctionType and access.via not in known:
                known[access.via] = used(reachable([function], values), values)
            if access.via not in known or access.resource.name in known[access.via]:
                found.add(access.resource.name)
    return found


def _is_iterator(value: object) -> bool:
    """Whether a value can be moved on, by its type: nothing of it is asked."""
    return any("__next__" in class_dict(base) for base in mro(type(value)))


def _narrowed(take: Touch, only: frozenset[tuple[str, int, int]], flow: CellFlow) -> Touch:
    """An access to the shape alone, where the code asks for no more."""
    if take.code != READ or take.part not in PARTS or take.access < 0:
        return take
    span = flow.accesses[take.access].span
    return take._replace(part=SHAPE) if (take.base, span.line, span.column) in only else take


def _meant(read: Read, words: frozenset[str]) -> Read:
    """A read as the code means it: another name for what it changes need not be there yet."""
    if read.base[0] == "<" or read.base in words:
        return read
    return read._replace(certain=False, access=-1)


# They make names that are not written in the code.
_HIDING = frozenset(("globals", "exec", "eval", "locals", "vars"))


def _read(take: Touch, seen: Boundary, recorder: Books) -> Read | None:
    """What an access to something from before found there."""
    base, part = take.base, take.part
    if base.startswith("<random>"):
        if is_entropy(base) and take.certain:
            return Read(base, "", None, True, take.access, -1)
        if base in CLOCK or is_entropy(base):
            return None
        stream = base[8:]
        before, after = (states.get(stream) for states in seen.streams)
        if (
            take.code != DRAW
            or after is None
            or (before == after and stream not in seen.random.drew)
            or (before is None and stream not in seen.random.drew)
        ):
            # It says that it draws, and the stream stands where it stood.
            return None
        maker = recorder.made_streams.get(stream)
        return Read(base, "", before if maker is not None else None, True, take.access, maker or -1)
    if base.startswith("<Setting>"):
        if take.code == MUTATE:
            # An option among others is set: what it was is not asked.
            return None
        name = base[9:]
        key = seen.settings[0].get(name, ABSENT)
        return Read(base, "", key, take.certain, take.access, recorder.made_settings.get(name, -1))
    if base[0] == "<":
        return None
    state = seen.before.get(base)
    if state is None:
        return Read(base, part, ABSENT, take.certain, take.access, -1)
    return Read(base, part, key_in(state, part), take.certain, take.access, state.maker)


def _stream_reads(seen: Boundary, recorder: Books) -> list[Read]:
    """Draws that happened and that no line of the code says."""
    told = {t.base[8:] for t in seen.summary.takes if t.code == DRAW}
    told |= {b[8:] for b in seen.summary.binds | seen.summary.may_bind if b.startswith("<random>")}
    reads: list[Read] = []
    if seen.random.unseeded_generators:
        reads.append(Read("<random>os", "", None, True, -1, -1))
    # What stood before any seed stands there again.
    reads += [Read(f"<random>{stream}", "", None, True, -1, -1) for stream in sorted(seen.random.unsettled)]
    for stream in sorted(seen.random.drew - seen.random.seeded - seen.random.unsettled - told):
        maker = recorder.made_streams.get(stream)
        before = seen.streams[0].get(stream) if maker is not None else None
        reads.append(Read(f"<random>{stream}", "", before, True, -1, maker if maker is not None else -1))
    return reads


def _names(record: RunRecord, seen: Boundary, recorder: Books, salt: bytes, words: frozenset[str]) -> None:
    """What became of the names."""
    summary, namespace = seen.summary, recorder.namespace
    sequence = record.run.sequence
    written = {b for b in seen.sure if b[0] != "<"}
    changes = namespace.end({*summary.names, *seen.called}, sequence, salt, written, seen.others)
    named = {change.name for change in changes}
    for base in sorted(summary.mutates):
        if base not in named and base[0] != "<" and (change := namespace.touch(base, sequence, salt)):
            changes.append(change)
    known = {r.base for r in record.reads if r.part == ""}
    extra: list[Read] = []
    for change in changes:
        if change.before is not None:
            record.found.setdefault(change.name, change.before)
        record.effects[change.name] = _effect(change, summary)
        if (
            change.kind == "changed"
            and not record.effects[change.name].parts_only
            and change.name not in known
        ):
            # Changed through another name: what it was is part of what it became.
            assert change.before is not None
            sure = change.name in words or change.name in seen.called
            extra.append(Read(change.name, "", change.before.key, sure, -1, change.before.maker))
    for base in summary.sets.keys() - named - known:
        state = seen.before.get(base)
        if base[0] != "<" and state is not None and state.parts is None:
            # A part was given the value that it had, and parts aren't told apart: the whole is what it found.
            extra.append(Read(base, "", state.key, base in words, -1, state.maker))
    for base, given in summary.surely_sets.items():
        state = namespace.states.get(base)
        if base not in named and base in seen.given and state is not None and state.parts is not None:
            # Given the value that they had: in a replay they may have had another one.
            record.effects[base] = Effect("changed", state, state, True, given)
    again = summary.may_bind - summary.binds
    brought: set[str] = set()
    hidden = bool(seen.flow.opaque) or not _HIDING.isdisjoint(seen.flow.builtins)
    if hidden:
        # What it brings isn't written there: all that this cell brought before.
        again |= {n for n, state in namespace.states.items() if state.maker >= 0 and n not in summary.binds}
        earlier = [r for r in recorder.records.values() if r.key == record.key and r.run.outcome == "ok"]
        brought |= {name for other in earlier for name in other.made}
    looped = _by_loops(seen.flow)
    for base in again:
        # Made under a condition, and equal to what this cell made in an earlier run of it.
        state = namespace.states.get(base)
        if base in named or state is None or state.maker < 0:
            continue
        maker = recorder.records.get(state.maker)
        if maker is None:
            continue
        mine = maker.key == record.key or base in brought
        if mine or ((hidden or base in looped) and maker.run.cell_id == record.run.cell_id):
            record.effects[base] = Effect("bound", state, state)
    record.reads += tuple(extra)


def _by_loops(flow: CellFlow) -> set[str]:
    """Names that loops of a cell bind."""
    return {
        access.resource.name
        for statement in flow.statements
        if statement.kind in ("For", "AsyncFor")
        for access in flow.accesses[statement.first : statement.last]
        if access.mode == "write" and isinstance(access.resource, Name)
    }


def _effect(change: Change, summary: Outline) -> Effect:
    before, after = change.before, change.after
    parts_only = (
        change.kind == "changed"
        and before is not None
        and after is not None
        and before.parts is not None
        and after.parts is not None
        and change.name in summary.sets
        and not any(t.base == change.name and t.part == "" and t.code == MUTATE for t in summary.takes)
    )
    given = summary.surely_sets.get(change.name, frozenset()) if parts_only else frozenset()
    return Effect(change.kind, before, after, parts_only, given)


def _others(record: RunRecord, seen: Boundary, recorder: Books) -> None:
    """What became of streams, settings and files."""
    sequence = record.run.sequence
    before, after = seen.streams
    binds = seen.sure
    for stream, state in after.items():
        seeded = stream in seen.random.seeded or f"<random>{stream}" in binds
        if before.get(stream) == state and not seeded:
            continue
        if seeded or recorder.made_streams.get(stream) is not None:
            recorder.made_streams[stream] = sequence
            record.effects[f"<random>{stream}"] = Effect("bound", None, State(state, maker=sequence))
    earlier, later = seen.settings
    for name, key in earlier.items():
        if "." in name and name not in recorder.made_settings:
            # Something between the runs imported its library (a startup script, an inspector of variables):
            # its options are as a cell's own import would have brought them.
            recorder.initial_settings.setdefault(name, key)
    for name in earlier.keys() | later.keys():
        given = f"<Setting>{name}" in seen.summary.binds or (
            name == "logging" and ".setLevel(" in record.text
        )
        if earlier.get(name) == later.get(name) and not given:
            continue
        if name not in earlier and name not in recorder.initial_settings and "." in name and name in later:
            # A library was imported, and its options are as it came with them.
            recorder.initial_settings[name] = later[name]
            continue
        recorder.made_settings[name] = sequence
        record.effects[f"<Setting>{name}"] = Effect(
            "bound", State(earlier.get(name, ABSENT)), State(later.get(name, ABSENT), maker=sequence)
        )


def _accesses(flow: CellFlow, files: Sequence[Seen]) -> list[Access]:
    """Exchanges as they were seen, where the code stands that does them if that is known."""
    places: dict[tuple[str, str], Span] = {}
    for access in flow.accesses:
        places.setdefault((type(access.resource).__name__, access.via), access.span)
    first = flow.statements[0].span if flow.statements else Span(1, 1, 1, 1)
    return [
        Access(
            item.resource,
            item.mode,
            places.get((type(item.resource).__name__, item.via), first),
            "observed",
            item.sure,
            item.via,
            item.detail,
        )
        for item in files
    ]
