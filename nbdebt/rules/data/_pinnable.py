"""Which reads of a notebook a pin would help: asked by `nbdebt pin` and `%nbdebt pin`."""

from collections.abc import Iterator

from nbdebt.data.versions.answer import Versioned
from nbdebt.model.history import File, Url
from nbdebt.rules.data._words import HUBS, is_request, scheme_of
from nbdebt.rules.surroundings import Surroundings, Touch

# What is code, or what is secret and stays out of version control on purpose.
NO_DATA = (".py", ".ipynb", ".env", ".netrc", ".pem", ".key")


def pinnable(seen: Surroundings, everything: bool = False) -> Iterator[tuple[Touch, Versioned]]:
    """The data that a notebook reads and that have no version, each once, with why not.

    Args:
        seen: the notebook.
        everything: what is versioned or pinned already, too.
    """
    said: set[str] = set()
    for touch in seen.data_reads():
        if touch.target in said or not touch.exact or touch.has("mode-unknown") or seen.makes(touch):
            continue
        if isinstance(touch.resource, File):
            if touch.place == "nowhere" or touch.text.endswith(NO_DATA):
                continue
        elif not isinstance(touch.resource, Url) or scheme_of(touch) in HUBS or is_request(touch):
            continue
        state = seen.state(touch)
        if state.state in ("absent", "unknown") and not (everything and state.state == "unknown"):
            continue
        if everything or state.state == "unversioned":
            said.add(touch.target)
            yield touch, state
