"""The socket a relay listens on, and what is kept out of its log."""

import errno
import logging
import socket

from aiohttp import http_exceptions

from flywheel_nodes.core.errors import ConfigError

_ALL = {'0.0.0.0': '127.0.0.1', '::': '::1'}  # on all addresses: on this machine, too


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, port 0 for any free one; raises ConfigError."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f'teleop_relay: {host}:{port} is in use: choose another port, or 0 '
                              'for any free one') from None
        raise ConfigError(f'teleop_relay: {host}:{port} cannot be listened on: '
                          f'{error.strerror}') from None


def place(listening: socket.socket) -> str:
    """Return HOST:PORT under which this machine reaches a listening socket."""
    host, port = listening.getsockname()[:2]
    host = _ALL.get(host, host)
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'


def quiet_log() -> logging.Logger:
    """Return a log that repeats nothing of what somebody sent who speaks no HTTP."""
    def ours(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, http_exceptions.HttpProcessingError)
    logger = logging.getLogger('flywheel.relay.http')
    logger.filters = [ours]
    return logger
