"""Video over real sockets: the newest frame only, credit, sharing, and who may watch."""

import asyncio
from collections.abc import Awaitable, Callable
import json
import time
from typing import Any

import aiohttp
import pytest

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.control import Request
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop.protocol import Close, Scope
from flywheel_nodes.core.teleop.video_frame import unpack
from flywheel_nodes.core.teleop.video_rate import CREDIT
from flywheel_nodes.effects.teleop import door, relay_server, video_server, video_viewer
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.video_client import VideoClient
from flywheel_nodes.effects.teleop.video_server import VideoSettings
from test.effects.teleop.link import never_slow
from test.effects.teleop.relay import closed, LONGEST_S, Served, TIMEOUT, token, until
from test.effects.teleop.test_video_coder import compressed

CAMERA = 'front'
RATE = 100.0


class Studio(Served):
    """A relay whose camera is the test."""

    def __init__(self, viewers: int = 8, **more: Any) -> None:
        super().__init__(settings={'video': VideoSettings(RATE, viewers)}, **more)
        self.number = 0

    @property
    def feed(self) -> Any:
        return self.server.video.feeds[CAMERA]

    def shoot(self, ending: str = '.jpg', age_ns: int = 0) -> int:
        """Hand in a frame; return its capture id."""
        self.number += 1
        made = compressed(ending, number=self.number)
        self.server.frame(CAMERA, type(made)(
            self.number, self.number, time.monotonic_ns() - age_ns, made.data, made.head,
            made.size))
        return self.number

    async def film(self, condition: Callable[[], Any], what: str, ending: str = '.jpg',
                   age_ns: int = 0) -> Any:
        """Hand in frames until a condition holds."""
        def step() -> Any:
            self.shoot(ending, age_ns)
            return condition()
        return await until(step, what)

    async def enter(self, scope: Scope = Scope.DRIVE) -> RelayClient:
        client = RelayClient()
        await client.connect(self.url, token(scope=scope))
        return client

    async def watch(self, client: RelayClient, **wants: Any) -> VideoClient:
        video = VideoClient()
        await video.connect(self.url, CAMERA, client.welcome.resume, **wants)
        return video

    async def raw(self, http: aiohttp.ClientSession, client: RelayClient) -> Any:
        """Open a video socket that acknowledges nothing by itself."""
        ws = await http.ws_connect(self.url.replace('/control', f'/video/{CAMERA}'))
        await ws.send_json({'type': 'hello', 'protocol': 1, 'resume': client.welcome.resume})
        assert json.loads(await ws.receive_str()) == {
            'type': 'watching', 'camera': CAMERA, 'rate': RATE}
        return ws


def play(work: Callable[[Studio], Awaitable[None]], **more: Any) -> None:
    """Run a scene with a studio."""
    with Studio(**more) as studio:
        asyncio.run(asyncio.wait_for(work(studio), LONGEST_S))


async def show(video: VideoClient, ids: list[int]) -> None:
    """Display each frame at once."""
    async for frame in video.frames():
        ids.append(frame.header.capture_id)


def test_a_slow_screen_gets_the_newest_frame_and_never_a_queue() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, await studio.watch(ada) as video:
            frames, seen = video.frames(), []
            for _ in range(4):
                await studio.film(lambda: studio.feed.counts.sent > len(seen), 'a frame')
                seen.append((await frames.__anext__()).header.capture_id)
                newest = max(studio.shoot() for _ in range(10))
                assert studio.feed.counts.sent - len(seen) < CREDIT
            assert seen == sorted(set(seen))
            assert newest - seen[-1] >= 10
            counts = studio.feed.counts
            showing = asyncio.ensure_future(frames.__anext__())
            await studio.film(lambda: counts.skipped >= 20, 'skipped frames are counted')
            await until(lambda: counts.acked == 4, 'acknowledgements')
            await showing
    play(work)


