# SPDX-License-Identifier: BSD-2-Clause
"""An application that logs people in and adds nothing of its own: it reports what PAM returns.

    converse("door", "alice", "authenticate", "acct_mgmt") -> Answers(("AUTH_ERR", ...), (...))

It is a process of its own, because modules change the keyrings of the process that they run in.
"""

import ctypes
import json
import os
import sys
from dataclasses import dataclass

from process import run

CODES = {0: "SUCCESS", 3: "SERVICE_ERR", 4: "SYSTEM_ERR", 6: "PERM_DENIED", 7: "AUTH_ERR",
         9: "AUTHINFO_UNAVAIL", 10: "USER_UNKNOWN", 14: "SESSION_ERR", 19: "CONV_ERR",
         25: "IGNORE", 31: "INCOMPLETE"}
FLAGS = {"setcred": 2}  # PAM_ESTABLISH_CRED
ITEMS = {"user": 2, "tty": 3, "rhost": 4}  # PAM_USER, PAM_TTY, PAM_RHOST


@dataclass(frozen=True)
class Answers:
    codes: tuple  # the name of the PAM code of each step
    said: tuple  # the messages that the person read


def converse(service, user, *steps, environment=(), wrapper=(), password=None, heard=0):
    """Calls pam_STEP for each step, as root; "setcred=8" is setcred with these flags.

    Other steps: "user:NAME" sets PAM_USER, "tty:" and "rhost:" likewise; "ids:REAL,EFFECTIVE" sets
    the process's own ids; "run:COMMAND" adds the output of a command to `said`, and "env:NAME" adds
    the value of a variable of the PAM environment.

    user: None if PAM must ask for the name. environment: NAME=VALUE of the PAM environment.
    wrapper: a command that runs the application. password: the answer to every prompt. heard: the
    code that the conversation returns.
    """
    result = run(*wrapper, sys.executable, __file__,
                 json.dumps([service, user, steps, environment, password, heard]),
                 check=True)
    codes, said = json.loads(result.stdout)
    return Answers(tuple(codes), tuple(said))


class _Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


_Conversation = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(_Message)),
    ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)


class _Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


class _Talk(ctypes.Structure):
    _fields_ = [("function", _Conversation), ("data", ctypes.c_void_p)]


def _main(service, user, steps, environment, password, heard=0):
    pam, libc = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
    pam.pam_getenv.restype = ctypes.c_char_p
    libc.calloc.restype = libc.strdup.restype = ctypes.c_void_p
    said, handle = [], ctypes.c_void_p()

    @_Conversation
    def hear(count, messages, responses, _):
        said.extend(messages[i].contents.text.decode() for i in range(count))
        responses[0] = libc.calloc(count, ctypes.sizeof(_Response))
        answers = (_Response * count).from_address(responses[0])
        for answer in answers if password is not None else ():
            answer.text = libc.strdup(password.encode())
        return heard

    talk = _Talk(hear, None)
    started = pam.pam_start(service.encode(), user and user.encode(), ctypes.byref(talk),
                            ctypes.byref(handle))
    assert started == 0, started
    for pair in environment:
        pam.pam_putenv(handle, pair.encode())

    def take(step):
        kind, _, value = step.partition(":")
        if kind in ITEMS:
            return pam.pam_set_item(handle, ITEMS[kind], value.encode())
        if kind == "ids":
            os.setresuid(*map(int, value.split(",")), 0)
        if kind == "run":
            said.append(run("sh", "-c", value).stdout)
        if kind == "env":
            said.append((pam.pam_getenv(handle, value.encode()) or b"").decode())
        if kind in ("env", "ids", "run"):
            return 0
        name, _, flags = step.partition("=")
        return getattr(pam, f"pam_{name}")(handle, int(flags) if flags else FLAGS.get(name, 0))

    codes = [take(step) for step in steps]
    pam.pam_end(handle, codes[-1])
    print(json.dumps([[CODES.get(code, str(code)) for code in codes], said]))


if __name__ == "__main__":
    _main(*json.loads(sys.argv[1]))
