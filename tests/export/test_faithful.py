"""An unseeded session is done again exactly: its streams stand where they stood."""

import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("IPython")
pytest.importorskip("numpy")

import nbdebt
from nbdebt.live.random_kept import Kept
from nbdebt.live.random_states import packed
from tests.export.logs import is_clean, needs_ruff, outcomes
from tests.export.probe import names
from tests.live.conftest import shell as shell

pytestmark = needs_ruff

CELLS = [
    "import random\nimport numpy as np",
    "a = random.gauss(0, 1)",
    "b = np.random.randn(3)\nrng = np.random.default_rng()",
    "c = rng.random(2), np.random.default_rng(seed=None).integers(100)",
    "look = random.random()\nrandom.shuffle(left := list(range(9)))",
    "d = random.gauss(0, 1), np.random.randn()",
    "random.seed(3)\ne = random.random(), np.random.rand()",
]
WANTED: list[tuple[list[str] | None, set[str]]] = [
    (None, {"a", "b", "c", "look", "left", "d", "e"}),
    (["d"], {"d"}),
    (["c"], {"c"}),
    (["e"], {"e"}),
]


def test_what_was_drawn_is_drawn_again(shell: Any, tmp_path: Path) -> None:
    session = nbdebt.load(shell)
    for cell in CELLS:
        shell.run_cell(cell, store_history=True)
    held = names(shell.user_ns)
    assert "`--faithful`" in nbdebt.export(session).manifest.notes[0]
    places = []
    for number, (targets, _) in enumerate(WANTED):
        script = nbdebt.export(session, targets, faithful=True)
        assert not script.manifest.seeded
        places.append(tmp_path / str(number))
        places[-1].mkdir()
        (places[-1] / "clean.py").write_text(script.text, encoding="utf-8")
    is_clean(*(place / "clean.py" for place in places))
    first = (places[0] / "clean.py").read_text()
    assert first.count("\nrestore_streams(") == 2, "one state a stream, for all that follows on it"
    for (_, wanted), (found, printed) in zip(WANTED, outcomes(places, tmp_path / "found"), strict=True):
        assert {name: found.get(name) for name in wanted} == as_json({n: held[n] for n in wanted}), printed
    verified = nbdebt.export(session, faithful=True).verify(again=False)
    assert verified.equal and verified.compared.values >= 7, verified


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list | tuple) else value


def test_what_can_t_be_had_again_is_said(shell: Any) -> None:
    session = nbdebt.load(shell)
    for cell in ("import random, numpy as np", "x = [np.random.default_rng().random() for _ in range(2)]"):
        shell.run_cell(cell, store_history=True)
    notes = nbdebt.export(session, faithful=True).manifest.notes
    assert any("drawn anew" in note for note in notes), notes


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:

    state = random.Random(4).getstate()
    size = len(packed("python", state) or b"")
    assert size < 2600
    monkeypatch.setattr("nbdebt.live.random_kept._ROOM", 2 * size)
    kept = Kept()
    found = []
    for _ in range(4):
        kept.begin({"python": state, "numpy": None})
        found.append(bool(kept.end({"python"})[0]))
    assert found == [True, True, False, False]
    assert kept.end({"python"}) == ({}, ())
