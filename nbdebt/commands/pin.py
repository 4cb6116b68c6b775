"""``nbdebt pin``: records which content of data was meant, and compares."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from nbdebt.commands.output import tell, wants_color, write
from nbdebt.commands.pin_sources import Found, Sources, addresses_below, find, readers_below
from nbdebt.data.addresses import is_partial, is_stripped, safe_url
from nbdebt.data.pins.drift import sentence
from nbdebt.data.pins.lockfile import (
    Key,
    LockError,
    is_conflicted,
    key_of,
    merged,
    nearest_lock,
    parse_pins,
    read_pins,
    read_text,
    sides,
    with_pins,
    write_lock,
)
from nbdebt.data.pins.model import NAME, Pin
from nbdebt.data.pins.pinning import Compared, compare, make_pin, path_of, with_changes
from nbdebt.data.repay import lock_for
from nbdebt.data.targets import local_path
from nbdebt.report.plain import Paint, clean
from nbdebt.report.words import plural

_EXACT = 1 << 62
_ALL_CHANGES = 12


@click.command("pin")
@click.argument("targets", nargs=-1, metavar="[PATH|URL|NOTEBOOK]...")
@click.option("--check", is_flag=True, help="Compare, and write nothing; exit status 1 where data differ.")
@click.option("--update", is_flag=True, help="Pin anew what has changed; drops pins of files that are gone.")
@click.option("--remove", is_flag=True, help="Take pins out.")
@click.option("--dvc", is_flag=True, help="Hand the files to DVC, which keeps copies, instead.")
@click.option("--all", "everything", is_flag=True, help="Of notebooks: what is versioned otherwise, too.")
@click.option("--no-profile", is_flag=True, help="Record no profile of tables, only digests.")
@click.option("--offline", is_flag=True, help="Leave addresses out.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what differs or fails.")
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    check: bool,
    update: bool,
    remove: bool,
    dvc: bool,
    everything: bool,
    no_profile: bool,
    offline: bool,
    quiet: bool,
) -> None:
    """Record in nbdebt.lock which content of files and addresses is meant, and compare with it.

    A notebook, or a directory with notebooks, stands for all that is read there and has no version. With
    --check, --update or --remove, no argument stands for all pins. Of tables a profile is recorded (with
    pandas, polars or pyarrow), so that a change can be told in words. A pin keeps no copy.
    """
    if sum((check, update, remove, dvc)) > 1:
        raise click.UsageError("--check, --update, --remove and --dvc exclude each other.")
    if not targets and not (check or update or remove):
        raise click.UsageError("Say what to pin: a file, a directory, an address or a notebook.")
    if check or update or remove:
        if remove and not targets:
            raise click.UsageError("--remove: say which pins.")
        status = 0
        for lock, named in _locks(targets).items():
            if remove:
                status = max(status, _remove(lock, named, quiet))
            elif update:
                status = max(status, _update(lock, named, not no_profile, offline, quiet))
            else:
                status = max(status, _check(lock, named, offline, quiet))
        ctx.exit(status)
    found = find(targets, everything)
    for problem in found.problems:
        tell(problem)
    failed = bool(found.problems)
    for sources in found.sources.values():
        failed |= _hand(sources, quiet) if dvc else _pin(sources, not no_profile, offline, quiet)
    if not any(sources.files or sources.urls for sources in found.sources.values()):
        _say_nothing(found)
    ctx.exit(2 if failed else 0)


def _say_nothing(found: Found) -> None:
    tell(f"nothing to pin: {plural(len(found.looked), 'notebook')} read no data that has no version")


# Pinning


def _pin(sources: Sources, profile: bool, offline: bool, quiet: bool) -> bool:
    """Pin sources; whether something failed."""
    lock = sources.lock
    text = read_text(lock) if lock.exists() else ""
    made: list[Pin] = []
    failed = False
    for path, names in sources.files.items():
        try:
            made.append(make_pin(path, lock, names, profile))
        except LockError as error:
            failed = True
            tell(str(error))
    for url, names in sources.urls.items() if not offline else ():
        from nbdebt.data.pins.fetching import pin_url

        try:
            made.append(pin_url(url, tuple(names), profile))
            if is_stripped(url):
                tell(f"recorded as {safe_url(url)}: what gives access was left out")
        except LockError as error:
            failed = True
            tell(str(error))
    if made:
        write_lock(lock, with_pins(text, made))
    if made and not quiet:
        for pin in made:
            write(f"{clean(_shown(pin, lock))} pinned: {_described(pin)}\n")
        count = len(read_pins(lock))
        write(f"{clean(os.path.relpath(lock))} has {plural(count, 'pin')} now\n")
    return failed


def _described(pin: Pin) -> str:
    facts: list[str] = []
    if pin.profile is not None:
        rows, columns = pin.profile.rows, len(pin.profile.columns)
        facts.append(f"{rows:,} {'row' if rows == 1 else 'rows'}, {plural(columns, 'column')}")
    if pin.files is not None:
        facts.append(plural(pin.files, "file"))
    facts.append(size(pin.size))
    if pin.notebooks:
        first, *others = pin.notebooks
        more = f" and {plural(len(others), 'other')}" if others else ""
        facts.append(f"read by {clean(first)}{more}")
    return ", ".join(facts)


def size(count: int) -> str:
    """A size for people."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _hand(sources: Sources, quiet: bool) -> bool:
    """Hand files to DVC; whether something failed."""
    from nbdebt.data.pins.handing import hand_to_dvc

    handed: list[Key] = []
    for path in sources.files:
        file = hand_to_dvc(path)
        handed.append(("files", key_of(path, sources.lock)))
        if not quiet:
            shown = os.path.relpath(path)
            write(f"{clean(shown)} is tracked by DVC now: commit {clean(os.path.relpath(file))}\n")
    for url in sources.urls:
        tell(f"{safe_url(url)}: DVC takes files; `dvc import-url` makes one of an address")
    if sources.lock.is_file():
        text = read_text(sources.lock)
        if any(key in parse_pins(text) for key in handed):
            write_lock(sources.lock, with_pins(text, (), handed))
    return bool(sources.urls)


