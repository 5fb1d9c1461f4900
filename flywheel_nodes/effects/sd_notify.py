"""
What systemd wants to hear of a service with Type=notify: that it is up, alive, and ending.

A message is one datagram to the socket in NOTIFY_SOCKET. Elsewhere nothing is sent.
"""

from collections.abc import Mapping
import os
import socket

VARIABLES = ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID')


class Notifier:
    """The way to systemd, if there is one."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        """Begin with nothing sent; env: where systemd has put its variables."""
        self._address = env.get('NOTIFY_SOCKET', '')
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._period_ns = _watchdog_ns(env) // 2
        self._alive_ns: int | None = None

    def send(self, **fields: str) -> bool:
        """Send e.g. READY='1'; False where nobody listens, which must not end the service."""
        if not self._address:
            return False
        # A name that starts with @ lives in Linux' abstract namespace.
        address = self._address.replace('@', '\0', 1) if self._address[0] == '@' else self._address
        text = '\n'.join(f'{key}={value}' for key, value in fields.items())
        try:
            self._socket.sendto(text.encode(), address)
        except OSError:
            return False
        return True

    def alive(self, now_ns: int) -> None:
        """Feed the watchdog, twice as often as it asks for."""
        due = self._alive_ns is None or now_ns - self._alive_ns >= self._period_ns
        if self._period_ns and due and self.send(WATCHDOG='1'):
            self._alive_ns = now_ns

    def close(self) -> None:
        """Close our end."""
        self._socket.close()


def _watchdog_ns(env: Mapping[str, str]) -> int:
    """Return the time after which systemd gives us up, 0 for never."""
    micro, pid = env.get('WATCHDOG_USEC', ''), env.get('WATCHDOG_PID', '')
    ours = not pid or pid == str(os.getpid())
    return int(micro) * 1000 if ours and micro.isascii() and micro.isdigit() else 0
