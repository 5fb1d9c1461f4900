"""Servers with TLS, without, and none at all are told apart."""

import contextlib
from pathlib import Path
import socket
import ssl

import pytest

from flywheel_nodes.effects.metrics_http import Access, Server
from flywheel_nodes.effects.tls_probe import speaks_plain, speaks_tls
from test.effects.teleop.pki import Pki


def port(server: Server) -> int:
    return int(server.url.rpartition(':')[2])


def test_a_server_with_tls_and_one_without(tmp_path: Path) -> None:
    secure = Server('node', '127.0.0.1', 0, {}, Access(Pki(tmp_path / 'pki').server()))
    open_ = Server('node', '127.0.0.1', 0, {})
    with contextlib.closing(secure), contextlib.closing(open_):
        assert speaks_tls('127.0.0.1', port(secure), 3.0)
        assert not speaks_tls('127.0.0.1', port(open_), 3.0)


def test_nobody_there_speaks_nothing() -> None:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        assert not speaks_tls('127.0.0.1', free.getsockname()[1], 1.0)


def test_what_is_no_answer_to_a_handshake_is_told(tmp_path: Path) -> None:
    made = Server('node', '127.0.0.1', 0, {})
    context = Pki(tmp_path / 'pki').client()
    with contextlib.closing(made), socket.create_connection(('127.0.0.1', port(made))) as raw:
        with pytest.raises(ssl.SSLError) as error:
            context.wrap_socket(raw, server_hostname='127.0.0.1')
        assert speaks_plain(error.value)
    assert not speaks_plain(OSError('no route'))
