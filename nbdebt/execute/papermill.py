"""An engine for papermill that records: ``papermill --engine nbdebt in.ipynb out.ipynb``.

Found by papermill through the entry-point group ``papermill.engine``. Source: papermill's documentation,
"Extending papermill through custom engines".
"""

import os
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import remove_args

from nbdebt.execute.recording import record

_OURS = ["input_path", "timeout", "startup_timeout"]


class NbdebtEngine(NBClientEngine):
    """Runs notebooks as papermill's own engine does, in kernels that record.

    Where a kernel can't record, that is logged, and the notebook runs all the same.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run one notebook; the arguments are those of papermill's own engine."""
        client = PapermillNotebookClient(
            nb_man,
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
            **remove_args(_OURS, **kwargs),
        )
        told = nb_man.nb.metadata.get("papermill", {}).get("input_path") or kwargs.get("input_path") or ""
        path = os.path.abspath(told) if os.path.exists(told) else ""
        record(client, path)
        # No environment at all is none that a kernel can be started in.
        return client.execute(env={**os.environ, "JPY_SESSION_NAME": path} if path else {**os.environ})
