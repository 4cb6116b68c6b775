"""What the kernels are given to do."""

from typing import NamedTuple


class Work(NamedTuple):
    """A cell that is run several times, and a cell that is run once before.

    Args:
        title: what it is.
        source: the cell.
        before: what it needs; in a cell of its own.
        most: largest ratio to the plain kernel that is aimed at; 0 where it is an absolute time.
        added: largest number of milliseconds added that is aimed at.
    """

    title: str
    source: str
    before: str
    most: float = 0.0
    added: float = 0.0


def trivial(number: int) -> str:
    """A cell that does next to nothing, of the kinds that notebooks are full of."""
    kind = number % 5
    if kind == 0:
        return f"x{number} = {number}"
    if kind == 1:
        return f"x{number} = x{number - 1} + 1"
    if kind == 2:
        return f"x{number} = [x{number - 1}, {number}]\nx{number}"
    if kind == 3:
        return f"def f{number}(a):\n    return len(a) + {number}\n\nx{number} = f{number}(x{number - 1})"
    return f"x{number} = {{'a': x{number - 1}}}\nprint(x{number})"


def indebted(number: int) -> str:
    """A cell of a notebook of data that draws without a seed at its top: something is always amiss in it."""
    if number == 0:
        return "import numpy as np\nimport pandas as pd"
    if number == 1:
        return "noise = np.random.rand(3)"
    kind, group = number % 4, number // 4
    if kind == 0:
        return f"df{group} = pd.DataFrame({{'a': np.arange(50), 'b': range(50)}})"
    if kind == 1:
        return f"mean{group} = df{group}['a'].mean()\nprint(mean{group})"
    if kind == 2:
        return f"def scaled{group}(x):\n    return x * {number}" + (
            f" + mean{group - 1}" if group > 1 else ""
        )
    return f"r{group} = scaled{group}({number})"


INSIDE = (
    Work("a loop of 3e6 additions", "total = 0\nfor i in range(3_000_000):\n    total += i", "pass", 1.02),
    Work(
        "`apply` of a lambda to 3e5 rows",
        "applied = series.apply(lambda v: v + 1).sum()",
        "import pandas as pd\nseries = pd.Series(range(300_000))",
        1.02,
    ),
    Work(
        "recursion, `fib(27)`",
        "answer = fib(27)",
        "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)",
        1.02,
    ),
    Work(
        "`copy.deepcopy` of 2e4 small lists",
        "copied = copy.deepcopy(nested)",
        "import copy\nnested = [[i, [i]] for i in range(20_000)]",
        1.05,
    ),
    Work(
        "`copy.deepcopy`, after a cell that wrote a file",
        "copied = copy.deepcopy(nested)",
        "with open('written.txt', 'w') as file:\n    file.write('1')",
        1.05,
    ),
)

BOUNDARY = (
    Work(
        "a frame of 1e6 × 7 (56 MB), untouched",
        "k = 1",
        "import numpy as np, pandas as pd\n"
        "df = pd.DataFrame(np.arange(7e6).reshape(7, -1).T, columns=list('abcdefg'))",
        added=2.0,
    ),
    Work("the same, read", "k = df['a'].iloc[0]", "pass", added=2.0),
    Work("the same, one column changed", "df['a'] = df['a'] + 1", "pass", added=25.0),
    Work("the same, one value changed in place", "df.iloc[0, 0] += 1", "pass", added=25.0),
    Work("the same, made anew", "df = df * 1.0", "pass", added=25.0),
    Work("an array of 10 GB, untouched", "k = 1", "big = np.zeros(10 * 2**30, np.uint8)", added=2.0),
    Work("the same, read", "k = int(big[5])", "pass", added=2.0),
    Work("the same, one value changed", "big[7] += 1", "pass", added=25.0),
)
