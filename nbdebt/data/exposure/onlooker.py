"""Puts together what each question answers, in words."""

import os
from collections.abc import Iterable
from pathlib import Path

from nbdebt.data.exposure.answer import Exposure, Reach
from nbdebt.data.exposure.bits import Rights, Stats, rights_of
from nbdebt.data.exposure.circle import Circle, others
from nbdebt.data.exposure.members import Accounts
from nbdebt.data.exposure.mounts import Mount, machine_mounts, mount_of
from nbdebt.data.exposure.remote import database_file, of_connection, of_url
from nbdebt.data.exposure.served import served_directory
from nbdebt.data.exposure.temporary import temporary_directory
from nbdebt.data.exposure.tracked import Tracked
from nbdebt.data.targets import has_hole, local_path
from nbdebt.model.history import File, Resource, Table, Url

_NAMED = 3
"""So many accounts are named; of more, how many."""


class Onlooker:
    """Answers for one report: what was looked at once isn't looked at again.

    Args:
        accounts: who is who; None takes this machine's.
        mounts: what is mounted where; None takes this machine's.
        git: ask git, too, whether it tracks a file: that takes a process for each repository.
    """

    def __init__(
        self,
        accounts: Accounts | None = None,
        mounts: tuple[Mount, ...] | None = None,
        *,
        git: bool = False,
    ) -> None:
        self.accounts = accounts or Accounts.here()
        self.mounts = machine_mounts() if mounts is None else mounts
        self.git = Tracked() if git else None
        self._stats = Stats()
        self._files: dict[str, Exposure] = {}

    def foresee(self, targets: Iterable[str]) -> None:
        """Local paths that are going to be asked about, so that git is asked for all at once."""
        if self.git is not None:
            self.git.foresee(targets)

    def of(self, resource: Resource, directory: Path) -> Exposure | None:
        """Who can read what is written.

        Args:
            resource: a file, an address or a table, as the code names it.
            directory: absolute directory against which relative paths are taken.

        Returns:
            None for what nobody can be told of: a computed path, something in memory.
        """
        if isinstance(resource, Url):
            return of_url(resource.url)
        if isinstance(resource, Table):
            file = database_file(resource.connection)
            return (
                self.of_file(str(local_path(file, directory))) if file else of_connection(resource.connection)
            )
        if isinstance(resource, File) and not has_hole(resource.path):
            return self.of_file(str(local_path(resource.path, directory)))
        return None

    def of_file(self, target: str) -> Exposure:
        """Who can read a local file, there or yet to be written, by its absolute path."""
        known = self._files.get(target)
        if known is None:
            known = self._files[target] = self._of_file(target)
        return known

    def _of_file(self, target: str) -> Exposure:
        mount = mount_of(target, self.mounts)
        shared = mount.shared if mount is not None else ""
        rights = rights_of(target, self.accounts, self._stats)
        account = self.accounts.account(rights.owner) if rights is not None else None
        served = served_directory(target, account.home if account is not None else "")
        temporary = temporary_directory(target) if rights is not None and rights.open_directory else ""
        goes = self.git.tracked(target) if self.git is not None else None
        if rights is None or (mount is not None and mount.server_decides):
            readers, writers = Circle(), Circle()
            reach: Reach = "unknown"
            writing: Reach = "unknown"
            words = _unknown(mount)
        else:
            readers = self._others(rights.readers, rights.owner, shared)
            writers = self._others(rights.writers, rights.owner, shared)
            reach, writing = _reach(readers), _reach(writers)
            words = self._readers(readers, shared)
            served = "" if reach == "owner" else served
            if writing != "owner" and (writers == readers or reach == "owner"):
                words += ", who can overwrite it, too" if reach != "owner" else ""
            elif writing != "owner":
                words += f", and can be overwritten by {self._who(writers, shared)}"
        places, said = _circumstances(shared, mount, temporary, served, goes)
        return Exposure(
            reach,
            ", ".join((words, *said)),
            writing,
            places,
            self._notable(rights, reach, writing, shared, bool(served), readers),
        )

    def _others(self, circle: Circle, owner: int, shared: str) -> Circle:
        """Who beside the owner; where several machines see the place, this one's accounts aren't all."""
        found = others(circle, owner, self.accounts)
        return Circle(circle.everyone, found.uids, found.gids) if shared else found

    def _notable(
        self, rights: Rights | None, reach: Reach, writing: Reach, shared: str, served: bool, readers: Circle
    ) -> bool:
        if shared:
            return reach != "owner" or writing != "owner"
        if rights is None:
            return served
        if served and reach == "everyone":
            return True
        owner = self.accounts.account(rights.owner)
        # A group that isn't the owner's own was chosen; a mode of 0644 was not.
        chosen = {gid for gid in readers.gids if owner is None or gid != owner.gid}
        return bool(chosen or readers.uids) or writing != "owner"

    # Words

    def _readers(self, readers: Circle, shared: str) -> str:
        if readers == Circle():
            return "readable by its owner only"
        return f"readable by {self._who(readers, shared)}"

    def _who(self, circle: Circle, shared: str) -> str:
        if circle.everyone:
            return self._everybody(shared)
        named = [self._group(gid) for gid in sorted(circle.gids)]
        uids = sorted(circle.uids)
        if 0 < len(uids) <= _NAMED:
            named += [f"`{self.accounts.name(uid)}`" for uid in uids]
        elif uids:
            named.append(f"{len(uids)} named accounts")
        return " and ".join(filter(None, (", ".join(named[:-1]), named[-1] if named else ""))) or "its owner"

    def _everybody(self, shared: str) -> str:
        if shared:
            return "everybody who has an account where it is mounted"
        people = len(self.accounts.people())
        if not self.accounts.complete or people < 2:
            return "everybody who has an account on this machine"
        return f"everybody on this machine ({people} accounts)"

    def _group(self, gid: int) -> str:
        group = self.accounts.group(gid)
        count = len(group.members)
        if not group.complete:
            return f"the members of `{group.name}`" + (f" (at least {count})" if count > 1 else "")
        return f"the {count} members of `{group.name}`" if count != 1 else f"the member of `{group.name}`"


def _reach(circle: Circle) -> Reach:
    if circle.everyone:
        return "everyone"
    return "some" if circle.uids or circle.gids else "owner"


def _unknown(mount: Mount | None) -> str:
    if mount is not None and mount.server_decides:
        return "who can read it, its server decides"
    return "who can read it is unknown" + (
        ": its directory is not there" if os.sep == "/" else " on this system"
    )


def _circumstances(
    shared: str, mount: Mount | None, temporary: str, served: str, goes: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is special about where it lies, for programs and for people."""
    places: list[str] = []
    said: list[str] = []
    if shared:
        places.append("mount")
        said.append(f"on a shared mount ({shared})")
    if temporary:
        places.append("temporary")
        said.append("in a temporary directory of all users")
    if served:
        places.append("served")
        said.append(f"in `{served}`, which web servers hand out")
    if goes is not None:
        places.append("git")
        said.append(f"tracked by git, and pushed to {goes}" if goes else "tracked by git")
    return tuple(places), tuple(said)
