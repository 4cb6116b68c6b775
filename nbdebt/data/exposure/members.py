"""Who is in a group, and who has an account on this machine."""

import functools
import sys
from pathlib import Path

import msgspec

# Sources of accounts whose entries stand in files of this machine (nsswitch.conf(5)).
_LOCAL = frozenset(("files", "compat", "systemd", "altfiles", "extrausers", "myhostname", "mymachines"))
# Shells of accounts that nobody logs in to.
_CLOSED = ("nologin", "false", "sync", "halt", "shutdown", "git-shell")
_NOBODY = 65534


class Group(msgspec.Struct, frozen=True):
    """A group: its name, who is in it, and whether these are all."""

    name: str
    members: frozenset[str]
    complete: bool = True


class Account(msgspec.Struct, frozen=True):
    """An account: ``person`` where somebody can log in to it."""

    name: str
    uid: int
    gid: int
    home: str
    person: bool


class Accounts:
    """The accounts and groups of a machine, as its files tell.

    Args:
        passwd: text in the form of passwd(5).
        group: text in the form of group(5).
        complete: whether there are no accounts beside these (a directory service would have more).
        uids: the numbers of people's accounts, from and to (``UID_MIN``, ``UID_MAX`` of login.defs(5)).
    """

    def __init__(
        self, passwd: str, group: str, complete: bool = True, uids: tuple[int, int] = (1000, 60000)
    ) -> None:
        self.complete = complete
        self._accounts: dict[int, Account] = {}
        self._groups: dict[int, tuple[str, set[str]]] = {}
        self._asked: dict[int, Group | None] = {}
        for name, uid, gid, fields in _lines(passwd, 7):
            shell = fields[6].rpartition("/")[2]
            person = uids[0] <= uid <= uids[1] and uid != _NOBODY and shell not in _CLOSED
            self._accounts.setdefault(uid, Account(name, uid, gid, fields[5], person))
        for name, gid, _, fields in _lines(group, 4):
            self._groups.setdefault(gid, (name, set()))[1].update(filter(None, fields[3].split(",")))
        for account in self._accounts.values():
            if account.gid in self._groups:
                self._groups[account.gid][1].add(account.name)

    def name(self, uid: int) -> str:
        """What an account is called; its number where nothing says."""
        account = self.account(uid)
        return account.name if account is not None else f"account {uid}"

    def account(self, uid: int) -> Account | None:
        """An account, where the machine knows it."""
        known = self._accounts.get(uid)
        if known is None and not self.complete:
            known = _ask_for_account(uid)
            if known is not None:
                self._accounts[uid] = known
        return known

    def group(self, gid: int) -> Group:
        """A group with its members: those it lists, and those whose own group it is."""
        if gid in self._groups:
            name, members = self._groups[gid]
            return Group(name, frozenset(members), self.complete)
        if gid not in self._asked:
            self._asked[gid] = None if self.complete else _ask_for_group(gid)
        return self._asked[gid] or Group(f"group {gid}", frozenset(), False)

    def people(self) -> frozenset[str]:
        """The names of all accounts that people log in to, as far as they are listed here."""
        return frozenset(a.name for a in self._accounts.values() if a.person)

    @classmethod
    def here(cls) -> "Accounts":
        """Those of this machine. Read once: it can take a while, and changes rarely."""
        return _here()


@functools.cache
def _here() -> Accounts:
    # Elsewhere than on Linux the files list accounts of the system only.
    complete = sys.platform == "linux" and _is_local(_text("/etc/nsswitch.conf"))
    return Accounts(_text("/etc/passwd"), _text("/etc/group"), complete, _uids(_text("/etc/login.defs")))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _lines(text: str, count: int) -> list[tuple[str, int, int, list[str]]]:
    """Name, the two numbers (the second 0 where there is one only) and all fields of each good line."""
    found = []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) < count or line.startswith("#") or not fields[2].isdigit():
            continue
        second = int(fields[3]) if count == 7 and fields[3].isdigit() else 0
        found.append((fields[0], int(fields[2]), second, fields))
    return found


def _is_local(nsswitch: str) -> bool:
    """Whether accounts and groups come from files of this machine only (nsswitch.conf(5))."""
    for line in nsswitch.splitlines():
        database, colon, sources = line.partition("#")[0].partition(":")
        if colon and database.strip() in ("passwd", "group"):
            named = {word for word in sources.split() if not word.startswith("[")}
            if named - _LOCAL:
                return False
    return True


def _uids(login: str) -> tuple[int, int]:
    """The numbers of people's accounts (login.defs(5))."""
    found = {"UID_MIN": 1000, "UID_MAX": 60000}
    for line in login.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in found and words[1].isdigit():
            found[words[0]] = int(words[1])
    return found["UID_MIN"], found["UID_MAX"]


def _ask_for_group(gid: int) -> Group | None:
    """A group of a directory service. One look-up; members' own groups would take a list of all accounts."""
    try:
        import grp

        entry = grp.getgrgid(gid)
    except (ImportError, KeyError, OSError, ValueError, OverflowError):
        return None
    return Group(entry.gr_name, frozenset(entry.gr_mem), False)


def _ask_for_account(uid: int) -> Account | None:
    try:
        import pwd

        entry = pwd.getpwuid(uid)
    except (ImportError, KeyError, OSError, ValueError, OverflowError):
        return None
    return Account(entry.pw_name, uid, entry.pw_gid, entry.pw_dir, True)
