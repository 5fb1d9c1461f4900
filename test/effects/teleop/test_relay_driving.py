"""Driving under a lease: what it is claimed by, and which frame each command names."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from flywheel_nodes.core.clock import MILLISECOND
from flywheel_nodes.core.control import Mode, Request, Sight
from flywheel_nodes.core.errors import RelayError
from flywheel_nodes.core.teleop.protocol import Scope
from flywheel_nodes.effects.teleop.relay_client import RelayClient
from flywheel_nodes.effects.teleop.video_client import VideoClient
from test.effects.teleop.relay import until
from test.effects.teleop.test_video_server import CAMERA, play, Studio

Moves = Callable[[RelayClient], Coroutine[Any, Any, Any]]


async def steered(client: RelayClient) -> None:
    """Steer until the lease is over."""
    await client.steer(lambda: {'vx': 0.1})


@pytest.mark.parametrize('moves', [
    lambda client: client.hold({'vx': 0.1}, seconds=60.0), steered], ids=['hold', 'steer'])
def test_what_a_viewer_displays_all_that_drives_names(moves: Moves) -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, VideoClient() as video:
            await ada.watch(video, width=320)
            shown: list[str] = []
            watching = asyncio.ensure_future(display(video, shown))
            await studio.film(lambda: shown, 'a picture')
            grant = await ada.claim()
            studio.control(Mode.HUMAN, epoch=grant.epoch)
            driving = asyncio.ensure_future(moves(ada))
            await studio.film(lambda: len({c.frame for c in studio.driven()}) > 3, 'commands')
            for command in studio.driven():
                assert command.frame in shown
                assert command.seen_ns > 0, 'the relay knows when it was captured'
                assert command.sight is Sight.VIDEO
            await ada.release()
            await asyncio.gather(driving, return_exceptions=True)
            await video.close()
            await watching
    play(work)


async def display(video: VideoClient, shown: list[str]) -> None:
    """Show each frame at once."""
    async for frame in video.frames():
        shown.append(str(frame.header.capture_id))


def test_who_watches_nothing_names_nothing() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            await ada.claim()
            await ada.drive({'vx': 0.1})
            await until(studio.driven, 'the command')
            (command,) = studio.driven()
            assert (command.frame, command.seen_ns) == ('', 0)
    play(work)


def test_after_the_video_has_ended_its_last_frame_is_named_and_grows_old() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada, VideoClient() as video:
            await ada.watch(video, CAMERA)
            shown: list[str] = []
            watching = asyncio.ensure_future(display(video, shown))
            await studio.film(lambda: shown, 'a picture', age_ns=70 * MILLISECOND)
            await video.close()
            await watching
            await ada.claim()
            for _ in range(2):
                await ada.drive({'vx': 0.1})
            await until(lambda: len(studio.driven()) == 2, 'the commands')
            first, second = studio.driven()
            assert first.frame == video.seen
            assert first.seen_ns == second.seen_ns > 0
    play(work)


@pytest.mark.parametrize('sight', Sight)
@pytest.mark.parametrize('how', ['claim', 'take'])
def test_a_lease_says_how_the_robot_is_seen(how: str, sight: Sight) -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter(Scope.SUPERVISE) as ada:
            await getattr(ada, how)(sight)
            await ada.drive({'vx': 0.1})
            await until(studio.driven, 'the command')
            assert {c.sight for c in studio.published} == {sight}
            assert {c.request for c in studio.published} == {Request.IDLE, Request.DRIVE}
    play(work)


def test_no_other_sight_is_claimed() -> None:
    async def work(studio: Studio) -> None:
        async with await studio.enter() as ada:
            with pytest.raises(ValueError, match='telepathy'):
                await ada.claim('telepathy')
            with pytest.raises(RelayError, match='404'):
                await ada.watch(VideoClient(), 'rear')
            assert ada.video is None
    play(work)
