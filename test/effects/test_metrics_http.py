"""The server answers what it should, and slow or rude clients cannot hold it up."""

import base64
from collections.abc import Iterator
import contextlib
import http.client
from pathlib import Path
import socket
import threading
import urllib.parse

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects import http_listener
from flywheel_nodes.effects.credentials import add, Credentials, load
from flywheel_nodes.effects.http_listener import MAX_CLIENTS
from flywheel_nodes.effects.metrics_http import Access, Reply, Request, Server
from test.effects.waiting import until

WAIT = 20.0


def echo(request: Request) -> Reply:
    text = f'{request.headers.get("accept", "")} {dict(request.query)}'
    return Reply(200, text.encode(), headers={'X-Test': 'yes'})


@pytest.fixture
def server() -> Iterator[Server]:
    """Give a server on a free port."""
    made = Server('node', '127.0.0.1', 0, {
        '/echo': echo, '/ill': lambda _: Reply(503, b'ill\n'),
        '/large': lambda _: Reply(200, b'x' * 50_000_000)})
    yield made
    made.close()


def address(server: Server) -> tuple[str, int]:
    parts = urllib.parse.urlsplit(server.url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def ask(server: Server, path: str, method: str = 'GET',
        headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(*address(server), timeout=WAIT)
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_route_gets_headers_and_query_and_sets_its_own(server: Server) -> None:
    response, body = ask(server, '/echo?name[]=a&name[]=b&x=%20', headers={'ACCEPT': 'text/x'})
    assert response.status == 200
    assert body == b"text/x {'name[]': ['a', 'b'], 'x': [' ']}"
    assert response.headers['X-Test'] == 'yes'
    assert response.headers['Server'] == 'flywheel'
    assert ask(server, '/ill')[0].status == 503


def test_head_is_get_without_a_body(server: Server) -> None:
    response, body = ask(server, '/echo', 'HEAD')
    assert (response.status, body) == (200, b'')
    assert int(response.headers['Content-Length']) > 0


@pytest.mark.parametrize('path', ['/', '/echo/', '/ECHO', '/../echo', '//[', '//echo', '/%65cho'])
def test_anything_else_is_not_found(server: Server, path: str) -> None:
    response, body = ask(server, path)
    assert response.status == 404 and b'there are /echo, /ill' in body


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'BREW'])
def test_other_methods_are_not_allowed(server: Server, method: str) -> None:
    response, _ = ask(server, '/echo', method)
    assert response.status == 405
    assert response.headers['Allow'] == 'GET, HEAD'


@pytest.mark.parametrize('rude', [
    b'', b'\r\n\r\n', b'GET\r\n\r\n', b'\x00\xff\xfe\r\n\r\n', b'GET /echo HTTP/9.9\r\n\r\n',
    b'GET ' + b'x' * 100_000, b'GET /echo HTTP/1.0\r\n' + b'a: b\r\n' * 500 + b'\r\n'])
def test_rubbish_harms_nobody(server: Server, rude: bytes) -> None:
    with socket.create_connection(address(server), timeout=WAIT) as client:
        # It need not want to read it all, and may have gone at any of these.
        with contextlib.suppress(ConnectionError):
            client.sendall(rude)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while client.recv(65536):
                pass
    assert ask(server, '/echo')[0].status == 200


def test_clients_that_say_nothing_make_room_for_those_that_do(server: Server) -> None:
    silent = [socket.create_connection(address(server), timeout=WAIT)
              for _ in range(3 * MAX_CLIENTS)]
    assert ask(server, '/echo')[0].status == 200
    busy = [thread for thread in threading.enumerate() if thread.name == 'http']
    assert len(busy) <= MAX_CLIENTS
    for client in silent:
        client.close()


def test_clients_that_do_not_read_make_room_for_those_that_do(server: Server) -> None:
    lazy = []
    for _ in range(2 * MAX_CLIENTS):
        client = socket.create_connection(address(server), timeout=WAIT)
        client.sendall(b'GET /large HTTP/1.0\r\n\r\n')
        lazy.append(client)
    assert ask(server, '/echo')[0].status == 200
    for client in lazy:
        client.close()


def test_a_client_that_trickles_is_cut_off(server: Server,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, 'DEADLINE_S', 0.2)
    with socket.create_connection(address(server), timeout=0.05) as client:
        client.sendall(b'GET /echo HTTP/1.0\r\n')
        for _ in range(int(WAIT / 0.05)):
            try:
                client.sendall(b'a: b\r\n')
                if client.recv(1) == b'':
                    return
            except TimeoutError:
                continue  # it still listens
            except ConnectionError:
                return
    raise AssertionError('it was never cut off')


def test_many_ask_at_a_time_and_all_are_answered(server: Server) -> None:
    answers: list[int] = []

    def work() -> None:
        for _ in range(5):
            answers.append(ask(server, '/echo')[0].status)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20


def test_a_port_in_use_is_told_in_one_line(server: Server) -> None:
    host, port = address(server)
    with pytest.raises(ConfigError) as error:
        Server('health_exporter', host, port, {})
    assert str(error.value) == (f'health_exporter: {host}:{port} is in use: stop the process that '
                                'listens there or set port')


