# SPDX-License-Identifier: BSD-2-Clause
"""The fixtures of tests/integration, and a tracer.

Run these tests in a pytest session of their own: two sets of fixtures cannot share a machine.
"""

import importlib.util
import sys
import tempfile
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(INTEGRATION / "kit"))
_spec = importlib.util.spec_from_file_location("integration_fixtures", INTEGRATION / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
globals().update({name: value for name, value in vars(_fixtures).items()
                  if not name.startswith("_")})

from traced import Caller  # noqa: E402
from tally import Tally  # noqa: E402


@pytest.fixture(scope="session")
def caller():
    with tempfile.TemporaryDirectory(prefix="torture-") as directory:
        yield Caller(directory)


def pytest_configure(config):
    config.tally = Tally()


@pytest.fixture(scope="session")
def tally(pytestconfig):
    """Counts the outcomes of the runs, for the summary."""
    return pytestconfig.tally


def pytest_terminal_summary(terminalreporter, config):
    for line in config.tally.lines():
        terminalreporter.write_line(line)
