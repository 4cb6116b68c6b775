"""Fifteen small notebooks, one for each thing that goes wrong when notebooks become scripts.

Cells are divided by ``# %% NAME``; ``# run:`` in the first line gives the order in which they run, otherwise
it is that of the document. A cell ``- NAME`` is deleted after its run: the document has it no more.
"""

import re
from typing import NamedTuple

NOTEBOOKS = {
    "out of order": """
        # run: a c b d
        # %% a
        x = 1
        # %% b
        y = x * 10
        # %% c
        x = x + 4
        # %% d
        print(x, y)
        """,
    "deleted cell": """
        # run: load gone use
        # %% load
        prices = [3.5, 1.25, 9.0]
        # %% - gone
        rate = 1.19
        # %% use
        gross = [round(p * rate, 4) for p in prices]
        gross
        """,
    "common magics": """
        # %% a
        %matplotlib inline
        %config InlineBackend.figure_format = 'retina'
        %env COLOUR=green
        import os
        # %% b
        %%time
        total = sum(range(1000))
        print(os.environ["COLOUR"])
        # %% c
        %time doubled = total * 2
        best = %timeit -o -n 2 -r 2 sum(range(10))
        # %% d
        %%writefile helper_of_mine.py
        def triple(x):
            return 3 * x
        # %% e
        import helper_of_mine
        %cd .
        tripled = helper_of_mine.triple(doubled)
        loops = best.loops
        tripled
        """,
    "shell lines and captures": r"""
        # %% a
        word = "hello"
        !echo {word} from the shell
        lines = !printf 'one\ntwo\n'
        # %% b
        %%bash
        echo "a \"quoted\" $((1 + 2))" > made.txt
        cat made.txt
        # %% c
        text = open("made.txt").read()
        if text:
            !echo nested "$word"
        # %% d
        %%capture kept
        print("not to be seen")
        hidden = 5
        # %% e
        seen = kept.stdout
        len(lines), hidden
        """,
    "in-place and view mutation": """
        # %% a
        import random
        import numpy as np
        import pandas as pd
        random.seed(3)
        base = np.arange(12.0).reshape(3, 4)
        frame = pd.DataFrame({"a": [3, 1, None], "b": ["x", "y", "z"]})
        deck = list(range(8))
        # %% b
        window = base[1:, :2]
        window[:] = -1
        # %% c
        frame.dropna(inplace=True)
        frame["c"] = frame.a * 2
        deck.sort(reverse=True)
        random.shuffle(deck)
        # %% d
        alias = deck
        alias.append("end")
        base.sum(), len(frame)
        """,
    "closure over a redefined global": """
        # run: a b c d b2
        # %% a
        factor = 2
        # %% b
        def scale(x):
            return x * factor
        first = scale(10)
        # %% c
        factor = 7
        # %% d
        second = scale(10)
        counters = [lambda i=i: i * factor for i in range(3)]
        third = [f() for f in counters]
        # %% b2
        factor = -1
        print(first, second, third, scale(1))
        """,
    "class": """
        # %% a
        class Account:
            rate = 0.5

            def __init__(self, owner):
                self.owner = owner
                self.entries = []

            def add(self, amount):
                self.entries.append(amount * self.rate)
                return self

            def __repr__(self):
                return f"<{self.owner}: {sum(self.entries)}>"
        # %% b
        mine = Account("me").add(10)
        # %% c
        Account.rate = 2
        mine.add(10)
        # %% d
        total = sum(mine.entries)
        """,
    "two plots": """
        # %% a
        import matplotlib.pyplot as plt
        # %% b
        plt.plot([1, 2, 3], [1, 4, 9])
        plt.title("first")
        # %% c
        bars = plt.bar(["a", "b"], [3, 4])
        plt.show()
        plt.hist([1, 1, 2], bins=2);
        # %% d
        figure, axes = plt.subplots()
        axes.plot([0, 1])
        figure.savefig("kept.png")
        count = len(bars)
        """,
    "try/except imports": """
        # %% a
        try:
            import a_module_that_is_not_there as json
        except ImportError:
            import json
        # %% b
        import os
        os.environ["MODE"] = "fast"
        import decimal
        try:
            from a_module_that_is_not_there import loads
        except ImportError:
            loads = json.loads
        # %% c
        data = loads('{"a": [1, 2]}')
        mode = os.environ["MODE"]
        exact = str(decimal.Decimal("0.1") * 3)
        data
        """,
    "a cell run twice": """
        # run: a b b c b c
        # %% a
        n = 0
        log = []
        # %% b
        n += 1
        log.append(n)
        # %% c
        print(n, log)
        """,
    "top-level await": """
        # %% a
        import asyncio

        async def fetch(x):
            await asyncio.sleep(0)
            return x * 2
        # %% b
        got = await fetch(4)
        queue = asyncio.Queue()
        await queue.put(got)
        # %% c
        from_queue = await queue.get()
        both = await asyncio.gather(fetch(1), fetch(2))
        both
        # %% d
        task = asyncio.create_task(fetch(50))
        late = await task
        async def squares():
            for i in range(3):
                yield i * i
        listed = [i async for i in squares()]
        print(late, listed)
        """,
    "displayed last expressions": """
        # %% a
        import pandas as pd
        frame = pd.DataFrame({"k": ["a", "b"], "v": [1.5, 2.25]})
        frame
        # %% b
        {"b": 1, "a": [1, 2], "c": {3, 1, 2}}
        # %% c
        'text with "quotes"'
        # %% d
        None
        # %% e
        1, 2, (3,)  # a comment; with a semicolon
        # %% f
        frame.v.sum();
        # %% g
        list(range(40)), str, len
        # %% h
        from IPython.display import display
        for i in range(2):
            display(frame.v[i])
        display(frame, "again")
        """,
    "iris without a seed": """
        # %% a
        from sklearn.datasets import load_iris
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.model_selection import train_test_split
        # %% b
        X, y = load_iris(return_X_y=True)
        X_train, X_test, y_train, y_test = train_test_split(X, y)
        # %% c
        model = RandomForestClassifier(n_estimators=5).fit(X_train, y_train)
        score = model.score(X_test, y_test)
        first = X_train[:5].tolist()
        """,
    "exploration cells": """
        # %% a
        import pandas as pd
        frame = pd.DataFrame({"a": range(6), "b": list("xyxyxy")})
        # %% look1
        frame.head()
        # %% look2
        frame.shape
        # %% look3
        frame.dtypes
        # %% look4
        pd.Series?
        # %% b
        sums = frame.groupby("b").a.sum()
        sums
        # %% look5
        type(sums)
        # %% c
        sums.to_csv("sums.csv")
        """,
    "_ and Out": """
        # %% a
        6 * 7
        # %% b
        answer = _ + 1
        # %% c
        [answer, Out[1]]
        # %% d
        again = _[0] + _1 + __
        _.append("more")
        # %% e
        kept = [Out[3], _3]
        """,
}


