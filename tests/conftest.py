"""What all tests share."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A commit is judged by the same examples every time, so that a red build means a changed program.
# To look for new counterexamples: HYPOTHESIS_PROFILE=explore python -m pytest.
# Nothing is judged by the clock: machines are busy.
unhurried = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("repeatable", derandomize=True, **unhurried)
settings.register_profile("explore", derandomize=False, **unhurried)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# Programs beside the interpreter (dvc) are found as if its environment were activated.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])


@pytest.fixture(autouse=True, scope="module")
def nothing_watches_on() -> Iterator[None]:
    """Whoever watches this process stops watching: what stays would be found by whatever test comes next."""
    yield
    watching = vars(sys.modules.get("nbdebt.live.monitoring", sys)).get("monitor")
    assert watching is None or not watching.active, "a session, or a watch of files, was left open"
