"""Over real sockets: what slow, silent and rude clients do to a server, with TLS and without."""

from collections.abc import Iterator
import contextlib
import http.client
import socket
import ssl
import struct
import threading
import urllib.parse

import pytest

from flywheel_nodes.effects import http_listener
from flywheel_nodes.effects.http_counts import Dropped
from flywheel_nodes.effects.metrics_http import Access, Reply, Request, Server
from test.effects.teleop.pki import Pki
from test.effects.waiting import until, WAIT_S

LARGE = b'x' * 50_000_000


@pytest.fixture(scope='module')
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp('pki'))


def broken(_: Request) -> Reply:
    raise RuntimeError('our own')


class Rig:
    """A server, and clients of it; trust: None without TLS."""

    def __init__(self, trust: ssl.SSLContext | None, access: Access) -> None:
        self.trust = trust
        self.server = Server('node', '127.0.0.1', 0, {
            '/good': lambda _: Reply(200, b'good'), '/large': lambda _: Reply(200, LARGE),
            '/broken': broken}, access)
        self.port = urllib.parse.urlsplit(self.server.url).port or 0
        self.opened: list[socket.socket] = []

    def raw(self) -> socket.socket:
        """Return a connection on which nothing was said yet."""
        made = socket.create_connection(('127.0.0.1', self.port), timeout=WAIT_S)
        self.opened.append(made)
        return made

    def connect(self) -> socket.socket:
        made = self.raw()
        if not self.trust:
            return made
        made = self.trust.wrap_socket(made, server_hostname='127.0.0.1')
        self.opened.append(made)
        return made

    def scrape(self) -> bytes:
        connection = (http.client.HTTPSConnection('127.0.0.1', self.port, timeout=WAIT_S,
                                                  context=self.trust) if self.trust else
                      http.client.HTTPConnection('127.0.0.1', self.port, timeout=WAIT_S))
        with contextlib.closing(connection):
            connection.request('GET', '/good')
            return connection.getresponse().read()

    def dropped(self, why: Dropped) -> int:
        return self.server.counted().dropped[why]

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.server.close()


@pytest.fixture(params=['plain', 'tls'])
def rig(request: pytest.FixtureRequest, pki: Pki) -> Iterator[Rig]:
    """Give a server without TLS, and one with it."""
    tls = request.param == 'tls'
    made = Rig(pki.client() if tls else None, Access(pki.server() if tls else None))
    yield made
    made.close()


@pytest.fixture
def secure(pki: Pki) -> Iterator[Rig]:
    made = Rig(pki.client(), Access(pki.server()))
    yield made
    made.close()


def busy() -> int:
    return sum(thread.name == 'http' for thread in threading.enumerate())