def test_no_more_frames_are_sent_than_acknowledged_and_the_credit() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, aiohttp.ClientSession() as http:
            ws = await studio.raw(http, ada)
            await studio.film(lambda: studio.feed.counts.sent == CREDIT, 'the credit')
            for _ in range(20):
                studio.shoot()
            await asyncio.sleep(0.2)
            assert studio.feed.counts.sent == CREDIT
            for _ in range(CREDIT):
                header, _ = unpack(await ws.receive_bytes())
            now = time.monotonic_ns()
            await ws.send_json({'type': 'ack', 'frame': header.capture_id, 't_received': now,
                                't_displayed': now})
            await studio.film(lambda: studio.feed.counts.sent > CREDIT, 'more')
            assert studio.feed.counts.sent <= 2 * CREDIT
            await ws.close()
            await until(lambda: not studio.feed.viewers, 'the viewer is gone')
    play(work)


def test_one_picture_is_coded_once_for_all_who_watch_it_at_that_size(
        monkeypatch: pytest.MonkeyPatch) -> None:
    never_slow(monkeypatch)

    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            videos = [await studio.watch(ada, width=160) for _ in range(6)]
            ids: list[list[int]] = [[] for _ in videos]
            watching = [asyncio.ensure_future(show(*pair)) for pair in zip(
                videos, ids, strict=True)]
            await studio.film(lambda: min(map(len, ids)) >= 10, 'ten frames for each')
            counts = studio.feed.counts
            assert counts.sent >= 60
            assert counts.encoded <= studio.number
            assert counts.sent > 2 * counts.encoded
            for video in videos:
                await video.close()
            await asyncio.gather(*watching, return_exceptions=True)
    play(work)


def test_a_camera_that_compresses_itself_costs_no_coding(monkeypatch: pytest.MonkeyPatch) -> None:
    never_slow(monkeypatch)

    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, await studio.watch(ada) as video:
            ids: list[int] = []
            watching = asyncio.ensure_future(show(video, ids))
            await until(lambda: studio.feed.viewers, 'the viewer')
            await studio.film(lambda: len(ids) > 5, 'frames')
            assert studio.feed.counts.encoded == 0
            await video.close()
            await watching
    play(work)


def test_a_stalled_viewer_costs_others_nothing_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_viewer, 'STALL_NS', 3 * SECOND)

    async def work(studio: Studio) -> None:
        async with (await studio.enter() as ada, aiohttp.ClientSession() as http,
                    await studio.watch(ada) as video):
            stalled = await studio.raw(http, ada)
            ids: list[int] = []
            watching = asyncio.ensure_future(show(video, ids))
            await studio.film(lambda: studio.server.video.stalled, 'it is given up')
            seen = len(ids)
            assert seen > 2
            while (message := await stalled.receive()).type is aiohttp.WSMsgType.BINARY:
                pass
            assert (stalled.close_code, message.extra) == (Close.TIMEOUT, 'slow')
            await studio.film(lambda: len(ids) > seen + 5, 'the other goes on')
            await video.close()
            await watching
    play(work)


def test_frozen_video_with_a_live_ping_is_noticed() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, await studio.watch(ada) as video:
            watching = asyncio.ensure_future(show(video, []))
            await studio.film(lambda: ada.cameras, 'latency is told')
            first = ada.cameras[0]
            assert (first.camera, first.width > 0, first.age_ms > 0) == (CAMERA, True, True)
            # From here on no frame comes.
            await until(lambda: ada.cameras[0].frame == video.seen
                        and ada.cameras[0].age_ms > 1500, 'its age grows')
            assert ada.connected
            assert ada.round_trip_s is not None
            await video.close()
            await watching
    play(work)


def test_a_command_says_when_the_frame_was_captured_that_its_operator_sees() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, await studio.watch(ada) as video:
            frames = video.frames()
            await until(lambda: studio.feed.viewers, 'the viewer')
            before = time.monotonic_ns()
            studio.shoot(age_ns=70 * MILLISECOND)
            after = time.monotonic_ns()
            await frames.__anext__()
            showing = asyncio.ensure_future(frames.__anext__())
            await until(lambda: video.seen, 'it is on display')
            await ada.claim()
            for frame in (video.seen, '', '12345', 'front'):
                await ada.drive({'vx': 0.1}, frame=frame)
            await until(lambda: len(studio.driven()) == 4, 'commands')
            seen, *others = (command.seen_ns for command in studio.driven())
            assert before <= seen + 70 * MILLISECOND <= after
            assert others == [0, 0, 0]
            assert all(c.seen_ns == 0 for c in studio.published if c.request is Request.IDLE)
            showing.cancel()
    play(work)


