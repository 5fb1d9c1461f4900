"""The monitor's judgement over time: quiet on health, loud on each fault, calm again after."""

import math

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import MonitorConfig
from flywheel_nodes.core.control import Mode, PolicyInfo
from flywheel_nodes.core.driving.axes import axes
from flywheel_nodes.core.driving.chunks import Chunk
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.robot import BaseAxis, Joint, Robot
from flywheel_nodes.core.ticks import absent, Tick
from flywheel_nodes.core.watching.policy_watch import PolicyWatch

ROBOT = Robot('test', 'sim', 'm', 'e', (BaseAxis('vx', 0.8, 1.0, 6.0),),
              (Joint('elbow', -2.0, 2.0, 1.5, 6.0, 12.0),))
NAMES = ROBOT.axes
H, DT, PERIOD = 16, SECOND // 10, SECOND // 20
OFFSETS = tuple(i * DT for i in range(H))


class Drive:
    """A robot driven by a policy, with what is wrong with it as attributes."""

    def __init__(self) -> None:
        self.watch = PolicyWatch(MonitorConfig(), axes(ROBOT))
        self.watch.info(PolicyInfo('steady', '1'))
        self.watch.mode(Mode.POLICY)
        self.now = SECOND
        self.x = 0.0
        self.wanted, self.follows, self.age, self.every = 0.5, 1.0, DT, 2
        self.frozen: tuple[tuple[float, ...], ...] = ()
        self.jump = 0.0
        self.broken = ''
        self.count = 0

    def elbow(self, at: int) -> float:
        return 0.5 * math.sin(at / SECOND)

    def chunk(self) -> None:
        stamp = self.now - self.age
        base = tuple((self.wanted,) for _ in OFFSETS)
        jump = self.jump * (self.count % 2)
        arm = self.frozen or tuple((self.elbow(stamp + o) + jump,) for o in OFFSETS)
        if self.broken:
            self.watch.broken('base', self.broken, self.now)
            return
        self.watch.chunk('base', Chunk(stamp, OFFSETS, base), self.now, self.age)
        self.watch.chunk('joints', Chunk(stamp, OFFSETS, arm), self.now, self.age)

    def run(self, seconds: float) -> list[str]:
        raised = []
        for _ in range(int(seconds * SECOND / PERIOD)):
            self.now += PERIOD
            self.count += 1
            if self.every and self.count % self.every == 0:
                self.chunk()
            speed = self.wanted * self.follows
            self.x += speed * PERIOD / SECOND
            self.watch.odom((self.x, 0.0), {'vx': speed})
            self.watch.joints({'elbow': self.elbow(self.now) if self.follows else 0.0})
            self.watch.applied(Tick(0, 0, 0, 0, 0, 0, 0, 1.0, 0, absent(2), absent(2),
                                    (self.wanted, self.elbow(self.now))), NAMES, self.now)
            raised += [e.values['detector'] for e in self.watch.tick(self.now)
                       if e.name is EventName.POLICY_ALARM]
        return raised


def test_a_healthy_policy_raises_nothing() -> None:
    drive = Drive()
    assert drive.run(30.0) == []
    assert drive.watch.verdict.ok


def test_without_a_policy_there_is_no_leave_to_drive_and_no_alarm_either() -> None:
    drive = Drive()
    drive.every = 0
    assert drive.run(5.0) == []
    assert not drive.watch.verdict.ok


@pytest.mark.parametrize(('fault', 'value', 'detector', 'within'), [
    ('broken', 'vx is nan', 'contract', 0.2),
    ('every', 0, 'gap', 0.8),
    ('every', 8, 'rate', 4.0),
    ('age', 6 * DT, 'age', 0.3),
    ('jump', 0.6, 'seam_joints', 0.4),
    ('frozen', tuple((1.5,) for _ in OFFSETS), 'frozen', 1.2),
    ('follows', 0.0, 'tracking_base', 0.6)])
def test_each_fault_is_seen_in_time(fault: str, value: object, detector: str,
                                    within: float) -> None:
    drive = Drive()
    assert drive.run(10.0) == []
    if fault == 'jump':
        drive.every = 1
    setattr(drive, fault, value)
    assert detector in drive.run(within)
    assert detector in drive.watch.verdict.alarms


def test_a_stall_is_no_progress() -> None:
    drive = Drive()
    drive.run(10.0)
    drive.wanted = 0.0
    drive.frozen = tuple((0.0,) for _ in OFFSETS)
    drive.follows = 0.0
    assert 'progress' in drive.run(4.5)


def test_while_a_human_drives_the_policy_is_not_blamed_for_the_robot() -> None:
    drive = Drive()
    drive.run(5.0)
    drive.watch.mode(Mode.HUMAN)
    drive.follows = 0.0
    assert drive.run(10.0) == []


