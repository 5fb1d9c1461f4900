"""
A listening socket whose clients cannot hold each other up.

Each connection carries one request and has a thread, of which there are few; TLS is agreed on in
that thread. Whoever takes too long is cut off. When all threads are taken one makes room: first
who has been asking for longest, and of those being answered only when all are.
"""

from contextlib import suppress
from dataclasses import dataclass
import socket
import socketserver
import ssl
import threading
import time
from typing import Any

from flywheel_nodes.effects.http_counts import Dropped, HttpCounts

MAX_CLIENTS = 8
PATIENCE_S = 5.0  # for the next byte
DEADLINE_S = 10.0  # for the whole conversation
ROOM_S = 1.0  # for whoever was cut off to be gone


@dataclass(eq=False)
class Conversation:
    """One connection; cut: why the server ended it, None while it did not."""

    request: socket.socket
    since: float
    answering: bool = False
    answered: bool = False
    cut: Dropped | None = None

    def end(self, why: Dropped) -> None:
        """Wake its thread, which then closes it."""
        self.cut = self.cut or why
        with suppress(OSError):  # it may have gone by itself
            # Past ssl, whose own shutdown() would forget TLS while the thread still uses it.
            socket.socket.shutdown(self.request, socket.SHUT_RDWR)


class Listener(socketserver.TCPServer):
    """The listening socket and the conversations under way."""

    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, family: socket.AddressFamily, address: Any,
                 handler: type[socketserver.BaseRequestHandler],
                 tls: ssl.SSLContext | None = None) -> None:
        """Listen; handler: talks to one client and reports to conversation() how far it is."""
        self.address_family = family
        self.counts = HttpCounts()
        self._tls = tls
        self._places = threading.Semaphore(MAX_CLIENTS)
        self._under_way: dict[socket.socket, Conversation] = {}
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def conversation(self, request: socket.socket) -> Conversation:
        """Return what is known of a connection."""
        with self._lock:
            return self._under_way[request]

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; TLS waits for its thread."""
        request, address = super().get_request()
        if self._tls is None:
            return request, address
        try:
            return self._tls.wrap_socket(request, server_side=True,
                                         do_handshake_on_connect=False), address
        except OSError:  # it has gone already
            request.close()
            self.counts.lost(Dropped.GONE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Talk to a client in a thread of its own."""
        if not self._places.acquire(blocking=False):
            self._make_room()
            if not self._places.acquire(timeout=ROOM_S):
                self.counts.lost(Dropped.CROWDED_OUT)
                self.shutdown_request(request)
                return
        with self._lock:
            made = self._under_way[request] = Conversation(request, time.monotonic())
        try:
            threading.Thread(target=self._converse, args=(made, client_address),
                             name='http', daemon=True).start()
        except RuntimeError:  # the system has no thread left
            self._leave(made, Dropped.FAILED)

    def _converse(self, made: Conversation, client_address: Any) -> None:
        lost = Dropped.FAILED  # an error of ours, which Python then tells on stderr
        try:
            if self._shakes_hands(made.request):
                self.finish_request(made.request, client_address)
            else:
                lost = Dropped.HANDSHAKE
        except TimeoutError:
            lost = Dropped.SLOW
        except OSError:
            lost = Dropped.GONE
        finally:
            self._leave(made, lost)

    def _leave(self, made: Conversation, lost: Dropped) -> None:
        if not made.answered:
            self.counts.lost(made.cut or lost)
        with self._lock:
            del self._under_way[made.request]
        self.shutdown_request(made.request)
        self._places.release()

    def _shakes_hands(self, request: socket.socket) -> bool:
        """Agree on TLS, if any; False: the client does not speak it, or not with us."""
        if isinstance(request, ssl.SSLSocket):
            request.settimeout(PATIENCE_S)
            try:
                request.do_handshake()
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                raise
            except ssl.SSLError:
                return False
        return True

    def service_actions(self) -> None:
        """Cut off who talks for too long; serve_forever() calls this between requests."""
        late = time.monotonic() - DEADLINE_S
        self._end([made for made in self._all() if made.since < late], Dropped.SLOW)

    def _make_room(self) -> None:
        held = [made for made in self._all() if made.cut is None]
        held.sort(key=lambda made: (made.answering, made.since))
        self._end(held[:1], Dropped.CROWDED_OUT)

    def end_all(self) -> None:
        """Cut off everybody."""
        self._end(self._all(), Dropped.GONE)

    def _all(self) -> list[Conversation]:
        with self._lock:
            return list(self._under_way.values())

    def _end(self, made: list[Conversation], why: Dropped) -> None:
        for one in made:
            one.end(why)
