"""Circles of people: who may do a thing, by account, by group, or everybody."""

import msgspec

from nbdebt.data.exposure.members import Accounts


class Circle(msgspec.Struct, frozen=True):
    """Who may do something.

    Args:
        everyone: whoever has an account.
        uids: these accounts.
        gids: the members of these groups.
    """

    everyone: bool = False
    uids: frozenset[int] = frozenset()
    gids: frozenset[int] = frozenset()

    def __or__(self, other: "Circle") -> "Circle":
        """Who is in one of them."""
        return Circle(self.everyone or other.everyone, self.uids | other.uids, self.gids | other.gids)


def both(one: Circle, other: Circle, accounts: Accounts) -> Circle:
    """Who is in both circles; where the members of a group aren't all known, it may be fewer."""
    if one.everyone:
        return other if not other.everyone else Circle(True, one.uids | other.uids, one.gids | other.gids)
    if other.everyone:
        return one
    uids = set(one.uids & other.uids)
    gids = set(one.gids & other.gids)
    for named, groups in ((one.uids, other.gids), (other.uids, one.gids)):
        uids.update(uid for uid in named if any(_is_member(uid, gid, accounts) for gid in groups))
    for mine in one.gids - gids:
        for theirs in other.gids - gids:
            first, second = accounts.group(mine), accounts.group(theirs)
            if first.members <= second.members and first.complete and second.complete:
                gids.add(mine)
            elif second.members <= first.members and first.complete and second.complete:
                gids.add(theirs)
            elif first.members & second.members or not (first.complete and second.complete):
                # As words go, those of the smaller group: they are at most who is in both.
                gids.add(mine if len(first.members) <= len(second.members) else theirs)
    return Circle(False, frozenset(uids), frozenset(gids))


def _is_member(uid: int, gid: int, accounts: Accounts) -> bool:
    group, account = accounts.group(gid), accounts.account(uid)
    if account is None:
        return not group.complete
    return account.name in group.members or account.gid == gid


def others(circle: Circle, owner: int, accounts: Accounts) -> Circle:
    """The circle without its owner, administrators, and groups in which nobody else is."""
    own = {accounts.name(owner), "root"}
    uids = frozenset(uid for uid in circle.uids if uid not in (owner, 0))
    # A group whose members nothing lists may have any.
    gids = frozenset(
        gid
        for gid in circle.gids
        if gid != 0 and (accounts.group(gid).members - own or not accounts.group(gid).complete)
    )
    everyone = circle.everyone and bool(accounts.people() - own or not accounts.complete)
    return Circle(everyone, uids, gids)
