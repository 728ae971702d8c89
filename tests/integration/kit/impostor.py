# SPDX-License-Identifier: BSD-2-Clause
"""A server in place of the resident helper that replies as a test wishes."""

import contextlib
import socket
import threading

from resident import SOCKET, acting_as, connect


@contextlib.contextmanager
def impostor(answer, listener=None):
    """A server at the socket that reads a request and sends this answer, or None to send nothing.

    listener: the user whose server it is; None: root. Yields the list of the requests.
    """
    SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    asked, stop = [], threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(SOCKET))
        SOCKET.chmod(0o666)
        with acting_as(listener):
            server.listen()

        def serve():
            while not stop.is_set():
                peer, _ = server.accept()
                with peer:
                    asked.append(b"" if answer is None else peer.recv(65536))
                    if answer is None:
                        stop.wait(30)
                    elif asked[-1]:
                        peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            stop.set()
            connect().close()  # ends accept()
            thread.join()
            SOCKET.unlink()
