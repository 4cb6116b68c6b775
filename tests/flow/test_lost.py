"""Runs that no cell shows any more, put back where the evidence allows: a table of counts."""

import textwrap

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nbdebt.analyse import read_flows
from nbdebt.flow.history import infer_history
from nbdebt.flow.lost import LostRuns
from nbdebt.flow.replay import replay
from nbdebt.model.notebook import Notebook
from nbdebt.rules.pages import Example


def lost(document: Notebook) -> LostRuns:
    flows, _ = read_flows(document)
    found = replay(document, flows, infer_history(document)).lost
    assert found is not None
    return found


def of(source: str) -> LostRuns:
    return lost(Example(textwrap.dedent(source), {}).notebook())


def counts(*numbers: int) -> str:
    """Cells that don't touch each other, with these counts."""
    return "".join(f"# %% [{count}]\nx{n} = {n}\n" for n, count in enumerate(numbers))


@pytest.mark.parametrize(
    ("numbers", "restored", "unexplained"),
    [
        # Between its neighbours: the cell below ran again in its place.
        ((1, 3, 4), {1: [2]}, []),
        ((1, 5, 6), {1: [2, 3, 4]}, []),
        ((2, 3), {0: [1]}, []),
        # A cell that ran again after all others had its first count among its neighbours'.
        ((1, 4, 3), {1: [2]}, []),
        ((5, 2, 3, 4), {0: [1]}, []),
        ((1, 6, 7, 4, 5), {1: [2], 2: [3]}, []),
    ],
)
def test_where_a_lost_run_was(
    numbers: tuple[int, ...], restored: dict[int, list[int]], unexplained: list[int]
) -> None:
    found = of(counts(*numbers))
    assert ({k: sorted(v) for k, v in found.restored.items()}, found.unexplained) == (restored, unexplained)
    assert [found.extra_runs(cell) for cell in restored] == list(restored.values())


def test_a_cell_that_needs_a_name_shows_that_its_maker_ran_before() -> None:
    found = of("""\
        # %% [3]
        total = 1
        # %% [2]
        print(total)
        """)
    assert found.visible == [(0, 1), (1, 2), (0, 3)]


def test_a_deleted_cell_leaves_nothing_to_put_back() -> None:
    found = of("""\
        # %% [2]
        print(total)
        """)
    assert found.visible == [(0, 2)]


def test_a_stretch_that_ran_twice_is_another_history() -> None:
    found = of(counts(1, 5, 6, 7))
    assert [(0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (2, 6), (3, 7)] in found.others


def test_what_was_made_again_is_in_doubt() -> None:
    found = of("""\
        # %% [3]
        total = 1
        # %% [2]
        print(total)
        """)
    (doubt,) = found.doubts
    assert (doubt.cell, doubt.source, doubt.name) == (1, 0, "total")
    assert "made again by cell [3]" in doubt.text


@pytest.mark.parametrize("number", [500, 19_000, 1_000_000])
def test_hundreds_of_lost_runs_say_nothing(number: int) -> None:
    found = of(counts(1, number, number + 1))
    assert found.restored == {} and found.order == found.visible


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 40), unique=True, min_size=1, max_size=12))
def test_what_is_put_back_are_lost_runs_of_cells_that_ran_again(numbers: list[int]) -> None:
    assume(numbers != list(range(1, len(numbers) + 1)))
    found = of(counts(*numbers))
    gaps = set(range(1, max(numbers, default=0))) - set(numbers)
    put_back = [count for runs in found.restored.values() for count in runs]
    assert sorted([*put_back, *found.unexplained]) == sorted(gaps)
    for cell, runs in found.restored.items():
        assert all(run < numbers[cell] for run in runs)
    for order in (found.visible, found.order, *found.others):
        assert [count for _, count in order] == sorted({count for _, count in order})
        assert {(cell, count) for cell, count in enumerate(numbers)} <= set(order)