class Play(NamedTuple):
    """Cells by name, the order in which they run, those of the document, files, and what is said."""

    cells: dict[str, str]
    order: list[str]
    document: list[str]
    files: dict[str, str]
    said: dict[str, str]


def play(text: str) -> Play:
    """Read a notebook of this file."""
    lines = [line[8:] if line.startswith("        ") else line for line in text.strip("\n").split("\n")]
    cells: dict[str, list[str]] = {}
    order: list[str] = []
    deleted: set[str] = set()
    said: dict[str, str] = {}
    for line in lines:
        if line.startswith("# run: "):
            order = line[7:].split()
        elif not cells and (word := re.match(r"# (\w+): (.*)", line)):
            said[word[1]] = word[2]
        elif line.startswith("# %% "):
            name = line[5:].removeprefix("- ")
            deleted |= {name} if line.startswith("# %% - ") else set()
            cells[name] = []
        elif cells:
            cells[next(reversed(cells))].append(line)
    texts = {name: "\n".join(body).rstrip() for name, body in cells.items()}
    files = {name[5:]: f"{text}\n" for name, text in texts.items() if name.startswith("file ")}
    sources = {name: text for name, text in texts.items() if not name.startswith("file ")}
    document = [name for name in sources if name not in deleted]
    return Play(sources, order or list(sources), document, files, said)
