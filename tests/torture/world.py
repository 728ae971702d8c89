# SPDX-License-Identifier: BSD-2-Clause
"""One account and its provider, put back before each run to where they were."""

import copy
import fcntl
import os
import shutil
from dataclasses import dataclass

from installation import STORE

LOST = "the provider's answer to a renewal was lost"

# What can't fail, or is the end.
HARMLESS = {"getpid", "getuid", "geteuid", "umask", "exit_group", "rt_sigreturn"}


@dataclass
class Struck:
    """A run, the call that something befell, and the refresh token that was current before."""

    run: object
    call: object
    window: object
    token: str


class World:
    """The store's files, and what the provider knows of its grants."""

    def __init__(self, provider, asker, user="alice"):
        self.provider, self.asker, self.user = provider, asker, user
        self.answered = []  # statuses of the answers at /token, this run's
        provider.answer = self._note_answer
        self.save()

    def save(self):
        """From now on this is where restore() goes back to."""
        self._files = {path: (os.lstat(path), None if path.is_dir() else path.read_bytes())
                       for path in [STORE, *sorted(STORE.rglob("*"))]}
        self._families = copy.deepcopy(self.provider._families)

    def restore(self):
        for child in STORE.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        for path, (status, content) in self._files.items():
            if content is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(content)
            os.chown(path, status.st_uid, status.st_gid)
            path.chmod(status.st_mode & 0o777)
        self.provider._families = copy.deepcopy(self._families)
        self.begin()

    def begin(self):
        """What is asked of the provider counts from here."""
        self.provider._received.clear()
        self.provider._queues.clear()
        self.answered.clear()

    def presented(self):
        """The refresh tokens of the requests."""
        return [request.form["refresh_token"] for request in self.provider.requests("/token")
                if "refresh_token" in request.form]

    def token(self):
        return self.provider.refresh_token(self.user)

    def names(self):
        return sorted(str(path) for path in STORE.rglob("*"))

    def saved_names(self):
        return sorted(str(path) for path in self._files if path != STORE)

    def lock_is_free(self):
        with open(STORE / "accounts" / self.user / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # or BlockingIOError
        return True

    def torment(self, calls, strike, check, before=0):
        """Asks once for each of the calls of a whole run, each time from where save() was.

        strike(call) asks and lets something befall that call; check(struck) judges what came of it.
        What is wrong is told of all runs together. before: see Window.
        """
        wrong = []
        for planned in calls:
            self.restore()
            token = self.token()
            run = strike(planned)
            self.provider.settle()
            call = run.same(planned)
            if call is None:  # the network was waited for less often
                continue
            try:
                check(Struck(run, call, Window(run, self.provider.port, before), token))
            except AssertionError as failed:
                wrong.append(f"{call}: it said '{run.verdict} {run.reason}': {failed}")
        assert not wrong, "\n".join(wrong)

    def _note_answer(self, request):
        answer = self.provider.correct(request)
        if request.path == "/token":
            self.answered.append(answer.status)
        return answer


class Window:
    """Where in a run the grant hangs on what the network brings and the disk takes.

    It opens with the renewal's request, which is sent behind `before` others, and closes with the
    first write of a record behind it.
    """

    def __init__(self, run, port, before=0):
        self.sent = run.sent(port)[before:]
        self.stored = run.stored(after=self.sent[0].index) if self.sent else []

    def holds(self, index):
        """Whether what befell the call of this index befell it inside."""
        return bool(self.sent) and self.sent[0].index < index and not (
            self.stored and self.stored[0].index < index)

    def indexes(self):
        """The calls from the request to the durable write, of a run that came to its end."""
        return range(self.sent[0].index, self.stored[-1].index + 3)


def chosen(run, wanted, stride, start=0):
    """The calls to try: those whose index is wanted, every stride-th elsewhere, from a start of its
    own so that two matrices do not try the same sample."""
    indexes = {*wanted, *range(1 + start % stride, len(run.calls) + 1, stride)}
    return [call for call in run.calls if call.index in indexes and call.name not in HARMLESS]
