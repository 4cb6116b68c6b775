"""Reads and analyses files, in one process or several: each gets an answer, whatever becomes of a worker."""

import contextlib
import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nbdebt.analyse import analyse_bytes
from nbdebt.cache import digest, encode
from nbdebt.config import Settings
from nbdebt.discover import readable, stat_notebook
from nbdebt.failures import unreadable

_LARGEST = 2_000_000_000
_MOST_AT_ONCE = 16
# Objects that live on beyond what was freed, before the collector is asked: some ten megabytes.
_MUCH_GARBAGE = 100_000


class Job(NamedTuple):
    """One file to analyse: path, settings, codes to check, and the digest whose result is known already."""

    path: str
    settings: Settings
    codes: frozenset[str]
    known: bytes | None = None


class Answer(NamedTuple):
    """The digest of a file's content, and its encoded record: None where the digest is the known one."""

    digest: bytes
    record: bytes | None


def analyse_files(jobs: Sequence[Job], processes: int) -> Iterator[Answer]:
    """Analyse files; the answers come in the order of the jobs.

    A worker that dies (killed, out of memory) takes no more with it than the file it was at: a problem.

    Args:
        jobs: what to analyse.
        processes: how many processes to use; 1 is this one.
    """
    if processes <= 1 or len(jobs) <= 1:
        with seldom_collecting() as tidy:
            for job in jobs:
                answer = analyse_file(job)
                tidy()
                yield answer
        return
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    size = max(1, min(_MOST_AT_ONCE, len(jobs) // (processes * 4)))
    chunks = [jobs[i : i + size] for i in range(0, len(jobs), size)]
    with_workers = ProcessPoolExecutor(min(processes, len(chunks)), initializer=_die_of_interrupts)
    broken: list[Sequence[Job]] = []
    try:
        futures = [with_workers.submit(_analyse_chunk, chunk) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            if not broken:
                try:
                    yield from future.result()
                    continue
                except BrokenProcessPool:
                    pass
            broken.append(chunk)
    except BrokenProcessPool:
        broken = list(chunks)
    finally:
        with_workers.shutdown(cancel_futures=True)
    yield from _one_by_one([job for chunk in broken for job in chunk])


def _one_by_one(jobs: Sequence[Job]) -> Iterator[Answer]:
    """What a pool left when a worker died: each file alone, so that it is seen which one is to blame."""
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    pool = None
    try:
        for job in jobs:
            pool = pool or ProcessPoolExecutor(1, initializer=_die_of_interrupts)
            try:
                answer = pool.submit(analyse_file, job).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = None
                reason = "the process that analysed it was killed (out of memory?)"
                answer = Answer(b"", encode(unreadable(job.path, reason, "internal")))
            yield answer
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def analyse_file(job: Job) -> Answer:
    """Read and analyse one file. Whatever goes wrong is a problem in its record."""
    path = job.path
    try:
        if stat_notebook(path).st_size > _LARGEST:
            reason = "is larger than 2 GB: clear its outputs to have it checked"
            return Answer(b"", encode(unreadable(path, reason)))
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return Answer(b"", encode(unreadable(path, error.strerror or str(error))))
    identity = digest(data)
    if identity == job.known:
        return Answer(identity, None)
    record = analyse_bytes(data, readable(path), job.settings, job.codes)
    try:
        return Answer(identity, encode(record))
    except ValueError as error:
        return Answer(b"", encode(unreadable(path, f"its results can't be written: {error}", "internal")))


def _analyse_chunk(jobs: Sequence[Job]) -> list[Answer]:
    answers = []
    with seldom_collecting() as tidy:
        for job in jobs:
            answers.append(analyse_file(job))
            tidy()
    return answers


@contextlib.contextmanager
def seldom_collecting() -> Iterator[Callable[[], None]]:
    """Collect garbage only between notebooks, and only once there is much: gives what does it.

    Almost all that a notebook leaves is freed without; looking for the rest after each costs a tenth of all.
    """
    enabled = gc.isenabled()
    gc.disable()

    def tidy() -> None:
        # Counted while collection is off, too: objects made less objects freed.
        if enabled and gc.get_count()[0] > _MUCH_GARBAGE:
            gc.collect()

    try:
        yield tidy
    finally:
        if enabled:
            gc.enable()


def _die_of_interrupts() -> None:
    """Ctrl-C reaches the whole group: workers end at once, silently; the parent says what is to be said."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
