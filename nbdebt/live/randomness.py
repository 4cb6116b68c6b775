"""Random streams of the process: what state they are in, who drew from them, whether a seed determines that.

A stream's state is compared as a whole at a run's two ends: numpy's second ``randn()`` takes only what the
first left over. Seeding is seen in three ways: calls of the seeding functions
(:mod:`nbdebt.live.monitoring`), states as they are only just after seeding, and, for torch, the seed that it
remembers. Nothing is ever imported, and nothing drawn.
"""

import contextlib
import functools
import os
import random
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from xxhash import xxh3_128_digest

from nbdebt.live import random_tensorflow, random_torch
from nbdebt.live.files.classify import Names
from nbdebt.live.files.noise import caller
from nbdebt.live.files.wrap import Wrapper
from nbdebt.live.libraries import is_library
from nbdebt.live.monitoring import FIND_AND_LOAD, monitor
from nbdebt.live.random_imports import Imports, by_user
from nbdebt.live.random_kept import Kept
from nbdebt.live.random_states import (
    READERS,
    SEEDERS,
    block_of,
    executed,
    given_state,
    is_determined,
    is_fresh,
    is_loading,
    is_new,
    load_lazy,
    restore_state,
    state_bytes,
    torch_seed,
)
from nbdebt.live.seen import RandomSeen
from nbdebt.live.sources import call_at

# ``random.Random()`` and numpy's generators ask the system for these many bits (SeedSequence's pool).
_POOL_BITS = 128
_MANY = 5000
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_names = Names(sys.modules)  # type: ignore[arg-type]


