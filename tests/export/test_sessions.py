"""Random sessions of the session oracle: the script gives what the session gave, or there is none."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

for needed in ("numpy", "pandas", "sklearn", "matplotlib", "IPython"):
    pytest.importorskip(needed)

from tests.export.player import Player, Request  # noqa: E402
from tests.live.oracle.cases import choose  # noqa: E402
from tests.live.oracle.notebooks import DATA, notebooks  # noqa: E402
from tests.live.oracle.sessions import planned  # noqa: E402

SAMPLE = 24
TIMED = ("packed",)
"""Notebooks whose objects hold the time at which files were written."""


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with Player() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("session") / "project")


@settings(
    max_examples=SAMPLE,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(number=st.integers(0, 10**9))
def test_the_script_gives_what_the_session_gave(number: int, player: Player, folder: str) -> None:
    """Compared by digests of the tests' own; what two runs of the script disagree on is chance."""
    rng = random.Random(f"export:{number}")
    notebook = rng.choice([n for n in notebooks("tune") if n.document.name not in TIMED])
    kind = choose(rng)
    plan = planned(notebook.document, kind, rng)
    # Where the streams begin is no seed: nothing of it is in the script.
    entropy = rng.getrandbits(40)
    try:
        session = player.done(Request(folder, str(DATA), entropy, notebook.document, plan.ops))
    except RuntimeError as error:
        event(f"a session that doesn't end: {error}")
        return
    event(session.level or "refused")
    if session.refused:
        assert session.refused.startswith("not exported: cell ["), session.refused
        return
    one, other = (player.done(Request(folder, str(DATA), entropy, script=session.script)) for _ in range(2))
    assert not one.refused, f"{one.refused}\n{session.script}"
    wrong = {
        name: (session.values.get(name), one.values.get(name))
        for name in session.names
        if one.values.get(name) != session.values.get(name) and one.values.get(name) == other.values.get(name)
    }
    assert not wrong, f"{notebook.document.name}, {kind}: {wrong}\n{Path(folder)}\n{session.script}"
