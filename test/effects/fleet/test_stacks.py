"""A full robot is waited for whatever its exporter does until it is ready, and not forever."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
import socket

import aiohttp
from aiohttp import web
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.fleet.scraping import Target
from flywheel_nodes.effects.domains import Domain
from flywheel_nodes.effects.fleet import stacks
from flywheel_nodes.effects.fleet.stacks import Stack
from flywheel_nodes.effects.run_dir import Instance


class Exporter:
    """Drops the first connections, says no, then yes."""

    asked = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.asked <= 2:
            assert request.transport
            request.transport.close()
        if self.asked == 3:
            await asyncio.sleep(0.5)
        return web.Response(status=503 if self.asked <= 4 else 200)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    domain = Domain()
    yield Stack('steady', 'steady', tmp_path, domain)
    domain.close()


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Let the nodes say where they are reached."""
    nodes = [Instance(tmp_path, node) for node in ('health_exporter', 'teleop_relay')]

    def at(port: int) -> None:
        for node in nodes:
            node.address(f'http://127.0.0.1:{port}/metrics')
    yield at
    for node in nodes:
        node.close()


async def wait_for(stack: Stack) -> None:
    async with aiohttp.ClientSession() as http:
        await stack.ready(http)


def test_a_robot_that_drops_connections_or_is_slow_is_asked_again(
        stack: Stack, found: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, 'ASK_S', 0.2)
    exporter = Exporter()

    async def run() -> None:
        app = web.Application()
        app.router.add_get('/readyz', exporter.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, '127.0.0.1', 0).start()
        port = runner.addresses[0][1]
        found(port)
        assert stack.target() == Target('steady', 'lab', f'127.0.0.1:{port}')
        await wait_for(stack)
        await runner.cleanup()
    asyncio.run(run())
    assert exporter.asked >= 5


def test_one_that_never_answers_is_named(
        stack: Stack, found: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, 'UP_S', 0.5)
    with socket.socket() as closed:
        closed.bind(('127.0.0.1', 0))
        found(closed.getsockname()[1])
        with pytest.raises(ConfigError, match=r'steady is not ready after 0\.5 s'):
            asyncio.run(wait_for(stack))
