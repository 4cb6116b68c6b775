"""The walk over one value: what a digest is made of, in which order, and when to stop.

Each kind of value has a *reader* that says either what its digest is, or which *node* it is: a kind, and
children that are looked at in their turn. The walk keeps its own stack, so that depth costs no recursion;
gives every object one digest, so that shared objects cost nothing; writes a reference upwards where an
object holds itself; and counts what it does against the budget.
"""

from collections.abc import Callable, Sequence
from marshal import dumps
from time import thread_time
from typing import Any

from xxhash import xxh3_128, xxh3_128_digest

from nbdebt.live.fingerprints.model import Budget, Exactness, Fingerprint
from nbdebt.live.fingerprints.nodes import (
    BLOCKS,
    BYTE_COST,
    CHILD_COST,
    FEWEST,
    LARGE,
    NODE_COST,
    PLAIN,
    SIZED,
    Digest,
    Node,
    TooLateError,
    TooMuchError,
    spread,
    spread_blocks,
    words,
)
from nbdebt.live.fingerprints.peek import Layout, address, has_odd_metaclass, layout, token, type_name

Reader = Callable[["Walk", Any], "bytes | Node"]
Find = Callable[[type], Reader]


class _Frame:
    __slots__ = ("chunks", "depth", "key", "left", "low", "node", "position", "share", "size")

    def __init__(self, node: Node, key: int, depth: int, left: float, share: float) -> None:
        self.node = node
        self.key = key
        self.depth = depth
        # How far up the frames it refers to; a frame that refers to itself would outlive the walk.
        self.low = depth
        self.position = 0
        self.size = len(node.children)
        self.left = left
        self.share = share
        self.chunks: list[bytes] = []


