"""Draws from random streams, and what seeds them."""

import ast

from nbdebt.flow.effects import UNKNOWN, Effect, holds
from nbdebt.flow.stores import StoreReader
from nbdebt.flow.values import Value
from nbdebt.model.history import RandomStream

Bound = dict[str, tuple[Value, ast.expr]]
"""Arguments of a call by parameter name: what is known of each, and where it stands."""


class RandomnessReader(StoreReader):
    """Draws and seeds."""

    def seed_stream(self, stream: str, node: ast.expr, via: str, detail: tuple[str, ...] = ()) -> None:
        """Add the seeding of a stream."""
        self.emit(RandomStream(stream), "seed", node, via, detail)

    def randomness(
        self, effect: Effect, qualified: str, owner: Value | None, node: ast.Call, bound: Bound, spread: bool
    ) -> None:
        if effect.seeds:
            given = bound.get(effect.seed) if effect.seed else None
            absent = (
                effect.seed and not spread and (given is None or (given[0].known and given[0].const is None))
            )
            detail = (f"seed={given[0].const}",) if given is not None and given[0].known else ()
            for stream in effect.seeds:
                if stream == "self" and owner is not None:
                    self.mutate(owner, "", node)
                if absent:
                    self.draw("os", node, qualified, ("unseeding", f"stream={stream}"))
                    if stream != "self":
                        self.emit(RandomStream(stream), "mutate", node, qualified, ())
                elif stream != "self":
                    self.seed_stream(stream, node, qualified, detail)
        if (
            effect.generator
            and not any(name in bound for name in effect.unless)
            and (holds(effect.draws_if, given_constants(bound)) is True)
        ):
            given = bound.get(effect.generator)
            if not spread and (given is None or (given[0].known and given[0].const is None)):
                self.draw("os", node, qualified, ("unseeded-generator", f"argument={effect.generator}"))
        if effect.pending and not effect.late:
            for stream, constructor, place in self.pending_of(effect, bound):
                self.draw(stream, node, constructor, ("argument=random_state", f"made={place}"))
        if not effect.draws:
            return
        if holds(effect.draws_if, given_constants(bound)) is not True:
            return
        for name in effect.unless:
            given = bound.get(name)
            if given is None:
                continue
            value = given[0]
            if value.known and value.const is None:
                continue
            if not value.known:
                self.mutate(value, "", node)
            return
        if spread and effect.unless:
            return
        detail = (f"argument={effect.unless[0]}",) if effect.unless else ()
        for stream in effect.draws:
            if stream == "self":
                if owner is not None:
                    self.mutate(owner, "", node)
            elif stream == "pending":
                for pending, constructor, place in owner.pending if owner is not None else ():
                    self.draw(pending, node, constructor, ("argument=random_state", f"made={place}"))
            elif effect.late:
                continue
            else:
                self.draw(stream, node, qualified, detail)

    def pending_of(self, effect: Effect, bound: Bound) -> tuple[tuple[str, str, str], ...]:
        """The draws that objects among the arguments still have before them."""
        found: tuple[tuple[str, str, str], ...] = ()
        for name, (value, _) in bound.items():
            if name not in effect.pending and "*" not in effect.pending:
                continue
            found += value.pending
            for element in value.elements or ():
                found += element.pending
                for inner in element.elements or ():
                    found += inner.pending
        return found


def given_constants(bound: Bound) -> dict[str, object]:
    """The arguments of a call for :func:`holds`."""
    return {name: value.const if value.known else UNKNOWN for name, (value, _) in bound.items()}