# Comparing


def _check(lock: Path, targets: Sequence[str], offline: bool, quiet: bool) -> int:
    """Say which pins no longer hold; the exit status."""
    pins, strangers = _chosen(read_pins(lock), targets, lock)
    for name in strangers:
        tell(f"{name} is not pinned in {os.path.relpath(lock)}")
    known = _addresses(pins, lock, offline)
    paint = Paint(wants_color(sys.stdout))
    changed = unknown = passed = 0
    for pin in pins.values():
        if pin.kind == "urls" and offline:
            passed += 1
            continue
        compared = _compared(pin, lock, known)
        if compared.state == "same":
            continue
        if compared.state == "unknown":
            unknown += 1
            tell(compared.reason if pin.kind == "urls" else f"{_shown(pin, lock)} {compared.reason}")
            continue
        changed += 1
        write(f"{paint.bold(clean(_shown(pin, lock)))} {_told(compared)}\n")
        for change in compared.changes[:_ALL_CHANGES]:
            write(f"  {paint.cyan('·')} {clean(change)}\n")
        if len(compared.changes) > _ALL_CHANGES:
            write(f"  · and {len(compared.changes) - _ALL_CHANGES} more changes\n")
        if pin.notebooks:
            write(f"  {paint.dim('read by ' + clean(', '.join(pin.notebooks)))}\n")
    looked = len(pins) - passed
    if not quiet or changed or unknown:
        aside = f"; {plural(passed, 'address', 'addresses')} left out" if passed else ""
        same = looked - changed - unknown
        if same == looked and not strangers:
            write(f"{plural(looked, 'pin')}: all as pinned{aside}\n")
        else:
            write(f"{same} of {plural(looked, 'pin')} as pinned{aside}\n")
    if changed and not quiet:
        tell("where a change is meant: run the notebooks again, then `nbdebt pin --update`")
    return 2 if unknown or strangers else int(bool(changed))


def _told(compared: Compared) -> str:
    since = f" since it was pinned on {compared.pin.pinned}" if compared.pin.pinned else ""
    if compared.state == "gone":
        return f"is not there; pinned on {compared.pin.pinned}" if compared.pin.pinned else "is not there"
    return f"has changed{since}: {compared.reason}"


def _addresses(pins: dict[Key, Pin], lock: Path, offline: bool) -> dict[str, str]:
    """The whole addresses behind pins that lack their query: in the notebooks that read them."""
    if offline or not any(pin.kind == "urls" and is_partial(pin.name) for pin in pins.values()):
        return {}
    return addresses_below(lock.parent)


def _compared(pin: Pin, lock: Path, known: Mapping[str, str]) -> Compared:
    if pin.kind == "urls":
        from nbdebt.data.pins.fetching import compare_url

        return compare_url(pin, known.get(pin.name, ""))
    path = path_of(pin, lock)
    return with_changes(compare(path, pin, largest=_EXACT), path)


