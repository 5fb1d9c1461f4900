"""Camera, relay, viewer and arbiter together: nobody drives what nobody sees."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from flywheel_nodes.core.control import Gate, Mode, Sight
from flywheel_nodes.core.events import EventName
from flywheel_nodes.nodes.control_arbiter import ControlArbiter
from test.harness import Bench
from test.nodes.test_control_arbiter import Robot
from test.nodes.test_relay_cameras import Cinema


class Drive(Cinema):
    """An operator who holds the stick; sees: whether camera frames come."""

    def __init__(self, bench: Bench, **params: Any) -> None:
        super().__init__(bench)
        bench.start('control_arbiter', ControlArbiter, monitor='probe', **params)
        self.robot = Robot(bench)
        self.sees = False
        self._tasks: list[asyncio.Future[None]] = []

    def speak(self) -> None:
        self.robot.speak()
        if self.sees:
            self.compressed()

    def until(self, condition: Any, what: str) -> Any:
        return self.bench.until(condition, what, each=self.speak)

    def drive(self, sight: Sight) -> None:
        """Take over and hold the stick from now on."""
        async def work() -> None:
            await self.ada.claim(sight)
            await self.ada.hold({'vx': 0.5}, seconds=600.0)
        self.until(self.robot.is_in(Mode.HOLD), 'the arbiter')

        async def begin() -> None:
            self._tasks.append(asyncio.ensure_future(work()))
        self.do(begin())

    def look(self) -> None:
        """Display what comes."""
        async def show() -> None:
            await self.ada.watch(self.video)
            async for frame in self.video.frames():
                self.shown.append(frame)

        async def begin() -> None:
            self._tasks.append(asyncio.ensure_future(show()))
        self.sees = True
        self.do(begin())

    def gated(self, gate: Gate) -> bool:
        control = self.robot.control
        return control is not None and control.gate is gate

    def moved(self) -> bool:
        return any(m.twist.linear.x for m in self.bench.probe.heard['robot/cmd_vel'])

    def close(self) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self.do(end())
        super().close()


@pytest.fixture
def drive(bench: Bench) -> Iterator[Drive]:
    made = Drive(bench)
    yield made
    made.close()


def test_by_video_the_robot_moves_while_its_pictures_are_displayed_and_no_longer(
        drive: Drive) -> None:
    drive.drive(Sight.VIDEO)
    drive.until(lambda: drive.gated(Gate.NO_VIDEO), 'the refusal')
    assert not drive.moved()
    drive.look()
    drive.until(lambda: drive.robot.speed() > 0.1 and drive.robot.is_in(Mode.HUMAN)(),
                'the human to drive')
    drive.sees = False  # the link lives, the picture freezes
    drive.until(lambda: drive.gated(Gate.VIDEO_LATE), 'the refusal')
    drive.until(lambda: drive.robot.speed() == 0.0, 'rest')
    assert drive.ada.connected
    begun = drive.said(EventName.INTERVENTION_STARTED)
    assert begun.values['sight'] == 'video'


def test_by_direct_sight_it_moves_without_a_picture(drive: Drive) -> None:
    drive.drive(Sight.DIRECT)
    drive.until(lambda: drive.robot.speed() > 0.1, 'the human to drive')


def test_where_direct_sight_is_not_allowed_it_does_not(bench: Bench) -> None:
    made = Drive(bench, direct_sight=False)
    made.drive(Sight.DIRECT)
    made.until(lambda: made.gated(Gate.DIRECT_SIGHT), 'the refusal')
    assert not made.moved()
    made.close()
