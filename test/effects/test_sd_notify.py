"""Datagrams to a real socket, as systemd would hear them."""

from collections.abc import Iterator
import os
from pathlib import Path
import socket

import pytest

from flywheel_nodes.effects.sd_notify import Notifier

SECOND = 1_000_000_000


class Ear:
    """The socket on systemd's side."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace('@', '\0', 1) if address[0] == '@' else address)
        self.socket.setblocking(False)
        self.env = {'NOTIFY_SOCKET': address}

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=['path', 'abstract'])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    named = f'@flywheel-test-{os.getpid()}'
    made = Ear(str(tmp_path / 'notify') if request.param == 'path' else named)
    yield made
    made.socket.close()


def test_what_is_sent_arrives_in_one_datagram(ear: Ear) -> None:
    notifier = Notifier(ear.env)
    assert notifier.send(READY='1', STATUS='8 processes')
    assert ear.heard() == ['READY=1\nSTATUS=8 processes']
    notifier.close()


def test_the_watchdog_is_fed_twice_as_often_as_it_asks(ear: Ear) -> None:
    notifier = Notifier({**ear.env, 'WATCHDOG_USEC': '4000000', 'WATCHDOG_PID': str(os.getpid())})
    for tenth in range(0, 61):
        notifier.alive(7 * SECOND + tenth * SECOND // 10)
    assert ear.heard() == ['WATCHDOG=1'] * 4
    notifier.close()


@pytest.mark.parametrize('env', [{}, {'WATCHDOG_USEC': '0'}, {'WATCHDOG_USEC': 'soon'},
                                 {'WATCHDOG_USEC': '1000', 'WATCHDOG_PID': '1'}])
def test_no_watchdog_is_no_news(ear: Ear, env: dict[str, str]) -> None:
    notifier = Notifier({**ear.env, **env})
    notifier.alive(SECOND)
    assert ear.heard() == []
    notifier.close()


@pytest.mark.parametrize('env', [{}, {'NOTIFY_SOCKET': ''}, {'NOTIFY_SOCKET': '/absent/socket'}])
def test_nobody_listening_is_no_failure(env: dict[str, str]) -> None:
    notifier = Notifier({**env, 'WATCHDOG_USEC': '1000'})
    assert not notifier.send(READY='1')
    notifier.alive(SECOND)
    notifier.close()
