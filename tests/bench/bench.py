# SPDX-License-Identifier: BSD-2-Clause
"""The cost of one login, compared with the smallest client and a script: `sudo make bench`."""

import os
import pwd
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "integration" / "kit"))

from real_provider import real_provider  # noqa: E402
from host import Host  # noqa: E402
from installation import Installation  # noqa: E402
from process import run  # noqa: E402
import sessions  # noqa: E402
import window  # noqa: E402
from resident import SOCKET, Resident  # noqa: E402

RUNS = int(os.environ.get("BENCH_RUNS", "40"))
FIGURES = ("wall ms", "CPU ms", "peak KiB")


def build(name, directory, *libraries):
    program = directory / name
    run("gcc", "-O2", "-D_GNU_SOURCE", "-I", str(CHECKOUT / "common"), "-o", str(program),
        str(HERE / f"{name}.c"), *libraries, check=True)
    return program


def measure(program, user, source, *command):
    result = run(str(program), str(user.pw_uid), str(user.pw_gid), source, *map(str, command))
    if not result.ok:
        sys.exit(f"{command} failed: {result}")
    return [float(figure) for figure in result.stdout.split()]


def report(samples):
    """Prints medians and their ratio to the bare client's, computed pair by pair."""
    bare = samples["bare C client with libcurl"]
    print(f"{RUNS} runs of each in turn, medians; in brackets the ratio to the bare client\n")
    print(f"{'':32}" + "".join(f"{figure:>20}" for figure in FIGURES))
    for name, rows in samples.items():
        cells = []
        for column in range(len(FIGURES)):
            ratio = statistics.median(row[column] / other[column]
                                      for row, other in zip(rows, bare))
            cells.append(f"{statistics.median(row[column] for row in rows):.1f} ({ratio:.2f})")
        print(f"{name:32}" + "".join(f"{cell:>20}" for cell in cells))


def report_resident(started, resident, cpu_ms):
    """Prints what a login saves with the resident helper, computed pair by pair."""
    ratio = statistics.median(row[0] / other[0] for row, other in zip(resident, started))
    wall = statistics.median(row[0] for row in resident)
    print(f"\nby the resident helper, a login's verdict takes {wall:.1f} ms, {ratio:.2f} of what a "
          f"started helper takes, and {cpu_ms:.1f} ms of CPU in its child")


def children_cpu_ms(process):
    """The CPU time of children that have ended: cutime and cstime in proc(5)."""
    return (process.stat(16) + process.stat(17)) * 1000 / os.sysconf("SC_CLK_TCK")


def main():
    host = Host()
    host.add_user("alice")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        with real_provider(directory / "provider", rotate=False) as provider:
            provider.add_client("bench", auth_method="none")
            provider.client_id, provider.client_auth = "bench", "none"
            oauth_login = Installation(host)
            oauth_login.configure(provider)
            provider.add_user("alice")
            grant = provider.issue_grant("alice", "bench")
            oauth_login.import_grant("alice", grant)
            form = directory / "form"
            form.write_text(urlencode({"grant_type": "refresh_token", "client_id": "bench",
                                       "refresh_token": grant}))
            endpoint, ca_file = f"{provider.issuer}/token", provider.ca_file
            helper = pwd.getpwnam("oauth-login")
            program = build("measure", directory)
            script = directory / "script.sh"  # a checkout may lie where the account may not read
            shutil.copy(HERE / script.name, script)
            commands = {
                "a login's helper": ("@alice", "/usr/libexec/oauth-login-helper"),
                "bare C client with libcurl": (
                    str(form), build("bare", directory, "-lcurl"), endpoint, ca_file),
                "sh + curl + jq": (str(form), script, endpoint, ca_file),
            }
            samples = {name: [] for name in (*commands, SOCKET)}
            resident = Resident()
            for turn in range(RUNS + 3):  # the first three warm the caches
                for name, command in (*commands.items(), (SOCKET, ("@alice", SOCKET))):
                    row = measure(program, helper, *command)
                    if turn >= 3:
                        samples[name].append(row)
            cpu_ms = children_cpu_ms(resident.process) / (RUNS + 3)
            resident.end()
            with window.real_disk():
                oauth_login.import_grant("alice", provider.issue_grant("alice", "bench"))
                rows = window.samples(program, helper, "alice", RUNS)
            oauth_login.forget_everybody()
    answered = samples.pop(SOCKET)
    report(samples)
    report_resident(samples["a login's helper"], answered, cpu_ms)
    window.report(rows)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        os.chmod(name, 0o755)
        sessions.measure(host, oauth_login, name)


if __name__ == "__main__":
    main()
