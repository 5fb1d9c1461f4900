"""A relay server on real sockets, with what it published and a robot to tell it about."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import json
import time
from types import MappingProxyType
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flywheel_nodes.core.config import RelayConfig
from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.core.teleop.relay import Relay
from flywheel_nodes.core.teleop.view import Facts
from flywheel_nodes.effects.config_files import load_robot
from flywheel_nodes.effects.teleop.listening import listen
from flywheel_nodes.effects.teleop.relay_server import RelayServer, Settings
from flywheel_nodes.effects.teleop.tokens import fingerprint, mint, Verifier

KEY = Ed25519PrivateKey.generate()
TRUSTED = {fingerprint(KEY.public_key()): KEY.public_key()}
TIMEOUT = 20.0
LONGEST_S = 3 * TIMEOUT  # of a whole talk: while states keep coming no single wait ends it
ROBOT = load_robot('sim')


class Served:
    """A relay that serves; use as a context manager."""

    def __init__(self, port: int = 0, max_clients: int = 32, *,
                 settings: Mapping[str, Any] = MappingProxyType({}),
                 verifier: Verifier | None = None, **config: Any) -> None:
        numbers = iter(range(1_000_000))
        relay = Relay(RelayConfig(**config), ROBOT, lambda: f'lease{next(numbers)}',
                      time.time_ns() // 1_000_000)
        self.published: list[TeleopCommand] = []
        self.audited: list[tuple[str, ...]] = []
        self.server = RelayServer(
            listen('127.0.0.1', port), relay, verifier or Verifier(TRUSTED, 'sim'),
            Settings(100.0, max_clients, **settings), self.published.append,
            lambda *line: self.audited.append(line))
        self.url = self.server.url

    def __enter__(self) -> 'Served':
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    def control(self, mode: Mode, gate: Gate = Gate.NONE, epoch: int = 0,
                reason: str = '') -> None:
        """Let the robot be in a mode."""
        control = Control(mode, gate, reason, epoch=epoch)
        self.server.facts(Facts(control, time.monotonic_ns(), speed=(0.1, 0.0, 0.0),
                                speed_ns=time.monotonic_ns()))

    def requests(self) -> list[Request]:
        """Return what was asked of the arbiter, repetitions left out."""
        asked = [c.request for c in self.published]
        return [r for i, r in enumerate(asked) if i == 0 or r is not asked[i - 1]]

    def driven(self) -> list[TeleopCommand]:
        """Return the drive commands."""
        return [c for c in list(self.published) if c.request is Request.DRIVE]


def token(operator: str = 'ada', scope: Scope = Scope.DRIVE) -> str:
    """Return a good token."""
    return mint(KEY, 'sim', operator, scope)


def hello(text: str | None = None) -> dict[str, Any]:
    """Return a hello with a token."""
    return {'type': 'hello', 'token': text if text is not None else token(), 'protocol': 1}


async def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait in the event loop until a condition holds."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if value := condition():
            return value
        await asyncio.sleep(0.005)
    raise AssertionError(f'not within {TIMEOUT:g} s: {what}')


async def talk(served: Served, work: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    """Do something with a raw WebSocket."""
    async with aiohttp.ClientSession() as http, http.ws_connect(served.url, **options) as ws:
        return await asyncio.wait_for(work(ws), LONGEST_S)


async def next_of(ws: Any, kind: str) -> dict[str, Any]:
    """Return the next message of a type."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.receive_str(), TIMEOUT))
        if message['type'] == kind:
            return message


async def closed(ws: Any) -> tuple[int, str]:
    """Return the code and the words with which the relay closed."""
    while True:
        message = await asyncio.wait_for(ws.receive(), TIMEOUT)
        if message.type is aiohttp.WSMsgType.CLOSE:
            return message.data, message.extra or ''
        if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
            return ws.close_code, ''
