# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command without access to kernel keys, as in many containers.

    python3 without_keys.py ERRNO COMMAND [ARG...]

The system calls for keys fail with ERRNO.
"""

import ctypes
import os
import platform
import struct
import sys

CALLS = {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}  # add_key request_key keyctl
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_NUMBER, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def forbid(error):
    calls = CALLS[platform.machine()]
    lines = [(LOAD_NUMBER, 0, 0, 0)]
    lines += [(JUMP_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | error)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    zeros = [ctypes.c_ulong(0)] * 3
    if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), *zeros) != 0 or libc.prctl(
            PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), program, *zeros[:2]) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    forbid(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
