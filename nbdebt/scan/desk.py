"""What one thread does with one notebook after the other: get the content, ask whether it is known, judge it.

The same on this machine and on the workers of a cluster, so both give the same results.
"""

from collections.abc import Callable

from nbdebt.model.errors import NbdebtError
from nbdebt.scan.fetching import Fetcher, is_script
from nbdebt.scan.judging import Terms, content_of
from nbdebt.scan.model import Item, Judgement
from nbdebt.scan.worker import Limits, Watch, Worker

Answer = tuple[str | None, int, Judgement | None]
"""Content, size, what is said of it; no content where it could not be got, nothing said where it is known."""


class Desk:
    """A thread's place of work, with a process that judges.

    Args:
        fetcher: gets contents.
        terms: what they are judged by.
        limits: what one may take.
        watch: kills what takes too long.
    """

    def __init__(self, fetcher: Fetcher, terms: Terms, limits: Limits, watch: Watch) -> None:
        self.fetcher = fetcher
        self.worker = Worker(terms, limits)
        watch.workers.append(self.worker)

    def answer(self, item: Item, is_known: Callable[[str], bool], data: bytes | None = None) -> Answer:
        """What is to be noted of a notebook.

        Args:
            item: which one.
            is_known: says whether a content was judged before.
            data: the content, where it was got already.

        Raises:
            NbdebtError: no process can be started.
        """
        got: bytes | Judgement = self.fetcher.fetch(item) if data is None else data
        if isinstance(got, Judgement):
            return None, 0, got
        script = is_script(item)
        content = content_of(got, script)
        if is_known(content):
            return content, len(got), None
        try:
            said = self.worker.judge(got, script)
        except (NbdebtError, MemoryError):
            raise
        except Exception as error:
            said = Judgement("failed", f"nbdebt failed on this notebook: {type(error).__name__}: {error}")
        return content, len(got), said