class Streams:
    """The random streams of libraries that are loaded.

    Args (attributes):
        failures: what went wrong; never raised.
    """

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._depth = 0
        self._before: dict[str, bytes] = {}
        self.after: dict[str, bytes] = {}
        self._imports = Imports(self.snapshot)
        self._blocks: dict[str, bytes] = {}
        self._loose: set[bytes] = set()
        self._determined: set[str] = set()
        self._seeded: set[str] = set()
        self._unseeded: set[str] = set()
        self._unsettled: set[str] = set()
        self._generators: list[str] = []
        self._inside: list[str] = []
        self._torch_seed: int | None = None
        self.kept = Kept()
        self._armed: set[str] = set()
        self._randbits: Any = None
        self._wrapper = Wrapper(self._executed, self._around)
        self._interests = {
            "random": self._arm_python,
            "numpy.random": self._arm_numpy,
            "torch": self._arm_torch,
            "tensorflow": self._arm_tensorflow,
        }
        self._started = False

    def start(self) -> None:
        """Look out for seeding and for generators that are made without a seed."""
        if not self._started:
            self._started = True
            if not monitor.start():
                self._wrapper.start({"numpy", "torch", "tensorflow"})
            monitor.on_entry(FIND_AND_LOAD.__code__, self._importing)
            monitor.on_return(FIND_AND_LOAD.__code__, self._imported)
            self._arm()

    def stop(self) -> None:
        """Look no more; nothing stays replaced."""
        if self._started:
            self._started = False
            self._depth = 0
            self._armed.clear()
            self._restore_randbits()
            self._wrapper.stop()
            monitor.stop()

    # States

    def snapshot(self) -> dict[str, bytes]:
        """A digest of the state of each stream whose library is loaded, by the stream's name."""
        return self._digests(self.raw())

    def _digests(self, states: Mapping[str, object]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for stream, state in states.items():
            with contextlib.suppress(Exception):
                found[stream] = xxh3_128_digest(state_bytes(state))
        return found

    def _loosen(self, digests: Mapping[str, bytes]) -> None:
        """Remember states that no seed determined: who sets one of them again has not seeded."""
        if len(self._loose) > _MANY:
            self._loose.clear()
        self._loose.update(digest for stream, digest in digests.items() if stream not in self._determined)

    def raw(self) -> dict[str, object]:
        """The states themselves, for :meth:`restore`."""
        found: dict[str, object] = {}
        for stream, reader in READERS.items():
            try:
                state = reader()
            except Exception as error:
                self._failed(f"reading {stream}", error)
            else:
                if state is not None:
                    found[stream] = state
        return found

    def restore(self, states: dict[str, object]) -> None:
        """Put streams back into states that :meth:`raw` gave."""
        for stream, state in states.items():
            try:
                restore_state(stream, state)
            except Exception as error:
                self._failed(f"restoring {stream}", error)

    def hold(self) -> Callable[[], None]:
        """Remember where the streams stand.

        Returns:
            What puts them back there, as if nothing had been drawn or seeded meanwhile.
        """
        load_lazy()
        states, determined, seeded = self.raw(), set(self._determined), set(self._seeded)
        unsettled = set(self._unsettled)

        def put_back() -> None:
            self.restore(states)
            self._determined, self._seeded, self._unsettled = determined, seeded, unsettled

        return put_back

    def seed_all(self, seed: int) -> tuple[str, ...]:
        """Seed every stream whose library is loaded.

        Returns:
            The streams' names.
        """
        load_lazy()
        done: list[str] = []
        for stream, module, path, largest in SEEDERS:
            function: Any = sys.modules.get(module)
            for name in path.split("."):
                function = getattr(function, name, None)
            if function is None:
                continue
            try:
                function(seed % (largest + 1))
            except Exception as error:
                self._failed(f"seeding {stream}", error)
                continue
            done.append(stream)
        self._determined.update(done)
        self._seeded.update(done)
        return tuple(done)

    # Runs

    def begin(self) -> dict[str, bytes]:
        """A run begins. Runs may be nested: streams belong to the process, so the outermost counts.

        Returns:
            Where the streams stand, as :meth:`snapshot` gives it.
        """
        self._depth += 1
        if self._depth > 1:
            return self.snapshot()
        self._arm()
        states = self.raw()
        self._before = self._digests(states)
        self.kept.begin(states)
        self._blocks = {stream: block_of(stream, state) for stream, state in states.items()}
        self._loosen(self._before)
        self._torch_seed = torch_seed()
        self._seeded.clear()
        self._unseeded.clear()
        self._unsettled.clear()
        self._generators.clear()
        self._inside.clear()
        return dict(self._before)

    def end(self) -> RandomSeen:
        """A run is over; :attr:`after` then says where the streams stand."""
        self._depth = max(self._depth - 1, 0)
        states = self.raw()
        self.after = {}
        drew: set[str] = set()
        for stream, state in states.items():
            try:
                digest = self.after[stream] = xxh3_128_digest(state_bytes(state))
                before = self._before.get(stream)
                if before == digest:
                    continue
                block = self._blocks.get(stream)
                fresh = is_fresh(stream, state) and not (block and block == block_of(stream, state))
                if before is None:
                    # Its library was loaded meanwhile, with entropy of the system.
                    known = stream in self._seeded or is_determined(stream, state)
                    if not (is_new(stream, state) or (fresh and known)):
                        drew.add(stream)
                elif fresh:
                    self._note_seed(stream, state)
                else:
                    drew.add(stream)
            except Exception as error:
                self._failed(f"comparing {stream}", error)
        if "torch" in drew and self._torch_seed is not None and torch_seed() != self._torch_seed:
            self._note_seed("torch", None)
        drew |= self._unseeded
        unseeded = self._unseeded | {stream for stream in drew if stream not in self._determined}
        if self._depth == 0:
            self._arm()
            self._loosen(self.after)
        return RandomSeen(
            frozenset(drew),
            frozenset(self._seeded),
            frozenset(unseeded),
            frozenset(self._unsettled),
            tuple(dict.fromkeys(self._generators)),
            tuple(dict.fromkeys(self._inside)),
        )

    def _note_seed(self, stream: str, state: object) -> None:
        if state is None or is_determined(stream, state):
            self._seeded.add(stream)
            self._determined.add(stream)

    def _seeding(self, stream: str, determined: bool = True) -> None:
        """A seeding function is about to be called."""
        if self._depth:
            before = self._before.get(stream)
            if before is not None and stream not in self._determined:
                state = READERS[stream]()
                if state is not None and (digest := xxh3_128_digest(state_bytes(state))) != before:
                    self._loosen({stream: digest})
                    self._unseeded.add(stream)
        for streams in (self._determined, self._seeded):
            (streams.add if determined else streams.discard)(stream)
        (self._unsettled.discard if determined else self._unsettled.add)(stream)

    # Calls

    def _arm(self) -> None:
        for module, arm in self._interests.items():
            self._watch(module, arm)

    def _importing(self, frame: types.FrameType) -> None:
        if self._depth and by_user(frame):
            self._imports.begin()

    def _around(self) -> Callable[[object], None] | None:
        """What the wrapper asks when an import begins: what to call when it is over."""
        if not self._depth:
            return None
        self._imports.begin()
        return lambda module: self._imports.end(module, self._before)

    def _imported(self, module: object, frame: types.FrameType) -> None:
        """The import of a module has ended."""
        if by_user(frame):
            self._imports.end(module, self._before)
        if issubclass(type(module), types.ModuleType):
            name = types.ModuleType.__getattribute__(module, "__dict__").get("__name__")
            if type(name) is str:
                self._loaded(name)

    def _executed(self, name: str) -> None:
        executed.add(name)
        self._loaded(name)

    def _loaded(self, name: str) -> None:
        if name in self._interests:
            self._watch(name, self._interests[name])

    def _watch(self, module: str, arm: Any) -> None:
        if module in self._armed or module not in sys.modules or not self._started or is_loading(module):
            return
        self._armed.add(module)
        if self._depth:
            self.kept.loaded(self.raw())
        try:
            arm(sys.modules[module])
        except Exception as error:
            self._failed(f"watching {module}", error)

    def _arm_python(self, module: Any) -> None:
        if not monitor.active:
            self._wrapper.wrap(random.Random, "seed", ("self", "a"), False, self._python_seed)
            self._wrapper.wrap(random.Random, "setstate", ("self", "state"), False, self._python_setstate)
            # What the module has are methods of its generator, from before: they stay methods of it.
            for name in ("seed", "setstate"):
                self._wrapper.replace(module, name, getattr(vars(random)["_inst"], name))
            return
        monitor.on_entry(random.Random.seed.__code__, lambda frame: self._python_seed(frame.f_locals))
        monitor.on_entry(random.Random.setstate.__code__, lambda frame: self._python_setstate(frame.f_locals))
        monitor.on_entry(random.SystemRandom.getrandbits.__code__, self._entropy)
        monitor.on_return(random.SystemRandom.getrandbits.__code__, self.kept.given)

    def _arm_numpy(self, module: Any) -> None:
        setting = self._set("numpy", "state")
        for name, told in (
            ("seed", self._told("numpy")),
            ("set_state", setting),
            ("set_bit_generator", self._told("numpy")),
        ):
            if name not in vars(module):
                continue
            if monitor.active:
                monitor.on_call(vars(module)[name], functools.partial(_first, told))
            else:
                self._wrapper.wrap(module, name, ("state",), False, told)
        generators = sys.modules.get("numpy.random.bit_generator")
        if not monitor.active and generators is not None:
            # What asks the system for entropy is a name in that module; it is put back on stop.
            original = vars(generators)["randbits"]

            def randbits(k: int) -> int:
                with contextlib.suppress(Exception):
                    self._generator_made(sys._getframe(1))
                value: int = original(k)
                self.kept.given(value)
                return value

            self._randbits = (generators, original, randbits)
            generators.randbits = randbits  # type: ignore[attr-defined]

    def _restore_randbits(self) -> None:
        if self._randbits is not None:
            module, original, replaced = self._randbits
            if vars(module).get("randbits") is replaced:
                module.randbits = original
            self._randbits = None

    def _arm_torch(self, _: object) -> None:
        seeding = functools.partial(self._seeding, "torch")
        random_torch.arm(self._wrapper, seeding, self._set("torch", "new_state"))

    def _arm_tensorflow(self, _: object) -> None:
        seeding = functools.partial(self._seeding, "tensorflow")
        random_tensorflow.arm(self._wrapper, self._tensorflow_drew, seeding, self._tensorflow_generator)

    def _python_seed(self, values: Mapping[str, object]) -> None:
        owner = values.get("self")
        if owner is vars(random)["_inst"]:
            self._seeding("python", values.get("a") is not None)
        elif values.get("a") is None and type(owner) is random.Random and self._depth:
            maker: types.FrameType | None = sys._getframe(1)
            while maker is not None and maker.f_code.co_filename.startswith((_OWN, random.__file__)):
                maker = maker.f_back
            if maker is not None and not is_library(maker.f_code.co_filename):
                self._generators.append("random.Random")

    def _python_setstate(self, values: Mapping[str, object]) -> None:
        if values.get("self") is vars(random)["_inst"]:
            self._set("python", "state")(values)

    def _set(self, stream: str, name: str) -> Callable[[Mapping[str, object]], None]:
        """What is called when a state is set: one that no seed determined determines nothing."""

        def told(values: Mapping[str, object]) -> None:
            state = given_state(stream, values.get(name))
            digest = xxh3_128_digest(state_bytes(state)) if state is not None else b""
            self._seeding(stream, digest not in self._loose)

        return told

    def _told(self, stream: str) -> Callable[[Mapping[str, object]], None]:
        """What a wrapper around a seeding function calls: without an argument, entropy is what it takes."""
        return lambda values: self._seeding(stream, any(value is not None for value in values.values()))

    def _tensorflow_drew(self) -> None:
        if self._depth:
            self._unseeded.add("tensorflow")

    def _tensorflow_generator(self, frame: types.FrameType) -> None:
        wanted, module, function = caller(frame)
        if self._depth and wanted:
            if module == random_tensorflow.GENERATORS:
                # Who makes one from a "non-deterministic state" expects nothing else.
                if "non_deterministic" not in function:
                    self._generators.append(f"tensorflow.random.{function}")
            else:
                self._inside.append(_names.name(module, function))

    def _entropy(self, frame: types.FrameType) -> None:
        # numpy's SeedSequence calls it from C: the frame behind is the one that makes a generator. Asked for
        # by way of ``secrets`` or by itself, it is a number that somebody wants.
        if frame.f_locals.get("k") == _POOL_BITS and frame.f_back is not None:
            self._generator_made(frame.f_back)

    def _generator_made(self, frame: types.FrameType) -> None:
        filename = frame.f_code.co_filename
        if not self._depth or filename.endswith(("_pickle.py", "secrets.py")) or "mtrand" in filename:
            return
        name, argument = call_at(frame)
        if name.rpartition(".")[2] in ("randbits", "getrandbits", "jumped", "Philox"):
            # A bit generator that is ahead of another takes entropy first and that one's state then; Philox
            # may be given a key beside.
            return
        if name.endswith(("RandomState", "_legacy_seeding")) and argument is not None:
            # It takes entropy first and the seed it is given then.
            return
        wanted, module, function = caller(frame)
        if function:
            self._inside.append(_names.name(module, function))
        elif wanted:
            self._generators.append(f"numpy.random.{name.rpartition('.')[2]}" if name else "numpy.random")
            self.kept.asked = True

    def _failed(self, doing: str, error: Exception) -> None:
        text = f"{doing}: {type(error).__name__}: {error}"
        if text not in self.failures and len(self.failures) < 20:
            self.failures.append(text)


def _first(told: Callable[[Mapping[str, object]], None], first: object, frame: types.FrameType) -> None:
    told({"state": first})
