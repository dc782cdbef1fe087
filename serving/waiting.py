"""What PID 1 answers while the model loads: 503, so that a health check learns more than a refused connection."""

from __future__ import annotations

import select
import socket

LOADED, READY = b"L", b"R"
"""What the child tells PID 1 through its pipe: the model is loaded; the server accepts requests."""
_PATIENCE_SECONDS = 0.05
"""How long a client may take to send its request: there is one thread, and the model loads meanwhile."""
_BODY = b'{"error":{"code":"not_ready","message":"the model is not loaded yet","where":""}}'
_ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
    b"Retry-After: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


def refuse(listener: socket.socket) -> None:
    """Accept one connection of a listening socket and answer 503, whatever is asked."""
    try:
        client, _ = listener.accept()
    except OSError:  # the client was gone before it was accepted
        return
    with client:
        client.setblocking(False)
        select.select([client], [], [], _PATIENCE_SECONDS)
        try:
            client.recv(1 << 16)
            client.send(_ANSWER)
            client.shutdown(socket.SHUT_WR)
        except OSError:  # so is the answer to one who is gone
            return