def _least_cost(children: Sequence[Any]) -> float:
    """What the children will cost at least, by a look at some: what can't be finished is not begun."""
    count = len(children)
    if count >= 1000:
        some = [children[i] for i in range(0, count, count // 16)]
        if len({token(x) for x in some}) == len(some) and not {token(type(x)) for x in some} & PLAIN:
            return count * NODE_COST * 0.5
    return count * CHILD_COST


class Walk:
    """One walk over one value.

    Args:
        find: gives the reader for a type.
        budget: what it may cost.
        fair: what is beyond the budget is sampled, with a fair share for each child; else it raises
            ``TooMuchError``.
    """

    def __init__(self, find: Find, budget: Budget, fair: bool) -> None:
        self.budget = budget
        self.fair = fair
        self.left = budget.seconds * 1e9
        self.bytes_left: float = budget.bytes
        self.exactness: Exactness = "exact"
        self.why = ""
        self.size = 0
        self.reach: set[int] | None = set()
        self._find = find
        self._readers: dict[int, Reader] = {}
        self._layouts: dict[int, Layout] = {}
        self._done: dict[int, bytes] = {}
        self._loose: dict[int, tuple[bytes, _Frame]] = {}
        self._active: dict[int, _Frame] = {}
        self._stack: list[_Frame] = []
        self._kept: list[object] = []
        self._lenient = 0
        self._visited = 0
        # What this thread worked, not what the clock on the wall says: a busy machine reads no less.
        self._deadline = thread_time() + budget.patience
        self._odd: bool | None = None

    # For the readers

    @property
    def at_root(self) -> bool:
        """Whether it is the value itself that is being read, nothing inside of it."""
        return not self._stack

    @property
    def odd_classes(self) -> bool:
        """Whether classes may not be hashed or compared, lest a metaclass's code runs."""
        if self._odd is None:
            self._odd = has_odd_metaclass()
        return self._odd

    def affords(self, cost: float, size: int = 0) -> bool:
        """Spend this many nanoseconds and bytes, if they are there.

        Raises:
            TooMuchError: they aren't, and nothing may be left out.
        """
        if cost <= self.left and size <= self.bytes_left:
            self.left -= cost
            self.bytes_left -= size
            self.size += size
            return True
        if not self.fair:
            raise TooMuchError
        return False

    def touch(self, value: object) -> None:
        """The value holds this mutable object."""
        self.touch_address(address(value))

    def touch_address(self, number: int) -> None:
        """The value shares the memory at this address."""
        if self.reach is not None:
            self.reach.add(number)
            if len(self.reach) > self.budget.reach:
                self.reach = None

    def touch_all(self, values: Sequence[object]) -> None:
        """The value holds these mutable objects."""
        if self.reach is not None:
            if len(values) > self.budget.reach:
                self.reach = None
            else:
                for value in values:
                    self.touch(value)

    def sampled(self, why: str) -> None:
        """Only part of it is read."""
        if self.exactness == "exact":
            self.exactness = "sampled"
            self.why = why

    def opaque(self, value: object, why: str, counts: bool = True) -> bytes:
        """Nothing of it can be read.

        Args:
            value: the object.
            why: what it is.
            counts: what holds it isn't known exactly then.

        Returns: the digest of its type.
        """
        if not self._stack:
            self.exactness = "identity"
            self.why = why
        elif counts and not self._lenient:
            self.sampled(f"it holds {why}")
        return xxh3_128_digest(b"opaque:" + type_name(type(value)).encode("utf-8", "replace"))

    def layout(self, cls: type) -> Layout:
        """How instances of a class are laid out."""
        key = token(cls)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = layout(cls)
        return found

    def keep(self, value: object) -> None:
        """Keep what was made for the walk until it ends: addresses must not be used twice."""
        self._kept.append(value)

    def memory(self, kind: bytes, data: Any, size: int, block: int = 65_536) -> bytes:
        """The digest of a stretch of memory.

        Args:
            kind: what it is.
            data: anything with the buffer protocol, one-dimensional, of bytes.
            size: how many bytes.
            block: how many to read at a place, where it is too much to read all.
        """
        hasher = xxh3_128(b"%d:%b%d:" % (len(kind), kind, size))
        if self.affords(size * BYTE_COST, size):
            hasher.update(data)
            return hasher.digest()
        most = max(FEWEST * 64, int(min(self.left / BYTE_COST / 2, self.bytes_left / 2)))
        block = max(64, min(block, most // BLOCKS))
        view = memoryview(data)
        for i in spread_blocks(size, block):
            hasher.update(view[i : i + block])
        view.release()
        self.left -= BLOCKS * block * BYTE_COST
        self.size += BLOCKS * block
        self.sampled(f"{words(size)}: {BLOCKS} blocks were read")
        return hasher.digest()

    # The walk

    def fingerprint(self, value: object) -> Fingerprint:
        """The fingerprint of a value.

        Raises:
            TooMuchError: there is more of it than the budget allows, and nothing may be left out.
            TooLateError: it took longer than anyone can wait.
        """
        out = self._enter(value, self.left)
        if out is not None:
            return self._as_found(out)
        root = self._stack[0]
        names = root.node.names
        if names is None or len(names) - names.count(None) > self.budget.parts:
            return self._as_found(self._run(0))
        return self._in_parts(root, names)

    def _as_found(self, digest: bytes) -> Fingerprint:
        return Fingerprint(digest, self.exactness, None, b"", self.size, self._reached(), self.why)

    def _reached(self) -> frozenset[int] | None:
        return None if self.reach is None else frozenset(self.reach)

    def _in_parts(self, root: _Frame, names: Sequence[str | None]) -> Fingerprint:
        node = root.node
        parts: dict[str, bytes] = {}
        rest: list[bytes] = []
        for child, name in zip(node.children, names, strict=True):
            chunk = self._chunk(root, child)
            if name is None:
                rest.append(chunk)
            elif name in parts:
                parts[name] = xxh3_128_digest(parts[name] + chunk)
            else:
                parts[name] = xxh3_128_digest(chunk)
                self._loose.clear()
        frame = xxh3_128_digest(node.kind + b"\0" + b"".join(rest))
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        digest = xxh3_128_digest(b"".join([frame, text, *parts.values()]))
        reach = self._reached()
        return Fingerprint(digest, self.exactness, parts, frame, self.size, reach, self.why, node.ordered)

    def _chunk(self, frame: _Frame, child: Any) -> bytes:
        """The bytes that stand for a child of the frame that is on top."""
        key = token(type(child))
        share = self._share(frame)
        frame.position += 1
        if key in PLAIN and (key not in SIZED or len(child) <= LARGE):
            return dumps(child, 2)
        found = self._enter(child, share)
        if found is None:
            found = self._run(len(self._stack) - 1)
        return b"\xff" + found

    def _share(self, frame: _Frame) -> float:
        """What the next child of the frame may cost."""
        if not self.fair:
            return self.left
        return frame.left / max(1, frame.size - frame.position)

    def _enter(self, value: Any, share: float) -> bytes | None:
        """The digest of a value, or None: its frame is now on top of the stack."""
        key = token(value)
        known = self._done.get(key)
        if known is not None:
            return known
        stack = self._stack
        if stack:
            loose = self._loose.get(key)
            active = self._active.get(key)
            if active is None and loose is not None:
                known, active = loose
                if self._active.get(active.key) is active:
                    self._lower(active.depth)
                return known
            if active is not None:
                self._lower(active.depth)
                return xxh3_128_digest(b"up:%d" % (len(stack) - active.depth))
        if not self.fair:
            self.left -= NODE_COST
            self._visited += 1
            if self.left < 0 or self._visited > self.budget.elements:
                raise TooMuchError
        else:
            self._visited += 1
            if share < NODE_COST or self._visited > self.budget.elements:
                self.sampled("there is more of it than could be read")
                return xxh3_128_digest(b"unread:" + type_name(type(value)).encode("utf-8", "replace"))
            self.left = share - NODE_COST
        if not self._visited & 255 and thread_time() > self._deadline:
            raise TooLateError if self.fair else TooMuchError
        if type(value) is Node:
            out: bytes | Node = value
        elif type(value) is Digest:
            out = value.value
        else:
            kind = token(type(value))
            reader = self._readers.get(kind)
            if reader is None:
                reader = self._readers[kind] = self._find(type(value))
            try:
                out = reader(self, value)
            except (TooMuchError, TooLateError):
                raise
            except Exception as problem:
                name, failure = type_name(type(value)), type_name(type(problem))
                out = self.opaque(value, f"a {name} that could not be read ({failure})")
        if type(out) is Node and stack and not out.children:
            out = xxh3_128_digest(b"%d:%b" % (len(out.kind), out.kind))
        if type(out) is bytes:
            self._done[key] = out
            if self.fair and stack:
                stack[-1].left -= share - self.left
            return out
        assert type(out) is Node
        self._push(out, key, share)
        return None

    def _push(self, node: Node, key: int, share: float) -> None:
        if not self.fair:
            if _least_cost(node.children) > self.left:
                raise TooMuchError
        else:
            most = max(FEWEST if self._stack else self.budget.parts, int(self.left / NODE_COST))
            if len(node.children) > most:
                node = self._thinned(node, most)
        self._kept.append(node)
        frame = _Frame(node, key, len(self._stack), self.left, share)
        self._active[key] = frame
        self._stack.append(frame)
        if node.lenient:
            self._lenient += 1

    def _thinned(self, node: Node, most: int) -> Node:
        """The node with some of its children, always the same ones."""
        total = len(node.children)
        self.sampled(f"{most:,} of {total:,} elements were read")
        picked = spread(total, most)
        names = node.names
        return Node(
            node.kind + b"#%d" % total,
            [node.children[i] for i in picked],
            None if names is None or not self._stack else [names[i] for i in picked],
            node.unordered,
            node.ordered,
            node.lenient,
        )

    def _lower(self, depth: int) -> None:
        top = self._stack[-1]
        top.low = min(top.low, depth)

    def _run(self, base: int) -> bytes:
        """Work until the frame at this height of the stack is done."""
        stack = self._stack
        fair = self.fair
        while True:
            frame = stack[-1]
            children, chunks = frame.node.children, frame.chunks
            position, size = frame.position, frame.size
            before = position
            while position < size:
                child = children[position]
                position += 1
                key = token(type(child))
                if key in PLAIN and (key not in SIZED or len(child) <= LARGE):
                    chunks.append(dumps(child, 2))
                    continue
                if fair:
                    share = frame.left / (size - position + 1)
                else:
                    self.left -= CHILD_COST * (position - before)
                    before = position
                    share = 0.0
                frame.position = position
                found = self._enter(child, share)
                if found is None:
                    break
                chunks.append(b"\xff" + found)
            else:
                if not fair:
                    self.left -= CHILD_COST * (position - before)
                stack.pop()
                digest = self._finish(frame)
                if len(stack) == base:
                    return digest
                stack[-1].chunks.append(b"\xff" + digest)

    def _finish(self, frame: _Frame) -> bytes:
        node, key = frame.node, frame.key
        chunks = frame.chunks
        if node.unordered:
            chunks.sort()
        digest = xxh3_128_digest(b"%d:%b" % (len(node.kind), node.kind) + b"".join(chunks))
        del self._active[key]
        if node.lenient:
            self._lenient -= 1
        low = frame.low
        if low == frame.depth:
            self._done[key] = digest
        else:
            self._loose[key] = digest, self._stack[low]
            self._lower(low)
        if self.fair and self._stack:
            self._stack[-1].left -= frame.share - frame.left
        return digest
