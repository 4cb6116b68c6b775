"""POSIX access control lists, as the kernel keeps them: acl(5), ``system.posix_acl_access``."""

import os
import struct

import msgspec

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20


class Acl(msgspec.Struct, frozen=True):
    """Rights as three bits (read 4, write 2, execute 1); those of named users and groups with the mask
    taken off."""

    owner: int
    group: int
    other: int
    users: tuple[tuple[int, int], ...] = ()
    groups: tuple[tuple[int, int], ...] = ()


def parse_acl(data: bytes) -> Acl | None:
    """The list in an extended attribute (``linux/posix_acl_xattr.h``): a version, then entries of tag,
    rights and id, little-endian. None where it is none."""
    if len(data) < 4 or (len(data) - 4) % 8 or struct.unpack_from("<I", data)[0] != _VERSION:
        return None
    base = {_USER_OBJ: 0, _GROUP_OBJ: 0, _OTHER: 0, _MASK: 7}
    named: dict[int, list[tuple[int, int]]] = {_USER: [], _GROUP: []}
    for tag, rights, number in struct.iter_unpack("<HHI", data[4:]):
        if tag in base:
            base[tag] = rights & 7
        elif tag in named:
            named[tag].append((number, rights & 7))
        else:
            return None
    mask = base[_MASK]
    return Acl(
        base[_USER_OBJ],
        base[_GROUP_OBJ] & mask,
        base[_OTHER],
        tuple((number, rights & mask) for number, rights in named[_USER]),
        tuple((number, rights & mask) for number, rights in named[_GROUP]),
    )


def acl_of(path: str, attribute: str = ACCESS) -> Acl | None:
    """The list of a file or directory; None where it has none, or the system keeps none."""
    try:
        return parse_acl(os.getxattr(path, attribute))
    except (OSError, AttributeError, ValueError):  # AttributeError: Linux only
        return None
