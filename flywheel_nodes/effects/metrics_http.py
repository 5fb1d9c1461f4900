"""
A small HTTP server for scrapes and health checks that no client can hold up.

Each connection carries one request and has a thread, of which there are few; whoever takes too
long is cut off, and when all threads are taken the one that took longest makes room.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
import errno
from http.server import BaseHTTPRequestHandler
import socket
import socketserver
import threading
import time
from typing import Any
from urllib.parse import parse_qs

from flywheel_nodes.core.errors import ConfigError

METHODS = ('GET', 'HEAD')
MAX_CLIENTS = 8
PATIENCE_S = 5.0  # for the next byte
DEADLINE_S = 10.0  # for the whole conversation


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


class _Handler(BaseHTTPRequestHandler):
    """One conversation."""

    timeout = PATIENCE_S
    error_message_format = '%(code)d %(message)s\n'
    error_content_type = 'text/plain; charset=utf-8'
    server: '_Listener'

    def version_string(self) -> str:
        return 'flywheel'

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: a scrape every few seconds is no news."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition('?')
        route = self.server.routes.get(path)
        if route is None:
            known = ', '.join(self.server.routes)
            reply = Reply(404, f'not found; there are {known}\n'.encode())
        else:
            reply = route(Request(_lowered(self.headers), parse_qs(query)))
        self._send(reply)

    def do_HEAD(self) -> None:
        self.do_GET()

    def parse_request(self) -> bool:
        """Refuse every other method before stdlib looks for it."""
        if not super().parse_request():
            return False
        if self.command not in METHODS:
            allowed = ', '.join(METHODS)
            self._send(Reply(405, f'only {allowed}\n'.encode(), headers={'Allow': allowed}))
        return self.command in METHODS

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.code)
        self.send_header('Content-Type', reply.content_type)
        self.send_header('Content-Length', str(len(reply.body)))
        for name, value in (reply.headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(reply.body)


class _Listener(socketserver.TCPServer):
    """The listening socket and the conversations under way."""

    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, family: socket.AddressFamily, address: Any,
                 routes: Mapping[str, Route]) -> None:
        self.address_family = family
        self.routes = routes
        self._places = threading.Semaphore(MAX_CLIENTS)
        self._since: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Talk to a client in a thread of its own."""
        if not self._places.acquire(blocking=False):
            self._end_oldest()
            if not self._places.acquire(timeout=1.0):
                self.shutdown_request(request)
                return
        with self._lock:
            self._since[request] = time.monotonic()
        threading.Thread(target=self._converse, args=(request, client_address),
                         name='http', daemon=True).start()

    def _converse(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client went away, or was too slow
        finally:
            with self._lock:
                del self._since[request]
            self.shutdown_request(request)
            self._places.release()

    def service_actions(self) -> None:
        """Cut off who talks for too long; serve_forever() calls this between requests."""
        with self._lock:
            for request, since in self._since.items():
                if time.monotonic() - since > DEADLINE_S:
                    _cut(request)

    def _end_oldest(self) -> None:
        with self._lock:
            for request in sorted(self._since, key=self._since.__getitem__)[:1]:
                _cut(request)

    def end_all(self) -> None:
        """Cut off everybody."""
        with self._lock:
            for request in self._since:
                _cut(request)


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _cut(request: socket.socket) -> None:
    with suppress(OSError):  # it may have gone by itself
        request.shutdown(socket.SHUT_RDWR)  # wakes its thread, which then closes it


class Server:
    """The server, listening from its making until close()."""

    def __init__(self, who: str, host: str, port: int, routes: Mapping[str, Route]) -> None:
        """
        Listen.

        :param who: the node, the head of an error
        :param port: 0 for any free one
        :param routes: what answers under each path; called from the server's threads
        :raises ConfigError: when the address cannot be listened on
        """
        self._listener = _listen(who, host, port, routes)
        bound = self._listener.server_address
        shown = f'[{host}]' if ':' in host else host
        self.url = f'http://{shown}:{bound[1]!s}'
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.1,),
                                        name='http-accept', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end all conversations."""
        self._listener.shutdown()
        self._listener.end_all()
        self._listener.server_close()
        self._thread.join()


def _listen(who: str, host: str, port: int, routes: Mapping[str, Route]) -> _Listener:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return _Listener(family, address, routes)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f'{who}: {host}:{port} is in use: stop the process that listens '
                              'there or set port') from None
        raise ConfigError(f'{who}: cannot listen on {host}:{port} ({error.strerror}): '
                          'set host and port') from None
