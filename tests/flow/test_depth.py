"""Code that is nested deeply is given up with a word: neither the stack nor the next cell suffers."""

import pytest

from nbdebt.flow.effects import Registry
from nbdebt.flow.reader import Reader, parse

SUM = "+".join(["a"] * 2000)
DEEP = {
    "sum": f"x = {SUM}",
    "chain of attributes": "x = a" + ".b" * 2000,
    "chain of calls": "x = a" + ".b()" * 1500,
    "subscripts": "a" + "[0]" * 2000 + " = 1",
    "conditions": "if a:\n  b = 1\n" + "".join(f"elif a == {i}:\n  b = 1\n" for i in range(1000)),
    "bases": "class C0: pass\n"
    + "".join(f"class C{i + 1}(C{i}): pass\n" for i in range(500))
    + "C500().run()\n",
    "functions": "".join(f"def f{i}(x):\n    return f{i + 1}(x) + {SUM}\n" for i in range(9)) + "f0(1)",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_what_is_too_deep_is_said_to_be(source: str) -> None:
    reader = Reader(Registry())
    parsed = parse(0, source)
    flow = reader.read(parsed)
    assert parsed.error or any("nested too deeply" in reason for reason in flow.opaque)
    after = reader.read(parse(1, "y = (1 + (2 + 3))"))
    assert [str(a.resource) for a in after.accesses] == ["y"] and not after.opaque


def test_what_people_write_is_not_too_deep() -> None:
    source = "if a:\n  b = 1\n" + "".join(f"elif a == {i}:\n  b = 1\n" for i in range(100))
    assert not Reader(Registry()).read(parse(0, source + "x = " + "+".join(["a"] * 100))).opaque
