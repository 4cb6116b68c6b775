"""Kinds of notebooks as people write them, in the form of :mod:`tests.export.notebooks`.

``# %% file NAME`` is a file beside the notebook. ``# refused: WORDS`` says that no script
can be made of it, and why; ``# needs: MODULE`` what must be installed; ``# raises: NAMES`` which cells raise,
``# again: COUNTS of COUNT, …`` which ran again and changed nothing.
Cells whose names begin with ``look`` only look.
"""

KINDS = {
    "groupby pipeline": """
        # needs: pandas
        # %% file sales.csv
        region,product,units,price
        north,tea,3,2.5
        south,tea,1,2.5
        north,coffee,7,4.0
        south,coffee,2,4.25
        east,tea,,2.0
        # %% load
        import pandas as pd
        sales = pd.read_csv("sales.csv")
        # %% look
        sales.head()
        # %% clean
        sales = sales.dropna(subset=["units"]).assign(total=lambda d: d.units * d.price)
        # %% sum
        by_region = sales.groupby("region", as_index=False).agg(total=("total", "sum"), n=("units", "count"))
        by_region
        # %% best
        best = by_region.sort_values("total").iloc[-1]["region"]
        print(f"best: {best}")
        # %% write
        by_region.to_csv("by_region.csv", index=False)
        """,
    "merge chain": """
        # needs: pandas
        # %% a
        import pandas as pd
        people = pd.DataFrame({"id": [1, 2, 3], "name": ["ann", "bob", "cid"]})
        orders = pd.DataFrame({"id": [1, 1, 3, 4], "sum": [5.0, 2.5, 9.0, 1.0]})
        # %% b
        merged = people.merge(orders, on="id", how="left").merge(
            pd.DataFrame({"id": [1, 3], "vip": [True, False]}), on="id", how="left"
        )
        # %% c
        merged["sum"] = merged["sum"].fillna(0)
        wide = merged.pivot_table(index="name", values="sum", aggfunc=["sum", "count"])
        wide.columns = ["_".join(c) for c in wide.columns]
        wide
        """,
    "sklearn pipeline": """
        # needs: sklearn
        # %% a
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        rng = np.random.default_rng(7)
        X = rng.normal(size=(60, 3))
        y = (X[:, 0] + 0.1 * rng.normal(size=60) > 0).astype(int)
        # %% b
        pipe = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=200))
        pipe.fit(X[:40], y[:40]);
        # %% c
        score = pipe.score(X[40:], y[40:])
        coefficients = pipe[-1].coef_.round(6).tolist()
        score
        """,
    "subplots": """
        # needs: matplotlib
        # %% a
        import matplotlib.pyplot as plt
        import numpy as np
        xs = np.linspace(0, 1, 5)
        # %% b
        figure, axes = plt.subplots(1, 2, figsize=(4, 2))
        for axis, power in zip(axes, (1, 2)):
            axis.plot(xs, xs**power, label=f"x^{power}")
            axis.legend()
        figure.tight_layout()
        figure.savefig("powers.png")
        # %% c
        labels = [axis.get_legend().get_texts()[0].get_text() for axis in axes]
        labels
        """,
    "sqlite": """
        # %% a
        import sqlite3
        connection = sqlite3.connect("shop.db")
        connection.execute("create table sales (item text, n integer)")
        # %% b
        connection.executemany("insert into sales values (?, ?)", [("tea", 2), ("pot", 1), ("tea", 5)])
        connection.commit()
        # %% c
        rows = connection.execute("select item, sum(n) from sales group by item order by item").fetchall()
        rows
        # %% d
        connection.close()
        del connection
        """,
    "configuration in json": """
        # %% file settings.json
        {"rate": 0.25, "names": ["a", "b"], "deep": {"limit": 10}}
        # %% a
        import json
        with open("settings.json") as file:
            settings = json.load(file)
        del file
        # %% b
        rate, limit = settings["rate"], settings["deep"]["limit"]
        values = [n * rate for n in range(limit)]
        settings["deep"]["limit"] = 3
        # %% c
        kept = values[: settings["deep"]["limit"]]
        print(kept, sep="\\n")
        """,
    "class hierarchy with a decorator": """
        # %% a
        registry = {}

        def register(cls):
            registry[cls.__name__] = cls
            return cls
        # %% b
        @register
        class Shape:
            def area(self):
                raise NotImplementedError

            def __repr__(self):
                return f"{type(self).__name__}({self.area():.2f})"
        # %% c
        @register
        class Square(Shape):
            def __init__(self, side):
                self.side = side

            def area(self):
                return self.side**2

        class Cube(Square):
            def area(self):
                return 6 * super().area()
        # %% d
        shapes = [Square(2), Cube(1.5)]
        shapes
        # %% e
        names = sorted(registry)
        total = sum(s.area() for s in shapes)
        """,
    "a generator consumed across cells": """
        # run: a b b c
        # %% a
        def count():
            n = 0
            while True:
                n += 1
                yield n
        numbers = count()
        taken = []
        # %% b
        taken.append(next(numbers))
        # %% c
        rest = [next(numbers) for _ in range(3)]
        taken, rest
        """,
    "async gather": """
        # %% a
        import asyncio
        seen = []

        async def work(n):
            await asyncio.sleep(0)
            seen.append(n)
            return n * n
        # %% b
        squares = await asyncio.gather(*(work(n) for n in range(4)))
        squares
        # %% c
        async with asyncio.timeout(5):
            last = await work(9)
        print(len(seen), last)
        """,
    "contextlib": """
        # %% a
        from contextlib import contextmanager, suppress
        events = []

        @contextmanager
        def tracked(name):
            events.append(f"enter {name}")
            try:
                yield name.upper()
            finally:
                events.append(f"leave {name}")
        # %% b
        with tracked("one") as one, suppress(ZeroDivisionError):
            ratio = 1 / 0
        # %% c
        with tracked("two"):
            inner = len(events)
        events
        """,
    "dataclasses": """
        # %% a
        from dataclasses import asdict, dataclass, field, replace

        @dataclass(order=True)
        class Item:
            price: float
            name: str = "thing"
            tags: list = field(default_factory=list)
        # %% b
        first = Item(2.5, "tea", ["hot"])
        second = replace(first, price=1.0)
        second.tags.append("shared")
        # %% c
        cheapest = min(first, second)
        told = asdict(first)
        cheapest
        """,
    "functions that seed, under names of their own": """
        # run: a b c
        # %% a
        from random import random, seed
        from numpy.random import seed as seed_numpy
        # %% b
        seed(3)
        seed_numpy(4)
        seeding = {"python": seed, "numpy": seed_numpy}
        # %% c
        drawn = random()
        """,
    "caches of functions": """
        # run: a b c a2
        # %% a
        from functools import cache, lru_cache
        calls = []
        # %% b
        @cache
        def slow(n):
            calls.append(n)
            return n * 10

        @lru_cache(maxsize=2)
        def other(n):
            return slow(n) + 1
        # %% c
        values = [other(n) for n in (1, 2, 1, 3, 1)]
        hits = other.cache_info().hits
        # %% a2
        slow.cache_clear()
        again = slow(1)
        print(values, calls, hits)
        """,
    "closures over loops": """
        # %% a
        late = [lambda: i for i in range(3)]
        bound = [lambda i=i: i for i in range(3)]
        made = []
        for n in range(3):
            def tell(k=n):
                return k * n
            made.append(tell)
        # %% b
        n = 10
        results = [f() for f in late], [f() for f in bound], [f() for f in made]
        results
        """,
    "a counter run again": """
        # run: a b b b c
        # %% a
        total, log = 0, []
        # %% b
        total += 5
        log.append(total)
        print("now", total)
        # %% c
        average = total / len(log)
        """,
    "a run that changes nothing, again": """
        # run: a b b b c c
        # again: 3 4 of 2, 6 of 5
        # %% a
        values = [3, 1, 2]
        # %% b
        ordered = sorted(values)
        top = ordered[-1]
        # %% c
        top
        """,
    "runs that change nothing, and some that do": """
        # run: a p p p b b q p b c d d c
        # again: 3 4 of 2, 6 of 5
        # %% a
        values, log = [3, 1, 2], []
        # %% p
        print("values", values)
        # %% b
        ordered = sorted(values)
        # %% q
        same = ordered
        values.append(0)
        # %% c
        ordered.append(9)
        # %% d
        log.append(len(same))
        """,
    "what a function in a list reads": """
        # run: a b c b
        # %% a
        scale = 2
        makers = [lambda v: v * scale]
        # %% b
        print(makers[0](3))
        # %% c
        scale = 10
        """,
    "deleted cells": """
        # run: a b c d
        # %% a
        import math
        radius = 2.0
        # %% - b
        def area(r):
            return math.pi * r * r
        # %% - c
        radius = 3.0
        # %% d
        result = round(area(radius), 6)
        result
        """,
    "a renamed variable": """
        # run: a b c a2 c2
        # %% - a
        data = [1, 2, 3]
        # %% b
        factor = 2
        # %% - c
        scaled = [d * factor for d in data]
        # %% a2
        numbers = [1, 2, 3, 4]
        # %% c2
        scaled_numbers = [d * factor for d in numbers]
        print(scaled, scaled_numbers)
        """,
    "star imports": """
        # %% a
        from math import *
        from os.path import *
        # %% b
        value = sqrt(2) + floor(pi)
        name = splitext(basename("a/b.txt"))
        # %% c
        value, name
        """,
    "a module beside the notebook": """
        # %% file helpers.py
        FACTOR = 3
        calls = []


        def scaled(x):
            calls.append(x)
            return x * FACTOR
        # %% a
        import helpers
        from helpers import scaled
        # %% b
        first = scaled(2)
        helpers.FACTOR = 10
        second = scaled(2)
        # %% c
        print(first, second, helpers.calls)
        """,
    "a package beside the notebook": """
        # %% file toolbox/__init__.py
        from .inner import answer
        # %% file toolbox/inner.py
        def answer():
            return 42
        # %% a
        from toolbox import answer
        import toolbox.inner as inner
        # %% b
        value = answer() + inner.answer()
        value
        """,
    "%run of a helper": """
        # %% file prepare.py
        import sys
        base = 7
        def double(x):
            return 2 * x
        if len(sys.argv) > 1:
            base = int(sys.argv[1])
        # %% a
        %run prepare.py
        first = double(base)
        # %% b
        %run prepare.py 5
        second = double(base)
        first, second
        """,
    "a module that is written, then imported": """
        # %% a
        %%writefile made_here.py
        LIMIT = 4
        def check(x):
            return x < LIMIT
        # %% b
        import made_here
        results = [check for check in map(made_here.check, range(6))]
        # %% c
        from made_here import LIMIT
        LIMIT, sum(results)
        """,
    "an import that depends on the environment": """
        # %% file mode_of.py
        import os
        MODE = os.environ.get("APP_MODE", "slow")
        # %% a
        %env APP_MODE=fast
        # %% b
        from mode_of import MODE
        speed = 10 if MODE == "fast" else 1
        # %% c
        import os
        os.environ["APP_MODE"] = "later"
        print(MODE, speed, os.environ["APP_MODE"])
        """,
    "os.chdir": """
        # %% a
        import os
        os.makedirs("deep/er", exist_ok=True)
        # %% b
        os.chdir("deep")
        with open("note.txt", "w") as out:
            out.write("written below")
        # %% c
        here = os.path.basename(os.getcwd())
        found = sorted(os.listdir())
        # %% d
        os.chdir("..")
        text = open("deep/note.txt").read()
        here, found, text
        """,
    "temporary files": """
        # %% a
        import tempfile
        from pathlib import Path
        # %% b
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.txt"
            path.write_text("a\\nb\\n")
            lines = path.read_text().splitlines()
            size = path.stat().st_size
        del folder, path
        # %% c
        with tempfile.NamedTemporaryFile("w+", suffix=".csv") as handle:
            print("1,2,3", file=handle)
            handle.seek(0)
            row = handle.readline().strip().split(",")
        del handle
        row, lines, size
        """,
    "a generator of numpy's": """
        # run: a b c b
        # needs: numpy
        # %% a
        import numpy as np
        rng = np.random.default_rng(2024)
        draws = []
        # %% b
        draws.append(rng.integers(0, 100, 3).tolist())
        # %% c
        mean = rng.normal(size=50).mean()
        shuffled = rng.permutation(5)
        draws
        """,
    "a shuffle run again": """
        # run: a b b c
        # %% a
        import random
        random.seed(11)
        deck = list(range(6))
        # %% b
        random.shuffle(deck)
        # %% c
        hand = random.sample(deck, 3)
        deck, hand
        """,
    "options of pandas": """
        # needs: pandas
        # %% a
        import pandas as pd
        pd.options.display.precision = 2
        pd.set_option("display.max_rows", 4)
        # %% b
        frame = pd.DataFrame({"x": [1.23456, 2.34567], "y": [10, 20]})
        frame
        # %% c
        with pd.option_context("display.precision", 4):
            print(frame)
        # %% d
        pd.reset_option("display.precision")
        frame.x
        """,
    "warning filters": """
        # %% a
        import warnings
        warnings.simplefilter("error", UserWarning)
        # %% b
        def risky():
            warnings.warn("beware", UserWarning)
            return 1
        # %% c
        try:
            got = risky()
        except UserWarning as error:
            got = str(error)
        # %% d
        warnings.simplefilter("ignore", UserWarning)
        after = risky()
        got, after
        """,
    "decimal contexts": """
        # %% a
        from decimal import Decimal, getcontext, localcontext
        getcontext().prec = 6
        # %% b
        third = Decimal(1) / Decimal(3)
        with localcontext() as context:
            context.prec = 30
            long = Decimal(1) / Decimal(3)
        del context
        # %% c
        getcontext().prec = 10
        str(third), str(long), str(Decimal(2) / 3)
        """,
    "parsing text": r'''
        # %% a
        import re
        from collections import Counter
        text = """2024-01-03 ERROR disk full
        2024-01-04 INFO started
        2024-01-04 ERROR "net" down"""
        # %% b
        pattern = re.compile(r"^\s*(\d{4}-\d\d-\d\d) (\w+) (.*)$", re.M)
        events = pattern.findall(text)
        # %% c
        levels = Counter(level for _, level, _ in events)
        words = re.sub(r"[^\w\s]", "", text).split()[-2:]
        levels.most_common()
        ''',
    "dates": """
        # %% a
        from datetime import date, datetime, timedelta, timezone
        start = date(2024, 2, 27)
        days = [start + timedelta(days=n) for n in range(4)]
        # %% b
        moment = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
        later = moment + timedelta(hours=36, minutes=5)
        # %% c
        text = later.strftime("%Y-%m-%d %H:%M")
        gap = (date(2024, 3, 1) - start).days
        days[-1], text, gap
        """,
    "several targets": """
        # %% a
        a = b = c = []
        b.append(1)
        # %% b
        (first, *middle), last = [1, 2, 3], {"k": 4}
        last["k"], middle[0] = middle[0], last["k"]
        # %% c
        c += [2]
        a, first, middle, last
        """,
    "walrus and match": """
        # %% a
        def kind(value):
            match value:
                case {"type": str(name), **rest} if rest:
                    return f"{name} with {sorted(rest)}"
                case [x, *_] | (x, _):
                    return f"starts with {x}"
                case int() | float():
                    return "number"
                case _:
                    return "other"
        # %% b
        if (n := len([1, 2, 3])) > 2:
            size = n
        squares = [y for x in range(4) if (y := x * x) > 1]
        # %% c
        match squares:
            case [head, *tail]:
                shown = head, tail
        # %% d
        [kind(v) for v in ({"type": "a", "b": 1}, [5, 6], 2.0, None)]
        """,
    "exceptions": """
        # %% a
        problems = []
        def parse(text):
            try:
                return int(text)
            except ValueError as error:
                problems.append(str(error))
                return None
            finally:
                problems.append("done")
        # %% b
        numbers = [parse(t) for t in ("1", "x", "3")]
        # %% c
        try:
            raise ExceptionGroup("several", [ValueError("a"), TypeError("b")])
        except* ValueError as group:
            caught = [str(e) for e in group.exceptions]
        except* TypeError:
            other = True
        # %% d
        problems
        """,
    "a cell that raises": """
        # raises: b
        # %% a
        done = []
        # %% b
        done.append("before")
        for n in (2, 1, 0):
            done.append(4 // n)
        done.append("never")
        # %% c
        print(len(done))
        """,
    "interactive input": """
        # refused: `input` asks a person
        # %% a
        name = input("Who? ")
        # %% b
        greeting = "hello"
        """,
    "several displays": """
        # %% a
        from IPython.display import display
        class Point:
            def __init__(self, x):
                self.x = x
            def __repr__(self):
                return f"Point({self.x})"
        # %% b
        display(Point(1), Point(2))
        for n in (3, 4):
            display(n)
        Point(5)
        # %% c
        [Point(6)]; Point(7)
        # %% d
        if True:
            Point(8)
        """,
    "earlier results": """
        # %% a
        [1, 2]
        # %% b
        _.append(3)
        len(_)
        # %% c
        kept = Out[1] + [_]
        kept
        # %% d
        both = (_1, _)
        """,
    "pages and pictures": """
        # %% a
        %%html
        <b>bold</b>
        # %% b
        %%markdown
        # Heading
        # %% c
        value = 3
        value
        """,
    "%%bash": r"""
        # %% a
        %%bash
        mkdir -p out
        for n in 1 2 3; do echo "line $n"; done > out/lines.txt
        wc -l < out/lines.txt | tr -d ' '
        # %% b
        count = sum(1 for _ in open("out/lines.txt"))
        # %% c
        %%bash --out listing
        ls out
        # %% d
        files = listing.split()
        !echo "there are {count} lines in {files[0]}"
        """,
    "long output": """
        # %% a
        for n in range(300):
            print("row", n, "x" * (n % 7))
        # %% b
        list(range(1200))
        # %% c
        {n: "v" * 20 for n in range(50)}
        """,
    "nonlocals": """
        # %% a
        def counter():
            count = 0
            def step(by=1):
                nonlocal count
                count += by
                return count
            return step
        step = counter()
        # %% b
        first = [step(), step(5)]
        # %% c
        second = step()
        first, second
        """,
    "mutation by an alias": """
        # run: a b c b d
        # %% a
        rows = [{"n": 1}, {"n": 2}]
        same = rows[0]
        # %% b
        same["n"] += 10
        # %% c
        backup = [dict(row) for row in rows]
        rows[1] = same
        # %% d
        rows, backup
        """,
    "views of arrays": """
        # needs: numpy
        # %% a
        import numpy as np
        grid = np.zeros((3, 4))
        row = grid[1]
        # %% b
        row[:] = 7
        np.add(grid, 1, out=grid)
        # %% c
        grid.T[0] = -1
        flat = grid.ravel()
        flat[-1] = 99
        # %% d
        mask = grid > 5
        grid[mask] /= 2
        print(grid)
        row
        """,
    "sorted in place": """
        # needs: pandas
        # %% a
        import pandas as pd
        words = ["pear", "fig", "apple"]
        frame = pd.DataFrame({"w": words, "n": [len(w) for w in words]})
        # %% b
        words.sort(key=len)
        frame.sort_values("n", inplace=True)
        frame.reset_index(drop=True, inplace=True)
        # %% c
        words.reverse()
        frame.loc[0, "w"] = words[0]
        frame
        """,
    "order of dicts, and sets": """
        # %% a
        order = {}
        for word in "b a c a".split():
            order[word] = order.pop(word, 0) + 1
        # %% b
        seen = set("hello") | {"x"}
        seen.discard("h")
        # %% c
        order, sorted(seen)
        # %% d
        seen & {"e", "l"}
        """,
    "files that an earlier cell wrote": """
        # %% a
        from pathlib import Path
        for n in range(3):
            Path(f"part_{n}.txt").write_text(str(n * 10))
        # %% b
        parts = sorted(Path(".").glob("part_*.txt"))
        total = sum(int(p.read_text()) for p in parts)
        # %% c
        Path("part_0.txt").unlink()
        left = sorted(p.name for p in Path(".").glob("part_*"))
        total, left
        """,
    "archives": """
        # %% a
        import gzip
        import zipfile
        with gzip.open("log.txt.gz", "wt") as file:
            file.write("one\\ntwo\\n")
        with zipfile.ZipFile("both.zip", "w") as archive:
            archive.writestr("a.txt", "alpha")
            archive.write("log.txt.gz")
        del file, archive
        # %% b
        with gzip.open("log.txt.gz", "rt") as file:
            lines = file.read().split()
        with zipfile.ZipFile("both.zip") as archive:
            names = archive.namelist()
            alpha = archive.read("a.txt").decode()
        del file, archive
        # %% c
        lines, names, alpha
        """,
    "pickles": """
        # %% a
        import pickle
        class Model:
            def __init__(self, weights):
                self.weights = weights
        # %% b
        with open("model.pkl", "wb") as out:
            pickle.dump(Model([1, 2]), out)
        del out
        # %% c
        with open("model.pkl", "rb") as source:
            loaded = pickle.load(source)
        del source
        loaded.weights.append(3)
        loaded.weights
        """,
    "joblib": """
        # needs: joblib
        # %% a
        import joblib
        from sklearn.linear_model import LinearRegression
        model = LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
        joblib.dump(model, "model.joblib");
        # %% b
        again = joblib.load("model.joblib")
        predicted = again.predict([[10]]).round(6).tolist()
        predicted
        """,
    "a pipe of methods over lines": """
        # needs: pandas
        # %% a
        import pandas as pd
        import numpy as np
        # %% b
        result = (
            pd.DataFrame({"g": list("aabb"), "v": [1, 2, 3, 4]})
            .query("v > 1")  # the first goes
            .assign(w=lambda d: d.v**2,
                    z=lambda d: np.sqrt(d.w))
            .groupby("g")[["w", "z"]]
            .sum()
        )
        # %% c
        result.loc["b", "w"] = 0
        result.T
        """,
    "plots by pandas": """
        # needs: matplotlib
        # %% a
        import pandas as pd
        series = pd.Series([1, 3, 2], name="v")
        # %% b
        axis = series.plot(title="one")
        lines = len(axis.get_lines())
        # %% c
        series.plot.bar();
        # %% d
        lines
        """,
    "a function that is defined anew": """
        # run: a b a2 c b
        # %% a
        def step(x):
            return x + 1
        values = [1]
        # %% b
        values.append(step(values[-1]))
        # %% a2
        def step(x):
            return x * 100
        # %% c
        values
        """,
    "logging": """
        # %% a
        import io
        import logging
        stream = io.StringIO()
        logger = logging.getLogger("kinds")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(logging.StreamHandler(stream))
        # %% b
        logger.info("loaded %d rows", 3)
        logger.debug("hidden")
        # %% c
        said = stream.getvalue()
        print(said)
        """,
    "itertools and iterators": """
        # %% a
        import itertools
        numbers = iter(range(10))
        first = list(itertools.islice(numbers, 3))
        # %% b
        pairs = list(zip(numbers, numbers))
        left, right = itertools.tee("abc")
        # %% c
        list(left), next(right), pairs, list(numbers)
        # %% d
        "".join(right)
        """,
    "globals by their text": """
        # %% a
        for name in ("alpha", "beta"):
            globals()[f"{name}_value"] = len(name)
        # %% b
        total = alpha_value + beta_value
        exec("made = total * 2")
        # %% c
        eval("made + 1")
        """,
    "threads and pools": """
        # %% a
        from concurrent.futures import ThreadPoolExecutor
        import threading
        lock, results = threading.Lock(), set()
        def work(n):
            with lock:
                results.add(n)
            return n * n
        # %% b
        with ThreadPoolExecutor(2) as pool:
            squares = list(pool.map(work, range(5)))
        del pool
        # %% c
        squares, sorted(results)
        """,
    "try and except around magics": """
        # %% a
        try:
            import a_module_that_is_not_there
        except ImportError:
            a_module_that_is_not_there = None
        if a_module_that_is_not_there is None:
            !echo "not there"
        # %% b
        for n in range(2):
            !echo round {n}
        # %% c
        words = !printf 'b\\na\\n'
        sorted(words)
        """,
    "methods of what the shell gives": """
        # refused: `words.sort` is IPython's own
        # %% a
        words = !printf 'b\\na\\n'
        # %% b
        words.sort()
        words
        """,
    "monkey patches": """
        # %% a
        import math
        import json
        original = json.dumps
        def sorted_dumps(value, **options):
            return original(value, sort_keys=True, **options)
        # %% b
        json.dumps = sorted_dumps
        text = json.dumps({"b": 1, "a": 2})
        # %% c
        json.dumps = original
        again = json.dumps({"b": 1, "a": 2})
        text, again
        """,
    "properties, slots and operators": """
        # %% a
        class Money:
            __slots__ = ("cents",)
            def __init__(self, cents):
                self.cents = cents
            @property
            def euros(self):
                return self.cents / 100
            def __add__(self, other):
                return Money(self.cents + other.cents)
            __radd__ = __add__
            def __eq__(self, other):
                return self.cents == other.cents
            def __hash__(self):
                return hash(self.cents)
            def __repr__(self):
                return f"{self.euros:.2f} EUR"
        # %% b
        purse = Money(150) + Money(75)
        purse
        # %% c
        kinds = {purse, Money(225), Money(1)}
        len(kinds), purse.euros
        """,
    "strings in several lines": r'''
        # %% a
        query = """
          select *
          from t  -- not a comment of Python's
        """
        if query:
            inner = f"""{len(query)}
        second line"""
        # %% b
        raw = r"\d+\n" + "\t" "joined"
        # %% c
        print(query.strip(), inner, raw, sep="|")
        ''',
    "enum and typing": """
        # %% a
        from __future__ import annotations
        from enum import Enum, auto
        from typing import NamedTuple
        class Color(Enum):
            RED = auto()
            BLUE = auto()
        class Pair(NamedTuple):
            left: int
            right: Missing | None = None
        # %% b
        pair = Pair(1)
        chosen: Color = Color.BLUE
        # %% c
        pair, chosen.name, [c.value for c in Color]
        """,
}