def test_the_same_viewer_comes_back_with_the_same_secret() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter(Scope.VIEW) as ada:
            for _ in range(2):
                async with await studio.watch(ada) as video:
                    ids: list[int] = []
                    watching = asyncio.ensure_future(show(video, ids))
                    await studio.film(lambda ids=ids: len(ids) >= 2, 'frames')
                await asyncio.gather(watching, return_exceptions=True)
                await until(lambda: not studio.feed.viewers, 'gone')
    play(work)


def test_pictures_that_do_not_decode_are_counted_and_others_go_on() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, await studio.watch(ada) as video:
            ids: list[int] = []
            watching = asyncio.ensure_future(show(video, ids))
            made = compressed('.png')
            torn = made.data.replace(b'IDAT', b'XDAT')

            def broken() -> Any:
                studio.number += 1
                studio.server.frame(CAMERA, type(made)(
                    studio.number, studio.number, time.monotonic_ns(), torn, made.head, None))
                return studio.feed.counts.broken
            await until(broken, 'it is counted')
            await studio.film(lambda: ids, 'a frame', '.png')
            await video.close()
            await watching
    play(work)


# --- who may watch ------------------------------------------------------------------------------

def test_no_such_camera() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, VideoClient() as video:
            with pytest.raises(RelayError, match='404'):
                await video.connect(studio.url, 'rear', ada.welcome.resume)
    play(work)


@pytest.mark.parametrize('secret', ['x', 'A' * 43])
def test_nobody_watches_without_a_secret(secret: str) -> None:
    async def work(studio: Studio) -> None:
        async with VideoClient() as video:
            with pytest.raises(RelayError, match='resume'):
                await video.connect(studio.url, CAMERA, secret)
        assert not studio.feed.viewers
        assert studio.server.door.refused['resume'] == 1
    play(work)


def test_an_origin_that_is_not_allowed_does_not_watch() -> None:
    async def work(studio: Studio) -> None:
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError, match='403'):
                await http.ws_connect(studio.url.replace('control', 'video/front'),
                                      headers={'Origin': 'https://elsewhere'})
    play(work)


def test_there_are_no_more_viewers_than_allowed() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            videos = [await studio.watch(ada) for _ in range(2)]
            await until(lambda: len(studio.feed.viewers) == 2, 'two viewers')
            with pytest.raises(RelayError, match='503'):
                await studio.watch(ada)
            for video in videos:
                await video.close()
    play(work, viewers=2)


@pytest.mark.parametrize('text', [
    'junk', '{"type": "drive"}', '{"type": "ack", "frame": 1, "t_received": 1, '
    '"t_displayed": 2}', '{"type": "ack"}'])
def test_who_talks_nonsense_is_cut_off(text: str) -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, aiohttp.ClientSession() as http:
            ws = await studio.raw(http, ada)
            for _ in range(video_server.STRIKES):
                await ws.send_str(text)
            assert await closed(ws) == (Close.FLOOD, 'flood')
            assert studio.server.video.flooded == 1
    play(work)


def test_who_takes_no_leave_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, 'CLOSE_TIMEOUT_S', 3600.0)
    monkeypatch.setattr(relay_server, 'CLOSE_TIMEOUT_S', 3600.0)

    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, aiohttp.ClientSession() as http:
            ws = await studio.raw(http, ada)  # reads nothing, and answers no closing
            await studio.film(lambda: studio.feed.counts.sent, 'a frame')
            end = asyncio.get_running_loop().run_in_executor(None, studio.server.close)
            await asyncio.wait_for(end, TIMEOUT)
            assert not studio.feed.viewers
            ws._response.close()
    play(work)


def test_the_relay_says_goodbye() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, aiohttp.ClientSession() as http:
            ws = await studio.raw(http, ada)
            await asyncio.get_running_loop().run_in_executor(None, studio.server.close)
            assert (await closed(ws))[0] == aiohttp.WSCloseCode.GOING_AWAY
    play(work)
