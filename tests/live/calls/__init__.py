"""Calls that touch files, and what of that is seen: a table that anyone can extend.

``reads``, ``writes`` and ``deletes`` are what nbdebt says, ``unseen`` what the kernel sees beside: such rows
are listed in ``docs/limits.md``.
"""

from tests.live.calls.call import Call
from tests.live.calls.frames import ARROW_CALLS, NUMPY, PANDAS, POLARS_CALLS
from tests.live.calls.more import MORE
from tests.live.calls.others import OTHERS, UNSEEN
from tests.live.calls.standard import STANDARD

CALLS = [*STANDARD, *NUMPY, *PANDAS, *POLARS_CALLS, *ARROW_CALLS, *OTHERS, *MORE, *UNSEEN]

__all__ = ["CALLS", "Call"]
