"""How the server listens."""

from __future__ import annotations

import socket
from pathlib import Path

from packshot.service.run import _listen
from packshot.service.settings import Settings


def test_an_answer_is_not_held_back(tmp_path: Path) -> None:
    """Nagle's algorithm and a client's delayed confirmation together cost 40 ms a request."""
    with _listen(Settings(state=tmp_path, port=0)) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
