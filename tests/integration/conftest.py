# SPDX-License-Identifier: BSD-2-Clause
"""The machine under test, and a provider that fails on demand; see tests/namespace."""

import os
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "kit"))

from certificates import Authority  # noqa: E402
from host import Host  # noqa: E402
from installation import Installation  # noqa: E402
from open_sessions import forget_all, started  # noqa: E402
from pam_host import PamHost, build_pam_host  # noqa: E402
from real_provider import real_provider  # noqa: E402
from resident import Resident  # noqa: E402
from scripted_provider import ScriptedProvider  # noqa: E402
from service_manager import systemd  # noqa: E402, F401


# A shell that starts the tests in the background may have had these signals ignored, and every
# program started here would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def host():
    """The machine, the same for all tests."""
    try:
        machine = Host()
    except RuntimeError as outside:
        pytest.exit(str(outside), returncode=1)
    yield machine
    machine.close()


@pytest.fixture(autouse=True)
def restored_files(host):
    """Restores the files that a test has written; those of wider fixtures stay."""
    mark = host.files.mark()
    yield
    host.files.restore(mark)


@pytest.fixture(autouse=True)
def sanitizers():
    """Fails if a program of `make check-sanitized` has left a report of its sanitizers."""
    yield
    reports = {path: path.read_text() for path in Path("/tmp").glob("sanitizer-report.*")}
    for path in reports:
        path.unlink()
    assert not reports, "\n".join(reports.values())


@pytest.fixture(scope="session")
def authority():
    with tempfile.TemporaryDirectory(prefix="authority-") as directory:
        os.chmod(directory, 0o755)  # the helper's user reads the authority's certificate
        yield Authority(directory)


@pytest.fixture(scope="session")
def certificate(authority):
    """A valid certificate for localhost and 127.0.0.1."""
    return authority.issue()


@pytest.fixture
def provider(certificate, authority):
    """A scripted provider that runs."""
    with ScriptedProvider(certificate, authority.file) as running:
        yield running


@pytest.fixture(scope="module")
def glewlwyd():
    """A real provider with some people."""
    with tempfile.TemporaryDirectory(prefix="glewlwyd-") as directory:
        os.chmod(directory, 0o755)
        with real_provider(os.path.join(directory, "provider")) as running:
            for name in ("alice", "bob", "mallory"):
                running.add_user(name)
            yield running


@pytest.fixture
def held(provider):
    """Holds the next renewal: the provider carries it out at once and answers when this is set."""
    release = threading.Event()
    provider.queue("/token", lambda request: replace(provider.correct(request), hold=release))
    yield release
    release.set()


@pytest.fixture(scope="session")
def installation(host):
    return Installation(host)


@pytest.fixture
def oauth_login(installation):
    """An installation with an empty store."""
    installation.forget_everybody()
    return installation


@pytest.fixture(scope="session")
def sshd(host):
    with host.sshd() as running:
        yield running


@pytest.fixture(scope="session")
def alice(host):
    return host.add_user("alice")


@pytest.fixture(scope="session")
def bob(host):
    return host.add_user("bob")


@pytest.fixture
def corp(oauth_login, provider, alice):
    """The provider for which the machine is configured; alice is enrolled there."""
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return provider


@pytest.fixture
def watched(corp, oauth_login):
    """The same provider; sshd uses the module, and no session is open."""
    forget_all()
    oauth_login.use("sshd")
    return corp


@pytest.fixture
def leader():
    """A running process that may lead a session; no session is open."""
    forget_all()
    with started() as running:
        yield running


@pytest.fixture(scope="session")
def pam_host_program():
    with tempfile.TemporaryDirectory(prefix="pam-host-") as directory:
        os.chmod(directory, 0o755)  # a screen locker runs it as the user
        yield build_pam_host(directory)


@pytest.fixture
def pam_host(host, pam_host_program):
    """An application as unusual as the test wishes; its processes end with the test."""
    application = PamHost(host, pam_host_program)
    yield application
    application.close()


@pytest.fixture
def resident(oauth_login):
    """A resident helper on a socket of its own; it has not read any configuration yet."""
    running = Resident()
    yield running
    running.end()
