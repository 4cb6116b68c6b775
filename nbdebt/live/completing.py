"""The tab key behind ``%nbdebt`` and ``%%nbdebt``: words, options, their values, rules, names, paths."""

import glob
import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from nbdebt.live import magic_words
from nbdebt.live.magic_words import Word
from nbdebt.model.patterns import later

if TYPE_CHECKING:
    from nbdebt.live.session import Session

_OURS = later(r"\s*(?:[\w\s,.*]+=\s*)?(?P<sign>%{0,2})nbdebt\s(?P<said>.*)\Z", re.DOTALL)


def completions(text: str, session: "Session | None") -> tuple[str, list[str]]:
    """What can stand at the end of a line.

    Args:
        text: the line up to the cursor.
        session: the session, where there is one.

    Returns:
        The piece of the line that is being completed, and what it can become.
    """
    line = _OURS.match(text)
    if line is None:
        return "", []
    known = magic_words.CELLS if line["sign"] == "%%" else magic_words.LINES
    *before, piece = line["said"].split(" ")
    before = [part for part in before if part]
    if not before:
        return piece, _beginning(piece, sorted(known))
    word = known.get(before[0])
    if word is None:
        return piece, []
    option, equals, value = piece.partition("=")
    if equals and option.startswith("--"):
        return value, _beginning(value, _values(word, option, value) or ())
    after = _values(word, before[-1], piece)
    if after is not None:
        return piece, _beginning(piece, after)
    found = set(word.values(session)) - set(before)
    if piece.startswith("-") or not found:
        found |= {o for action in word.parser()._actions for o in action.option_strings} - set(before)
    if "" in word.paths:
        found |= set(_paths(piece))
    return piece, _beginning(piece, sorted(found))


def _values(word: Word, option: str, piece: str) -> Iterable[str] | None:
    """What can stand behind an option; None where it takes nothing, or is none."""
    for action in word.parser()._actions:
        if option in action.option_strings and action.nargs != 0:
            if option in word.paths:
                return _paths(piece)
            return [str(choice) for choice in action.choices or ()]
    return None


def _paths(piece: str) -> list[str]:
    found = sorted(glob.glob(glob.escape(piece) + "*"))[:200]
    return [path + "/" if os.path.isdir(path) else path for path in found]


def _beginning(piece: str, found: Iterable[str]) -> list[str]:
    return [text for text in found if text.startswith(piece)]


def attach(session: "Session") -> Callable[[], None]:
    """Complete our lines in the session's shell, and no one else there.

    Returns:
        What ends it.
    """

    # Not the hook `complete_command`: what jedi makes of such a line would stand beside it.
    @context_matcher(identifier="nbdebt", priority=200)  # type: ignore[untyped-decorator]
    def complete(context: Any) -> Any:
        piece, found = completions(context.text_until_cursor, session)
        return {
            "completions": [SimpleCompletion(text=text, type="magic") for text in found],
            "matched_fragment": piece,
            "suppress": bool(found),
            "ordered": True,
        }

    matchers = getattr(session.shell.Completer, "custom_matchers", [])
    matchers.append(complete)

    def detach() -> None:
        if complete in matchers:
            matchers.remove(complete)

    return detach
