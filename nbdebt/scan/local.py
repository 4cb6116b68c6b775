"""The engine for one machine: a few threads, each with a process that judges."""

import queue
import threading
from collections.abc import Callable, Iterator

from nbdebt.scan.desk import Desk
from nbdebt.scan.fetching import Fetcher
from nbdebt.scan.journal import Journal, Todo
from nbdebt.scan.judging import Terms
from nbdebt.scan.model import Judgement
from nbdebt.scan.worker import Limits, Watch

Done = Callable[[], None]
_SLACK = 2


def note(journal: Journal, todo: Todo, content: str | None, size: int, said: Judgement | None) -> None:
    """Write down an answer."""
    if content is None:
        assert said is not None
        journal.failed(todo, said)
    else:
        journal.done(todo, content, size, said)


def work(journal: Journal, terms: Terms, fetcher: Fetcher, limits: Limits, jobs: int, done: Done) -> None:
    """Judge all that is to be judged, on this machine.

    Args:
        journal: knows what that is, and is told of every answer at once.
        terms: what contents are judged by.
        fetcher: gets contents.
        limits: what one notebook may take.
        jobs: how many processes.
        done: called, from this thread, as notebooks are finished.

    Raises:
        NbdebtError: no process can be started, or the journal can't be written any more.
    """
    crew = _Crew(journal, terms, fetcher, limits, jobs)
    try:
        for _ in crew.work():
            done()
    finally:
        crew.end()


class _Crew:
    def __init__(self, journal: Journal, terms: Terms, fetcher: Fetcher, limits: Limits, jobs: int) -> None:
        self.journal = journal
        self.watch = Watch()
        self.todo: queue.Queue[Todo | None] = queue.Queue()
        self.answered: queue.Queue[BaseException | None] = queue.Queue()
        self.is_over = False
        self.threads = [
            threading.Thread(
                target=self._serve,
                args=(Desk(fetcher, terms, limits, self.watch),),
                name=f"nbdebt-scan-{number}",
                daemon=True,
            )
            for number in range(jobs)
        ]

    def work(self) -> Iterator[None]:
        """Hand out and collect; something for each notebook that is finished."""
        for thread in self.threads:
            thread.start()
        out = 0
        for todo in self.journal.todo():
            content = self.journal.by_identity(todo.item.identity)
            if content is not None:
                self.journal.done(todo, content, todo.item.size if todo.item.size >= 0 else 0, None)
                yield
                continue
            self.todo.put(todo)
            out += 1
            while out >= len(self.threads) * _SLACK:
                self._collect()
                out -= 1
                yield
        for _ in range(out):
            self._collect()
            yield

    def _collect(self) -> None:
        error = self.answered.get()
        if error is not None:
            raise error

    def _serve(self, desk: Desk) -> None:
        while True:
            todo = self.todo.get()
            if todo is None or self.is_over:
                return
            try:
                answer = desk.answer(todo.item, self.journal.is_known)
                # What was killed because the scan ends says nothing of the notebook.
                if not self.is_over:
                    note(self.journal, todo, *answer)
            except BaseException as error:
                self.answered.put(error)
                return
            self.answered.put(None)

    def end(self) -> None:
        """No thread and no process is left."""
        self.is_over = True
        for _ in self.threads:
            self.todo.put(None)
        self.watch.close()
        for thread in self.threads:
            if thread.ident is not None:
                # One that waits for a network is left alone: it writes nothing any more.
                thread.join(timeout=2.0)