def _update(lock: Path, targets: Sequence[str], profile: bool, offline: bool, quiet: bool) -> int:
    """Pin anew what has changed; the exit status."""
    text = read_text(lock)
    disputed: set[Key] = set()
    if is_conflicted(text):
        text, quarrel = merged(*sides(text))
        disputed = {pin.key for pin in quarrel}
        write_lock(lock, text)
        tell(f"both sides of the merge are one {lock.name} now; {plural(len(disputed), 'pin')} differed")
    pins, strangers = _chosen(parse_pins(text), targets, lock)
    for name in strangers:
        tell(f"{name} is not pinned in {os.path.relpath(lock)}: `nbdebt pin {name}` pins it")
    readers = readers_below(lock.parent)
    known = {safe_url(target): target for target in readers if "://" in target}
    new: list[Pin] = []
    gone: list[Key] = []
    failed = bool(strangers)
    for pin in pins.values():
        if pin.kind == "urls" and offline:
            continue
        compared = _compared(pin, lock, known)
        if compared.state == "same":
            continue
        try:
            if compared.state == "gone":
                gone.append(pin.key)
                said = "is gone: its pin is dropped"
            elif pin.kind == "urls":
                from nbdebt.data.pins.fetching import pin_url

                if compared.state == "unknown":
                    raise LockError(compared.reason)
                new.append(
                    pin_url(known.get(pin.name, pin.name), pin.notebooks, profile and pin.profile is not None)
                )
                said = f"pinned anew: {sentence(compared.changes) or compared.reason}"
            else:
                path = path_of(pin, lock)
                names = readers.get(str(path), set()) or set(pin.notebooks)
                new.append(make_pin(path, lock, names, profile))
                said = f"pinned anew: {sentence(compared.changes) or compared.reason}"
        except LockError as error:
            failed = True
            tell(str(error))
            continue
        if not quiet:
            write(f"{clean(_shown(pin, lock))} {clean(said)}\n")
    if new or gone:
        write_lock(lock, with_pins(text, new, gone))
    elif not quiet:
        write(f"{plural(len(pins), 'pin')}: all as pinned\n")
    return 2 if failed else 0


def _remove(lock: Path, targets: Sequence[str], quiet: bool) -> int:
    text = read_text(lock)
    pins, strangers = _chosen(parse_pins(text), targets, lock)
    for name in strangers:
        tell(f"{name} is not pinned in {os.path.relpath(lock)}")
    if pins:
        write_lock(lock, with_pins(text, (), pins))
    if not quiet:
        for pin in pins.values():
            write(f"{clean(_shown(pin, lock))} is not pinned any more\n")
    return 2 if strangers else 0


def _locks(targets: Sequence[str]) -> dict[Path, list[str]]:
    """The lock files that the arguments are about: the nearest to each, or to here."""
    here = Path(os.path.realpath(Path.cwd()))
    found: dict[Path, list[str]] = {}
    for target in targets or (".",):
        path = here if "://" in target else local_path(target, here)
        lock = nearest_lock(path if path.is_dir() else path.parent) or lock_for(here)
        if not lock.is_file():
            raise LockError(f"there is no {NAME} here or above: `nbdebt pin PATH` makes one")
        found.setdefault(lock, []).extend([target] if targets else [])
    return found


def _chosen(pins: dict[Key, Pin], targets: Sequence[str], lock: Path) -> tuple[dict[Key, Pin], list[str]]:
    """The pins that the arguments name, or all; and the arguments that name none.

    A directory stands for all pins below it, a notebook for all that it reads.
    """
    if not targets:
        return pins, []
    found: dict[Key, Pin] = {}
    strangers: list[str] = []
    for target in targets:
        if "://" in target:
            keys = [("urls", safe_url(target))]
        else:
            name = key_of(local_path(target, Path(os.path.realpath(Path.cwd()))), lock)
            keys = [
                key
                for key, pin in pins.items()
                if (key[0] == "files" and (key[1] == name or key[1].startswith(name + "/") or name == "."))
                or name in pin.notebooks
            ]
        here = [key for key in keys if key in pins]
        if not here:
            strangers.append(target)
        found.update((key, pins[key]) for key in here)
    return found, strangers


def _shown(pin: Pin, lock: Path) -> str:
    """A pin as the user would name it from here."""
    return pin.name if pin.kind == "urls" else os.path.relpath(path_of(pin, lock))
