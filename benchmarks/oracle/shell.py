"""An IPython shell that keeps a cell's outputs as nbformat says them, as ipykernel does."""

import random
import re
import sys
from typing import Any

import numpy as np
import pandas  # type: ignore[import-untyped, unused-ignore]
import sklearn.ensemble  # type: ignore[import-untyped, unused-ignore]
import sklearn.linear_model  # type: ignore[import-untyped, unused-ignore]
import sklearn.metrics  # type: ignore[import-untyped, unused-ignore]
import sklearn.model_selection  # type: ignore[import-untyped, unused-ignore]
import sklearn.pipeline  # type: ignore[import-untyped, unused-ignore]
import sklearn.preprocessing  # type: ignore[import-untyped, unused-ignore]
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from benchmarks.oracle.digest import Digester
from benchmarks.oracle.kernel import Value

PRELOADED = pandas, sklearn
"""Loaded before the fork, so that no session pays for them."""


class _Stream:
    encoding = "utf-8"

    def __init__(self, name: str, outputs: list[dict[str, Any]]) -> None:
        self.name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last["name"] == self.name:
            last["text"] += text
        elif text:
            self._outputs.append({"name": self.name, "output_type": "stream", "text": text})
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


class _Results(DisplayHook):
    shell: Any

    def write_output_prompt(self) -> None: ...

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        output = {"output_type": "execute_result", "data": dict(format_dict), "metadata": md_dict or {}}
        self.shell.cell_outputs.append(output | {"execution_count": self.prompt_count})


class _Displays(DisplayPublisher):
    shell: Any

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        output = {"output_type": "display_data", "data": dict(data), "metadata": metadata or {}}
        self.shell.cell_outputs.append(output)


class NotebookShell(InteractiveShell):
    """A shell for one session. ``prepared()`` before the fork, ``start()`` after it."""

    cell_outputs: list[dict[str, Any]]

    @classmethod
    def prepared(cls) -> "NotebookShell":
        """Return the process's shell, without history on disk or colours."""
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        shell: NotebookShell = cls.instance(
            config=config, displayhook_class=_Results, display_pub_class=_Displays
        )
        shell.cell_outputs = []
        try:
            raise RuntimeError
        except RuntimeError:
            # The first traceback loads much; no session shall pay for that.
            shell.InteractiveTB.structured_traceback(*sys.exc_info())  # type: ignore[no-untyped-call, unused-ignore]
        return shell

    def start(self, entropy: int) -> None:
        """Begin a session: the streams start where ``entropy`` says instead of where the system would have
        it."""
        random.seed(entropy)
        np.random.seed(entropy % 2**32)
        system = random.Random(entropy + 1)
        # Generators made without a seed ask this function for one.
        np.random.bit_generator.randbits = system.getrandbits  # type: ignore[attr-defined]

    def run(self, source: str, cell_id: str | None = None) -> tuple[int, list[dict[str, Any]]]:
        """Run a cell; return its execution count and outputs."""
        outputs: list[dict[str, Any]] = []
        self.cell_outputs = outputs
        count = self.execution_count
        saved = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", outputs), _Stream("stderr", outputs)
        try:
            self.run_cell(source, store_history=True, cell_id=cell_id)  # type: ignore[no-untyped-call]
        finally:
            sys.stdout, sys.stderr = saved
        return count, outputs

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        error = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue)}
        self.cell_outputs.append(error | {"traceback": list(stb)})

    def values(self) -> dict[str, Value]:
        """Return what the user's names hold."""
        digester = Digester()
        found = {}
        for name, value in sorted(self.user_ns.items()):
            if not name.startswith("_") and name not in self.user_ns_hidden:
                found[name] = Value(digester.digest(value), brief(value))
        return found


def brief(value: object) -> str:
    """What a value looks like, in one short line without addresses."""
    try:
        return re.sub(r"0x[0-9a-fA-F]+", "0x", " ".join(repr(value).split()))[:160]
    except Exception:
        return type(value).__name__
