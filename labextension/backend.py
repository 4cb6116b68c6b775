"""Builds nbdebt (PEP 517): hatchling's own way, but that an editable installation leaves the panel out.

What a build needs is asked of ``hatch_build.py``, which can't know which build it is asked for. Who installs
editably works on Python, or builds the panel with ``make labextension``.
"""

import os
from typing import Any

# As hatchling gives them: which hooks there are depends on who builds.
from hatchling.build import *  # noqa: F403
from hatchling.build import get_requires_for_build_editable as _required


def get_requires_for_build_editable(  # type: ignore[no-redef, unused-ignore]
    config_settings: dict[str, Any] | None = None,
) -> list[str]:
    """What an editable installation needs: nothing for the panel."""
    before = os.environ.get("SKIP_JUPYTER_BUILDER")
    os.environ["SKIP_JUPYTER_BUILDER"] = "1"
    try:
        return _required(config_settings)
    finally:
        if before is None:
            del os.environ["SKIP_JUPYTER_BUILDER"]
        else:
            os.environ["SKIP_JUPYTER_BUILDER"] = before