@pytest.mark.parametrize('host', ['192.0.2.1', 'no.such.host.invalid', '999.1.1.1', ''])
def test_an_address_that_is_not_ours_is_told_in_one_line(host: str) -> None:
    with pytest.raises(ConfigError, match=r'^node: cannot listen on .*: set host and port$'):
        Server('node', host, 0, {})


def test_a_closed_server_is_gone_with_its_conversations() -> None:
    made = Server('node', '127.0.0.1', 0, {'/echo': echo})
    with socket.create_connection(address(made), timeout=WAIT) as client:
        ask(made, '/echo')  # the accept queue is in order, so the silent one has a thread now
        made.close()
        assert client.recv(1) == b''
    with pytest.raises(ConnectionRefusedError):
        ask(made, '/echo')
    again = Server('node', *address(made), {'/echo': echo})
    assert ask(again, '/echo')[0].status == 200
    again.close()


@pytest.mark.skipif(not socket.has_ipv6, reason='this machine has no IPv6')
def test_ipv6_has_brackets_in_its_url() -> None:
    try:
        made = Server('node', '::1', 0, {'/echo': echo})
    except ConfigError as error:
        pytest.skip(f'this machine has no IPv6 loopback: {error}')
    assert made.url.startswith('http://[::1]:')
    assert ask(made, '/echo')[0].status == 200
    made.close()


def test_answers_are_counted_by_route_and_code(server: Server) -> None:
    for path in ('/echo', '/echo?x=1', '/ill', '/nothing', '/%65cho'):
        ask(server, path)
    ask(server, '/echo', 'HEAD')
    ask(server, '/echo', 'POST')
    until(lambda: sum(server.counted().requests.values()) == 7, 'seven answers')
    assert server.counted().requests == {
        ('/echo', '200'): 3, ('/ill', '503'): 1, ('other', '404'): 2, ('/echo', '405'): 1}
    assert not any(server.counted().dropped.values())


@pytest.mark.parametrize(('request_', 'code'), [
    (b'GET /' + b'x' * 70_000 + b' HTTP/1.0\r\n\r\n', 414),
    (b'GET /echo HTTP/1.0\r\na: ' + b'x' * 70_000 + b'\r\n\r\n', 431),
    (b'GET /echo HTTP/1.0\r\n' + b'a: b\r\n' * 200 + b'\r\n', 431),
    (b'GET /echo HTTP/1.0 x\r\n\r\n', 400), (b'GET /echo HTTP/9.9\r\n\r\n', 505)])
def test_what_is_too_large_or_no_request_is_refused_and_counted(
        request_: bytes, code: int, server: Server) -> None:
    with (socket.create_connection(address(server), timeout=WAIT) as client,
          contextlib.suppress(ConnectionError)):
        client.sendall(request_)
        while client.recv(65536):
            pass
    until(lambda: server.counted().requests == {('other', str(code)): 1}, 'it is counted')


def basic(password: str) -> dict[str, str]:
    return {'Authorization': 'Basic ' + base64.b64encode(f'ada:{password}'.encode()).decode()}


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """Give a server for which a password is needed, and the password."""
    password = add(tmp_path / 'scrapers', 'ada')
    made = Server('node', '127.0.0.1', 0, {'/echo': echo, '/livez': lambda _: Reply(200, b'')},
                  Access(None, Credentials(load(tmp_path / 'scrapers')), ('/livez',)))
    yield made, password
    made.close()


def test_nobody_is_let_in_without_the_password(locked: tuple[Server, str]) -> None:
    server, password = locked
    for headers in ({}, basic('wrong'), {'Authorization': 'Bearer x'}):
        response, body = ask(server, '/echo', headers=headers)
        assert response.status == 401 and b'{' not in body
        assert response.headers['WWW-Authenticate'].startswith('Basic realm="flywheel"')
    assert ask(server, '/elsewhere')[0].status == 401
    assert ask(server, '/echo', headers=basic(password))[0].status == 200
    assert ask(server, '/livez')[0].status == 200, 'a probe on the robot needs no password'


def test_who_guesses_is_refused_and_keeps_nobody_out(locked: tuple[Server, str]) -> None:
    server, password = locked
    ask(server, '/echo', headers=basic(password))
    codes: list[int] = []

    def guess() -> None:
        for number in range(25):
            codes.append(ask(server, '/echo', headers=basic(f'{number}'))[0].status)
    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert ask(server, '/echo', headers=basic(password))[0].status == 200
    for thread in threads:
        thread.join()
    assert set(codes) == {401, 429} and codes.count(401) < 50
    assert ask(server, '/echo', headers=basic('x'))[0].headers['Retry-After'] == '5'


def test_secrets_are_in_no_log(locked: tuple[Server, str],
                               capfd: pytest.CaptureFixture[str]) -> None:
    server, password = locked
    for given in (basic(password), basic('x9secret')):
        ask(server, '/echo', headers=given)
    said = ''.join(capfd.readouterr()) + repr(server.counted())
    assert password not in said and 'x9secret' not in said and 'Basic' not in said
