"""What was drawn without a seed is seeded in the script, and our own magics that seed are plain Python."""

from pathlib import Path

import pytest

import nbdebt
from tests.export.logs import is_clean, log, needs_ruff, outcomes

pytestmark = needs_ruff

# Cells; lines of the script; lines that must not be there; words of the notes.
CASES: dict[str, tuple[list[str], list[str], list[str], str]] = {
    "a stream": (["import random", "x = random.random()"], ["random.seed(SEED)"], [], "`random` unseeded"),
    "numpy, as the notebook calls it": (
        ["import numpy as np", "x = np.random.rand()"],
        ["np.random.seed(SEED)"],
        ["import numpy"],
        "`numpy.random` unseeded",
    ),
    "a stream that is seeded": (
        ["import random\nrandom.seed(3)", "x = random.random()"],
        ["random.seed(SEED)", "SEED: int = 3  # seed in [1]"],
        [],
        "",
    ),
    "generators, each with a seed of its own": (
        [
            "import random, numpy as np",
            "a = np.random.default_rng().random()\nb = random.Random()",
            "c = b.random()",
        ],
        ["a = np.random.default_rng(SEED).random()", "b = random.Random(SEED_2)"],
        [],
        "generators of its own",
    ),
    "None is no seed": (
        ["from numpy.random import default_rng", "x = default_rng(None).random()"],
        ["x = default_rng(SEED).random()"],
        [],
        "generators of its own",
    ),
    "generators that are seeded": (
        ["from numpy.random import default_rng", "x = default_rng(5).random()"],
        ["x = default_rng(SEED).random()", "SEED: int = 5  # default_rng in [2]"],
        [],
        "",
    ),
    "a seed for all streams": (
        ["import random, numpy as np", "%nbdebt seed 4", "x = random.random(), np.random.rand()"],
        ["seed_streams(SEED)", "SEED: int = 4  # seed_streams in [2]"],
        ["    np.random.seed"],
        "",
    ),
    "a seed for a cell": (
        [
            "import random, numpy as np\nrandom.seed(1)\nnp.random.seed(1)",
            "%%nbdebt seeded 7\nx = random.random(), np.random.rand()",
            "y = random.random(), np.random.rand()",
        ],
        ["with seeded(SEED_2):"],
        [],
        "",
    ),
}
LOOPS = ["import numpy as np", "x = [np.random.default_rng().random() for _ in range(3)]"]


def test_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    places = []
    for number, (sources, there, gone, said) in enumerate(CASES.values()):
        script = nbdebt.export(log(*sources))
        lines = [line.strip() for line in script.text.splitlines()]
        for line in there:
            assert line in lines, script.text
        assert not set(gone) & set(lines)
        notes = "; ".join(script.manifest.notes)
        assert said in notes if said else not notes
        for time in range(2):
            places.append(tmp_path / f"{number}-{time}")
            places[-1].mkdir()
            (places[-1] / "clean.py").write_text(script.text, encoding="utf-8")
    is_clean(*(place / "clean.py" for place in places))
    found = outcomes(places, tmp_path / "found.json")
    for one, two in zip(found[::2], found[1::2], strict=True):
        assert one == two and one[0], (one, two)
    plain: dict[str, object] = {}
    exec("import random; random.seed(7); x = random.random(); random.seed(1); y = random.random()", plain)
    values = found[-1][0]
    assert values["x"][1][0] == repr(plain["x"]) and values["y"][1][0] == repr(plain["y"])


def test_no_seed_where_it_would_be_the_same_for_all() -> None:
    script = nbdebt.export(log(*LOOPS))
    assert "default_rng().random() for" in script.text
    assert "a loop or a function (cell [2])" in script.manifest.notes[-1]


def test_left_as_it_is_on_request() -> None:
    sources = ["import random\nx = random.random()\ny = random.Random().random()"]
    script = nbdebt.export(log(*sources), seed=None)
    assert "seed" not in script.text.split('"""')[2] and "something else" in script.manifest.notes[0]


@pytest.mark.parametrize("source", ["%nbdebt seed", "%%nbdebt seeded\nx = 1"])
def test_a_configured_seed(source: str) -> None:
    with pytest.raises(nbdebt.ExportRefused, match="write it"):
        nbdebt.export(log(source))
    assert "(SEED)" in nbdebt.export(log(source, seed=11)).text
    assert "SEED: int = 11" in nbdebt.export(log(source, seed=11)).text