def test_an_alarm_ends_when_the_cause_is_gone() -> None:
    drive = Drive()
    drive.run(2.0)
    drive.broken = 'vx is nan'
    drive.run(0.5)
    assert not drive.watch.verdict.ok
    drive.broken = ''
    drive.run(1.5)
    assert drive.watch.verdict.ok


def told(watch: PolicyWatch, now: int, group: str, values: tuple[float, ...] = (0.1,)) -> None:
    watch.chunk(group, Chunk(now - DT, OFFSETS, tuple(values for _ in OFFSETS)), now, DT)


def test_a_good_chunk_of_one_group_hides_no_broken_one_of_the_other() -> None:
    watch = PolicyWatch(MonitorConfig(), axes(ROBOT))
    watch.broken('joints', 'elbow is nan', SECOND)
    told(watch, SECOND, 'base')
    watch.tick(SECOND)
    assert watch.verdict.alarms == ('contract',)


def test_a_broken_chunk_between_two_judgements_is_not_missed() -> None:
    watch = PolicyWatch(MonitorConfig(), axes(ROBOT))
    watch.broken('base', 'vx is nan', SECOND)
    told(watch, SECOND + 1, 'base')
    watch.tick(SECOND + 2)
    assert watch.verdict.alarms == ('contract',)
    told(watch, 3 * SECOND, 'base')
    watch.tick(3 * SECOND)
    assert watch.verdict.ok, 'nor held against the policy for ever'


def test_one_group_that_falls_silent_is_a_gap() -> None:
    watch, now = PolicyWatch(MonitorConfig(), axes(ROBOT)), SECOND
    told(watch, now, 'joints')
    for _ in range(10):
        now += SECOND // 10
        told(watch, now, 'base')
        watch.tick(now)
    assert watch.verdict.alarms == ('gap',)


def test_a_policy_for_the_arm_alone_gets_leave() -> None:
    watch, now = PolicyWatch(MonitorConfig(), axes(ROBOT)), SECOND
    for _ in range(20):
        now += SECOND // 10
        told(watch, now, 'joints')
        watch.tick(now)
    assert watch.verdict.ok


def test_an_old_observation_of_one_group_is_not_hidden_by_the_other() -> None:
    watch = PolicyWatch(MonitorConfig(), axes(ROBOT))
    watch.chunk('joints', Chunk(0, OFFSETS, ((0.1,),) * H), SECOND, 9 * SECOND // 10)
    told(watch, SECOND, 'base')
    watch.tick(SECOND)
    assert watch.verdict.alarms == ('age',)


def test_under_too_much_load_only_the_statistics_are_left_undone() -> None:
    drive = Drive()
    assert drive.run(5.0) == []
    drive.watch.shed(True)
    drive.follows = 0.0
    assert drive.run(8.0) == [], 'neither tracking nor progress is judged'
    drive.follows, drive.every = 1.0, 0
    assert drive.run(2.0) == ['gap'], 'silence is'
    drive.every = 2
    drive.run(3.0)
    drive.watch.shed(False)
    assert drive.run(5.0) == [], 'what happened meanwhile is not held against the policy'
    assert drive.watch.verdict.ok


def test_an_alarm_stays_while_its_detector_is_left_undone() -> None:
    drive = Drive()
    drive.follows = 0.0
    drive.run(3.0)
    alarms = drive.watch.verdict.alarms
    assert 'tracking_base' in alarms
    drive.watch.shed(True)
    drive.follows = 1.0
    drive.run(10.0)
    assert set(alarms) <= set(drive.watch.verdict.alarms)
    drive.watch.shed(False)
    drive.run(10.0)
    assert drive.watch.verdict.ok


def test_a_policy_that_comes_back_raises_no_second_alarm() -> None:
    drive = Drive()
    drive.run(5.0)
    drive.every = 0
    assert drive.run(60.0) == ['gap']
    drive.every = 2
    assert drive.run(10.0) == []


def test_a_pause_of_the_monitor_is_no_silence_of_the_policy() -> None:
    drive = Drive()
    assert not drive.run(2)
    drive.now += 3 * SECOND
    assert not drive.run(2)


def test_a_policy_that_falls_silent_during_such_a_pause_is_told_after_it() -> None:
    drive = Drive()
    drive.run(2)
    drive.now += 3 * SECOND
    drive.every = 0
    assert not drive.run(0.4)
    assert drive.run(0.2) == ['gap']


def test_a_monitor_that_is_merely_slow_still_sees_a_gap() -> None:
    drive = Drive()
    drive.run(2)
    raised = []
    for _ in range(5):
        drive.now += SECOND // 4
        raised += [e.values['detector'] for e in drive.watch.tick(drive.now)]
    assert raised == ['gap']
