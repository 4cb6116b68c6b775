"""``random``: known from the moment that it is seeded."""

from typing import Any, Final

from nbdebt.flow.evaluate.generators import Generators
from nbdebt.flow.evaluate.handlers import (
    HANDLERS,
)
from nbdebt.flow.evaluate.objects import (
    OWN,
    Stream,
    poisoned,
)
from nbdebt.flow.evaluate.tables import words
from nbdebt.flow.evaluate.values import (
    UNKNOWN,
    Exhausted,
)

Table = dict[str, Any]
_DRAWS: Final = words(
    """
    random randint randrange choice choices shuffle sample uniform gauss normalvariate
    lognormvariate expovariate betavariate gammavariate triangular vonmisesvariate paretovariate
    weibullvariate getrandbits seed
    """
)


def draw(m: Generators, stream: Stream, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call of a method of a random stream; unknown while nothing has seeded it."""
    import random

    touched = (*args, *kwargs.values())
    if name == "seed":
        seed = args[0] if args else kwargs.get("a")
        # the seed of anything but these is its hash
        stream.rng = random.Random(seed) if type(seed) in (int, str, bytes, float, bool) else None
        return None
    if stream.rng is None or name not in _DRAWS or any(a is UNKNOWN or poisoned(a) for a in touched):
        stream.rng = None if name != "getstate" else stream.rng
        m.poison(touched)
        return m.unknown()
    if any(type(v) is int and name in ("choices", "sample", "getrandbits") and v > m.size for v in touched):
        raise Exhausted
    if any(type(v) in OWN for v in touched):
        stream.rng = None
        m.poison(touched)
        return m.unknown()
    for value in touched:
        if hasattr(value, "__len__"):
            m.tick(len(value) >> 4)
    result = m.native(getattr(stream.rng, name), *args, **kwargs)
    return m.unknown() if poisoned(result) else result


def randoms() -> Table:
    import random

    def make(m: Generators, args: list[Any], kwargs: dict[str, Any]) -> Any:
        stream = Stream()
        draw(m, stream, "seed", args, kwargs)
        return stream

    HANDLERS[random.Random] = make
    return {"Random": random.Random, **dict.fromkeys(_DRAWS, UNKNOWN)}
