"""Reports made by hand: one as a person would see it, one with names meant to do harm."""

from nbdebt.model.finding import (
    CellRef,
    CellVerdict,
    Exchange,
    Finding,
    Fix,
    Insert,
    NotebookResult,
    NotRun,
    Problem,
    Related,
    Report,
    Verdict,
)
from nbdebt.model.history import Access, File, Span, Url

FOURTH = CellRef(4, "split", 7)
SECOND = CellRef(1, "load", 2)

UNSEEDED = Finding(
    code="NBD203",
    name="unseeded-estimator",
    family="seeds",
    severity="warning",
    basis="parsed",
    path="titanic.ipynb",
    cell=FOURTH,
    span=Span(2, 5, 2, 27),
    message="`train_test_split` draws from numpy's global stream, which nothing above seeds: "
    "each run splits anew.",
    advice="Give it `random_state=42`.",
    source="a = train_test_split(X, y)",
    evidence=("no call of `numpy.random.seed` in any cell",),
    related=(
        Related(
            "what is drawn here decides `score`", "titanic.ipynb", CellRef(6, "score", 9), Span(1, 1, 1, 6)
        ),
    ),
    fix=Fix("Seed numpy's global stream in a new first cell", (Insert(0, "np.random.seed(42)"),)),
)
UNDEFINED = Finding(
    code="NBD101",
    name="undefined-on-run-all",
    family="order",
    severity="error",
    basis="inferred",
    path="titanic.ipynb",
    cell=SECOND,
    span=Span(1, 6, 1, 9),
    message="Restart & Run All stops here: no cell above makes `raw`.",
    advice="Bring back the cell that made it.",
    source="df = raw.dropna()",
)


def note(target: str) -> Finding:
    """An undeclared output."""
    return Finding(
        "NBD301",
        "hidden-output",
        "outputs",
        "note",
        "parsed",
        "titanic.ipynb",
        FOURTH,
        Span(3, 1, 3, 10),
        f"Writes `{target}`, which nobody declared.",
        source=f"df.to_csv({target!r})",
    )


def result(path: str, verdict: Verdict | None) -> NotebookResult:
    """Two cells, with two accesses to the outside."""
    exchanges = (
        Exchange(Access(File("raw.csv"), "read", Span(1, 1, 1, 9), via="pandas.read_csv"), SECOND, "read"),
        Exchange(Access(Url("https://example.org/x.csv"), "write", Span(1, 1, 1, 9)), FOURTH, "write"),
    )
    return NotebookResult(path, verdict, exchanges, (SECOND, FOURTH))


FALSE = Verdict(
    False,
    {"load": CellVerdict("fails", ("`raw` is made by no cell",)), "split": CellVerdict("differs")},
    {"score": "drawn anew"},
)
TRUE = Verdict(True, {"load": CellVerdict("same"), "split": CellVerdict("same")})
UNKNOWN = Verdict(
    None, {"load": CellVerdict("unknown")}, missing=("cell 2 was edited", "cell 3 has no count")
)

REPORT = Report(
    findings=(UNDEFINED, UNSEEDED, note("out.csv"), note("model.pkl"), note("a.txt"), note("b.txt")),
    problems=(Problem("broken.ipynb", "is not JSON: the file ends too early", "line 3, column 7"),),
    not_run=(NotRun("stats.ipynb", "notebook", "its language is r; nbdebt reads Python 3"),),
    notebooks=(
        result("titanic.ipynb", FALSE),
        result("clean.ipynb", TRUE),
        result("open.ipynb", UNKNOWN),
        NotebookResult("broken.ipynb", None),
        NotebookResult("stats.ipynb", None),
    ),
    suppressed=1,
    seconds=0.42,
)
CLEAN = Report((), notebooks=(result("clean.ipynb", TRUE),), seconds=0.1)

EVIL = (
    "</script><img src=x onerror=alert(1)>\x1b[31m\x07\r\n::error::\u202egnp.\u2028]]>&\"'%0A,:\udc80\x00日本"
)
EVIL_CELL = CellRef(2, EVIL, 3)
HOSTILE = Report(
    findings=(
        Finding(
            "NBD301",
            "hidden-output",
            "outputs",
            "warning",
            "parsed",
            EVIL,
            EVIL_CELL,
            Span(1, 3, 1, 900),
            f"Writes `{EVIL}`.",
            EVIL,
            EVIL,
            (EVIL,),
            (Related(EVIL, EVIL, EVIL_CELL, Span(9, 1, 9, 2)),),
            Fix(EVIL, (Insert(0, EVIL),)),
        ),
        Finding("NBD301", "hidden-output", "outputs", "note", "parsed", EVIL, None, None, f"`{EVIL}`"),
    ),
    problems=(Problem(EVIL, EVIL, EVIL),),
    not_run=(NotRun(EVIL, "notebook", EVIL),),
    notebooks=(
        NotebookResult(
            EVIL,
            Verdict(False, {EVIL: CellVerdict("differs", (EVIL,))}, {EVIL: EVIL}, (EVIL,), (EVIL,)),
            cells=(EVIL_CELL,),
        ),
    ),
)
