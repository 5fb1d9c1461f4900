"""
A small HTTP server for scrapes and health checks that no client can hold up.

With TLS and credentials where it can be reached from elsewhere. What its clients asked for is
counted and never logged: a request may hold a password.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from email.message import Message
import errno
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import parse_qs

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.credentials import Credentials, Login
from flywheel_nodes.effects.http_counts import Counted, OTHER
from flywheel_nodes.effects.http_listener import Listener, PATIENCE_S
from flywheel_nodes.effects.teleop.tls import is_local

METHODS = ('GET', 'HEAD')
LONGEST_LINE = 65536


@dataclass(frozen=True)
class Request:
    """What a client asked for; names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, list[str]]


@dataclass(frozen=True)
class Reply:
    """What it gets."""

    code: int
    body: bytes
    content_type: str = 'text/plain; charset=utf-8'
    headers: Mapping[str, str] | None = None


Route = Callable[[Request], Reply]


@dataclass(frozen=True)
class Access:
    """
    Who is let in.

    tls: None for plain HTTP; credentials: None for everybody; free_here: paths for which this
    machine itself needs none.
    """

    tls: ssl.SSLContext | None = None
    credentials: Credentials | None = None
    free_here: Collection[str] = ()


_CHALLENGE = {'WWW-Authenticate': 'Basic realm="flywheel", charset="UTF-8"'}
_REFUSALS = {
    Login.NEEDED: Reply(401, b'credentials are needed\n', headers=_CHALLENGE),
    Login.WRONG: Reply(401, b'these credentials are not known\n', headers=_CHALLENGE),
    Login.TOO_MANY: Reply(429, b'too many wrong credentials: try again later\n',
                          headers={'Retry-After': '5'})}


class _Handler(BaseHTTPRequestHandler):
    """One conversation."""

    timeout = PATIENCE_S
    server: '_Http'

    def handle(self) -> None:
        """Answer one request, however bad; raises OSError for a client that went away."""
        self.requestline = self.request_version = self.command = ''
        self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if not self.raw_requestline.strip():
            raise ConnectionResetError(errno.ECONNRESET, 'it asked for nothing')
        if len(self.raw_requestline) > LONGEST_LINE:
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            self._answer()

    def send_error(self, code: int, message: str | None = None,
                   explain: str | None = None) -> None:
        """Refuse what is no request; parse_request() calls this."""
        text = message or HTTPStatus(code).phrase
        self._send(Reply(int(code), f'{int(code)} {text}\n'.encode()), OTHER)

    def _answer(self) -> None:
        # As it was asked for: parse_request() makes one slash of several.
        path, _, query = self.requestline.split()[1].partition('?')
        known = path if path in self.server.routes else OTHER
        self.server.conversation(self.request).answering = True
        self._send(self._method() or self._refusal(path) or self._found(path, query), known)

    def _method(self) -> Reply | None:
        if self.command in METHODS:
            return None
        allowed = ', '.join(METHODS)
        return Reply(405, f'only {allowed}\n'.encode(), headers={'Allow': allowed})

    def _refusal(self, path: str) -> Reply | None:
        access = self.server.access
        if access.credentials is None or self._is_free(path):
            return None
        login = access.credentials.check(self.headers.get('Authorization', ''),
                                         str(self.client_address[0]), time.monotonic_ns())
        return _REFUSALS.get(login)

    def _is_free(self, path: str) -> bool:
        return path in self.server.access.free_here and is_local(str(self.client_address[0]))

    def _found(self, path: str, query: str) -> Reply:
        route = self.server.routes.get(path)
        if route is None:
            known = ', '.join(self.server.routes)
            return Reply(404, f'not found; there are {known}\n'.encode())
        return route(Request(_lowered(self.headers), parse_qs(query)))

    def _send(self, reply: Reply, path: str) -> None:
        body = b'' if self.command == 'HEAD' else reply.body
        self.wfile.write(_head(reply, self.date_time_string()) + body)
        self.server.conversation(self.request).answered = True
        self.server.counts.answered(path, reply.code)


def _head(reply: Reply, date: str) -> bytes:
    headers = {'Server': 'flywheel', 'Date': date, 'Content-Type': reply.content_type,
               'Content-Length': str(len(reply.body)), 'Connection': 'close',
               **(reply.headers or {})}
    lines = [f'HTTP/1.0 {reply.code} {HTTPStatus(reply.code).phrase}',
             *(f'{name}: {value}' for name, value in headers.items())]
    return '\r\n'.join([*lines, '', '']).encode('latin-1')


class _Http(Listener):
    """A listener with something to say; routes: what answers under each path."""

    def __init__(self, family: socket.AddressFamily, address: Any, routes: Mapping[str, Route],
                 access: Access) -> None:
        self.routes = routes
        self.access = access
        super().__init__(family, address, _Handler, access.tls)


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Server:
    """The server, listening from its making until close()."""

    def __init__(self, who: str, host: str, port: int, routes: Mapping[str, Route],
                 access: Access | None = None) -> None:
        """
        Listen.

        :param who: the node, the head of an error
        :param port: 0 for any free one
        :param routes: what answers under each path; called from the server's threads
        :param access: who is let in; None: everybody, without TLS
        :raises ConfigError: when the address cannot be listened on
        """
        access = access or Access()
        self._listener = _listen(who, host, port, routes, access)
        bound = self._listener.server_address
        shown = f'[{host}]' if ':' in host else host
        self.url = f'{"https" if access.tls else "http"}://{shown}:{bound[1]!s}'
        self._thread = _accepting(self._listener)

    def counted(self) -> Counted:
        """Return what became of all conversations until now."""
        return self._listener.counts.read()

    def close(self) -> None:
        """Stop listening and end all conversations."""
        self._listener.shutdown()
        self._listener.end_all()
        self._listener.server_close()
        self._thread.join()


def _accepting(listener: Listener) -> threading.Thread:
    thread = threading.Thread(target=listener.serve_forever, args=(0.1,), name='http-accept',
                              daemon=True)
    thread.start()
    return thread


def _listen(who: str, host: str, port: int, routes: Mapping[str, Route],
            access: Access) -> _Http:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return _Http(family, address, routes, access)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f'{who}: {host}:{port} is in use: stop the process that listens '
                              'there or set port') from None
        raise ConfigError(f'{who}: cannot listen on {host}:{port} ({error.strerror}): '
                          'set host and port') from None
