"""The engine for a cluster: Dask hands notebooks to workers, each of which works at a :class:`Desk`.

What judges is the same process as on one machine, with the same limits, so results are the same, and a
notebook that kills it costs no worker of the cluster. A worker of the cluster that dies is Dask's to replace:
what it was at is done by another one.
"""

import atexit
import importlib
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from nbdebt import __version__
from nbdebt.model.errors import NbdebtError
from nbdebt.scan.desk import Desk
from nbdebt.scan.fetching import Fetcher
from nbdebt.scan.journal import Journal, Todo
from nbdebt.scan.judging import Terms
from nbdebt.scan.local import note
from nbdebt.scan.model import Item, Judgement
from nbdebt.scan.worker import Limits, Watch

_AT_ONCE = 16
_PER_THREAD = 3
_SECONDS_TO_CONNECT = 30
_TRIES = 5
_desks = threading.local()
_guard = threading.Lock()
_watch: Watch | None = None


class Order(msgspec.Struct, frozen=True):
    """What a worker of the cluster is told.

    Args:
        version: nbdebt's, which must be the worker's.
        terms: what contents are judged by.
        limits: what one may take.
        secrets: addresses as they were named.
        items: the notebooks, and the contents of those that only the client can get.
    """

    version: str
    terms: Terms
    limits: Limits
    secrets: dict[str, str]
    items: list[tuple[Item, bytes | None]]


class Reply(msgspec.Struct, frozen=True):
    """Content, size, what is said of it; nothing said where an earlier one of the order has it."""

    content: str | None
    size: int
    said: Judgement | None


def work(
    journal: Journal,
    terms: Terms,
    fetcher: Fetcher,
    limits: Limits,
    scheduler: str | None,
    done: Callable[[], None],
) -> None:
    """Judge all that is to be judged, on a cluster.

    Args:
        journal: knows what that is, and is told of every answer.
        terms: what contents are judged by.
        fetcher: gets contents that only this process can get.
        limits: what one notebook may take.
        scheduler: address of the cluster's scheduler; None starts workers on this machine.
        done: called as notebooks are finished.

    Raises:
        NbdebtError: Dask is not installed, or there is no cluster, or it gave up.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise NbdebtError("--engine dask needs Dask: pip install 'nbdebt[dask]'") from None
    try:
        client = distributed.Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NbdebtError(
            f"{scheduler}: no scheduler answers there: {error or type(error).__name__}"
        ) from None
    try:
        try:
            client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
        except TimeoutError:
            where = scheduler or "the cluster"
            raise NbdebtError(f"{where}: has no workers: start some with `dask worker {where}`") from None
        _collect(client, _orders(journal, terms, fetcher, limits, done), journal, done, distributed)
    finally:
        client.close()


def _orders(
    journal: Journal, terms: Terms, fetcher: Fetcher, limits: Limits, done: Callable[[], None]
) -> Iterator[tuple[list[Todo], bytes]]:
    def unknown() -> Iterator[tuple[Todo, bytes | None]]:
        for todo in journal.todo():
            content = journal.by_identity(todo.item.identity)
            if content is not None:
                journal.done(todo, content, max(todo.item.size, 0), None)
                done()
            elif todo.item.where.startswith("memory://"):
                got = fetcher.fetch(todo.item)
                if isinstance(got, Judgement):
                    journal.failed(todo, got)
                    done()
                else:
                    yield todo, got
            else:
                yield todo, None

    waiting = unknown()
    while batch := list(islice(waiting, _AT_ONCE)):
        items = [(todo.item, data) for todo, data in batch]
        order = Order(__version__, terms, limits, fetcher.secrets, items)
        yield [todo for todo, _ in batch], msgspec.msgpack.encode(order)


def _collect(
    client: Any,
    orders: Iterator[tuple[list[Todo], bytes]],
    journal: Journal,
    done: Callable[[], None],
    distributed: Any,
) -> None:
    """Keep so many orders out that no worker waits, and no more."""
    out: dict[Any, list[Todo]] = {}
    waiting = distributed.as_completed([], loop=client.loop)

    def send() -> bool:
        following = next(orders, None)
        if following is None:
            return False
        todos, order = following
        future = client.submit(answer_order, order, pure=False, retries=_TRIES)
        out[future] = todos
        waiting.add(future)
        return True

    threads = max(1, sum(client.nthreads().values()))
    while len(out) < threads * _PER_THREAD and send():
        pass
    while out:
        future = next(waiting)
        todos = out.pop(future)
        try:
            replies = msgspec.msgpack.decode(future.result(), type=list[Reply])
        except distributed.KilledWorker:
            raise NbdebtError(
                "workers of the cluster died again and again over the same notebooks: see their logs. "
                "What was done is kept: the same command goes on"
            ) from None
        except Exception as error:
            raise NbdebtError(f"a worker of the cluster failed: {error or type(error).__name__}") from None
        future.release()
        for todo, reply in zip(todos, replies, strict=True):
            note(journal, todo, reply.content, reply.size, reply.said)
            done()
        send()


def answer_order(order: bytes) -> bytes:
    """Do what a client orders: runs on workers of the cluster."""
    told = msgspec.msgpack.decode(order, type=Order)
    if told.version != __version__:
        raise NbdebtError(f"it has nbdebt {__version__}, the client {told.version}: install the same")
    desk = _desk(told)
    known: set[str] = set()
    replies = []
    for item, data in told.items:
        content, size, said = desk.answer(item, known.__contains__, data)
        if content is not None:
            known.add(content)
        replies.append(Reply(content, size, said))
    return msgspec.msgpack.encode(replies)


def _desk(told: Order) -> Desk:
    """This thread's desk: one for each kind of order, and so as a rule one."""
    global _watch
    with _guard:
        if _watch is None:
            _watch = Watch()
            atexit.register(_watch.close)
    key = msgspec.msgpack.encode((sorted(told.terms.codes), told.terms.settings, told.limits, told.secrets))
    if getattr(_desks, "key", None) != key:
        fetcher = Fetcher(told.secrets, told.limits.megabytes)
        _desks.desk, _desks.key = Desk(fetcher, told.terms, told.limits, _watch), key
    desk: Desk = _desks.desk
    return desk
