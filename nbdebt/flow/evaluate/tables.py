"""What may be called on plain values, and which names have a known meaning."""

from collections import Counter, OrderedDict, defaultdict, deque
from typing import Final


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_STR = """capitalize casefold center count encode endswith expandtabs find format format_map index isalnum
isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join
ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip
split splitlines startswith strip swapcase title translate upper zfill"""


_SET = """copy difference intersection isdisjoint issubset issuperset symmetric_difference union"""


_DICT = "clear copy fromkeys get items keys pop popitem setdefault update values"


#: Methods of plain types that may be called. What isn't here is unknown, not wrong.
METHODS: Final[dict[type, frozenset[str]]] = {
    str: frozenset(_STR.split()),
    bytes: words(
        """
    decode hex startswith endswith split strip count find replace join upper lower
    """
    ),
    int: frozenset(
        ["bit_length", "bit_count", "conjugate", "is_integer", "as_integer_ratio", "to_bytes", "from_bytes"]
    ),
    bool: frozenset(["bit_length", "conjugate"]),
    float: frozenset(["is_integer", "hex", "as_integer_ratio", "conjugate", "fromhex"]),
    complex: frozenset(("conjugate",)),
    list: words(
        """
    append clear copy count extend index insert pop remove reverse
    """
    ),
    tuple: frozenset(["count", "index"]),
    dict: frozenset(_DICT.split()),
    set: frozenset(
        (
            _SET + " add clear difference_update discard intersection_update pop remove update"
            " symmetric_difference_update"
        ).split()
    ),
    frozenset: frozenset(_SET.split()),
    range: frozenset(["count", "index"]),
    deque: words(
        """
    append appendleft clear copy count extend extendleft index insert pop popleft remove reverse
    rotate
    """
    ),
    Counter: frozenset((_DICT + " most_common elements subtract total").split()) - {"fromkeys"},
    defaultdict: frozenset(_DICT.split()),
    OrderedDict: frozenset((_DICT + " move_to_end").split()),
    type({}.keys()): frozenset(("isdisjoint",)),
}


PLAIN_ATTRIBUTES: Final[dict[type, frozenset[str]]] = {
    int: frozenset(("real", "imag", "numerator", "denominator")),
    float: frozenset(("real", "imag")),
    complex: frozenset(("real", "imag")),
    range: frozenset(("start", "stop", "step")),
    slice: frozenset(("start", "stop", "step")),
    deque: frozenset(("maxlen",)),
}


#: Methods that only store, hand out or count what they are given: an unknown argument stays where it is put.
STORING: Final = words(
    """
    append appendleft insert pop popleft clear get setdefault keys values items copy reverse
    move_to_end rotate
    """
)


VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))


__all__ = ["METHODS", "PLAIN_ATTRIBUTES", "STORING", "VIEWS", "words"]
