"""The viewer against relays that are not ours, or not there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
import pytest

from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop.video_frame import Header
from flywheel_nodes.effects.teleop.video_client import VideoClient

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


async def against(talk: Talk, work: Callable[[str], Awaitable[None]]) -> None:
    """Let a viewer meet a relay that talks like that."""
    async def serve(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await talk(ws)
        return ws
    app = web.Application()
    app.router.add_get('/video/front', serve)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, '127.0.0.1', 0)
    await site.start()
    try:
        await work(f'ws://127.0.0.1:{runner.addresses[0][1]}/control')
    finally:
        await runner.cleanup()


def frame(capture_id: int, codec: int = 1) -> bytes:
    return Header(0, capture_id, 1, 2, 64, 48, codec=codec).pack() + b'picture'


def test_codecs_of_later_days_are_left_out() -> None:
    said: list[Any] = []

    async def talk(ws: web.WebSocketResponse) -> None:
        said.append(await ws.receive_json())
        await ws.send_json({'type': 'watching', 'camera': 'front', 'rate': 15.0, 'later': 1})
        for data in (frame(1, codec=9), frame(2)):
            await ws.send_bytes(data)
        said.append(await ws.receive_json())

    async def work(url: str) -> None:
        async with VideoClient() as video:
            await video.connect(url, 'front', 'secret')
            shown = [(one.header.capture_id, one.picture) async for one in video.frames()]
            assert shown == [(2, b'picture')]
            assert (video.skipped, video.count, video.seen) == (1, 1, '2')
            assert video.closed
            with pytest.raises(RelayError, match='gone'):
                await video.want(width=320)
    asyncio.run(against(talk, work))
    hello, ack = said
    assert (hello['type'], hello['resume'], ack['type'], ack['frame']) == (
        'hello', 'secret', 'ack', 2)
    assert ack['t_received'] <= ack['t_displayed']


def test_a_relay_that_closes_at_once() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.close(code=4401, message=b'resume')

    async def work(url: str) -> None:
        video = VideoClient()
        with pytest.raises(RelayError, match='resume'):
            await video.connect(url, 'front', 'secret')
        with pytest.raises(RelayError, match='404'):
            await video.connect(url, 'rear', 'secret')
    asyncio.run(against(talk, work))


def test_junk_instead_of_a_frame_is_an_error_of_the_relay() -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.receive()
        await ws.send_json({'type': 'watching', 'camera': 'front', 'rate': 15.0})
        await ws.send_bytes(b'junk')
        await ws.receive()

    async def work(url: str) -> None:
        async with VideoClient() as video:
            await video.connect(url, 'front', 'secret')
            with pytest.raises(RelayError, match='frame'):
                async for _ in video.frames():
                    raise AssertionError('it was shown')
    asyncio.run(against(talk, work))


def test_where_no_relay_is() -> None:
    async def work() -> None:
        video = VideoClient()
        with pytest.raises(RelayError, match='no video'):
            await video.connect('ws://127.0.0.1:1/control', 'front', 'secret')
        assert video.seen == ''
    asyncio.run(work())


def test_a_secret_does_not_travel_without_tls() -> None:
    async def work() -> None:
        with pytest.raises(RelayError, match='TLS'):
            await VideoClient().connect('ws://robot.example/control', 'front', 'secret')
    asyncio.run(work())