def ended(client: socket.socket) -> bool:
    """Read to the end, whatever comes."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while client.recv(1 << 20):
            pass
    return True


def test_fifty_that_say_nothing_make_room_and_are_counted(rig: Rig) -> None:
    silent = [rig.raw() for _ in range(50)]
    assert rig.scrape() == b'good'
    assert busy() <= http_listener.MAX_CLIENTS
    # Each newcomer beyond the places took the one of who had waited for longest.
    until(lambda: rig.dropped(Dropped.CROWDED_OUT) >= 51 - http_listener.MAX_CLIENTS, 'room')
    assert ended(silent[0])


def test_who_is_being_answered_stays_while_others_only_ask(rig: Rig) -> None:
    slow = rig.connect()
    slow.sendall(b'GET /large HTTP/1.0\r\n\r\n')
    assert slow.recv(9)
    for _ in range(10):
        rig.raw()
    assert rig.scrape() == b'good'
    got = 9
    while part := slow.recv(1 << 20):
        got += len(part)
    assert got > len(LARGE)
    assert not rig.dropped(Dropped.GONE)


@pytest.mark.parametrize('what', [b'', b'GET /good HTTP/1.0\r\n'])
def test_a_byte_now_and_then_is_too_slow(what: bytes, rig: Rig,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, 'DEADLINE_S', 0.3)
    client = rig.connect()
    with contextlib.suppress(OSError):
        client.sendall(what)
        for _ in range(int(WAIT_S / 0.05)):
            client.sendall(b'x')
            if threading.Event().wait(0.05) or rig.dropped(Dropped.SLOW):
                break
    until(lambda: rig.dropped(Dropped.SLOW), 'it is cut off')
    assert ended(client)
    monkeypatch.setattr(http_listener, 'DEADLINE_S', 20.0)
    assert rig.scrape() == b'good'


def test_a_handshake_that_never_ends_holds_nobody_up(secure: Rig,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    begun = [secure.raw() for _ in range(3)]
    for client in begun:
        client.sendall(b'\x16\x03\x01\x02\x00\x01')  # the first bytes of a hello
    assert secure.scrape() == b'good'
    assert not secure.dropped(Dropped.SLOW)
    monkeypatch.setattr(http_listener, 'DEADLINE_S', 0.0)
    until(lambda: secure.dropped(Dropped.SLOW) == 3, 'all are cut off')
    assert all(map(ended, begun))


def test_a_client_that_goes_mid_answer_is_counted(rig: Rig) -> None:
    client = rig.connect()
    client.sendall(b'GET /large HTTP/1.0\r\n\r\n')
    assert client.recv(9)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    client.close()  # with a reset
    until(lambda: rig.dropped(Dropped.GONE) == 1, 'it is counted')
    assert ('/large', '200') not in rig.server.counted().requests
    assert rig.scrape() == b'good'


def test_a_client_that_comes_and_goes_is_counted(rig: Rig) -> None:
    rig.raw().close()
    until(lambda: rig.dropped(Dropped.GONE) == 1, 'it is counted')


def test_a_client_that_asks_for_an_empty_line_is_counted(rig: Rig) -> None:
    client = rig.connect()
    client.sendall(b'\r\n')
    until(lambda: rig.dropped(Dropped.GONE) == 1, 'it is counted')


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_an_error_of_ours_is_counted_and_the_next_is_answered(rig: Rig) -> None:
    client = rig.connect()
    client.sendall(b'GET /broken HTTP/1.0\r\n\r\n')
    assert ended(client)
    until(lambda: rig.dropped(Dropped.FAILED) == 1, 'it is counted')
    assert rig.scrape() == b'good'


def test_without_threads_each_is_counted_and_no_place_is_lost(
        rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")
    with monkeypatch.context() as changed:
        changed.setattr(threading.Thread, 'start', start)
        for _ in range(http_listener.MAX_CLIENTS):
            assert ended(rig.raw())
    assert rig.dropped(Dropped.FAILED) == http_listener.MAX_CLIENTS
    assert rig.scrape() == b'good'


def test_who_speaks_no_tls_or_trusts_another_is_counted(secure: Rig, pki: Pki) -> None:
    client = secure.raw()
    client.sendall(b'GET /good HTTP/1.0\r\n\r\n')
    assert ended(client)
    until(lambda: secure.dropped(Dropped.HANDSHAKE) == 1, 'plain HTTP')
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(secure.raw(), server_hostname='127.0.0.1')
    until(lambda: secure.dropped(Dropped.HANDSHAKE) == 2, 'another CA')
    assert secure.scrape() == b'good'


def test_tls_is_of_this_decade(secure: Rig, pki: Pki) -> None:
    assert secure.server.url.startswith('https://127.0.0.1:')
    version = ssl.TLSVersion.TLSv1_2
    for context in (pki.client(), pki.client(maximum_version=version)):
        with context.wrap_socket(secure.raw(), server_hostname='127.0.0.1') as client:
            assert client.version() in ('TLSv1.2', 'TLSv1.3')


def test_the_end_of_the_server_ends_all(rig: Rig) -> None:
    begun = rig.raw()
    rig.scrape()  # the accept queue is in order, so the silent one has a thread now
    rig.server.close()
    assert ended(begun)
    until(lambda: busy() == 0, 'no thread is left')

