"""Errands are repeated until heard, in order, and not for ever."""

from flywheel_nodes.core.control import Control, Gate, Mode, Request, TeleopCommand
from flywheel_nodes.core.teleop.errands import BLOCKS_NS, Errands, GIVE_UP_NS, REPEAT_NS

STOP = TeleopCommand(Request.STOP, 'ada', seq=5)
RESUME = TeleopCommand(Request.RESUME, 'ada', seq=6)
RELEASE = TeleopCommand(Request.RELEASE, 'ada', 'lease', 7, 3)
HUMAN = Control(Mode.HUMAN, Gate.NONE, '', epoch=7)
STOPPED = Control(Mode.STOPPED, Gate.STOP, '')
HOLD = Control(Mode.HOLD, Gate.HUMAN, '')


def test_a_release_is_repeated_until_the_session_is_over() -> None:
    errands = Errands()
    errands.add(RELEASE)
    assert errands.run(HUMAN, 0, 1) == [RELEASE]
    assert errands.run(HUMAN, 2, 2) == []
    assert errands.run(HUMAN, 2, 1 + REPEAT_NS) == [RELEASE]
    assert errands.run(HOLD, 3, 2 + REPEAT_NS) == []
    assert not errands.blocking(2 + REPEAT_NS)


def test_what_was_heard_before_proves_nothing() -> None:
    errands = Errands()
    errands.add(STOP)
    assert errands.run(STOPPED, 90, 100) == [STOP]
    assert errands.run(STOPPED, 90, 100 + REPEAT_NS) == [STOP]
    assert errands.run(STOPPED, 101, 101 + REPEAT_NS) == []
    assert not errands.blocking(101 + REPEAT_NS)


def test_a_deaf_arbiter_is_given_up() -> None:
    errands = Errands()
    errands.add(RELEASE)
    sent = [command for now in range(1, 2 * GIVE_UP_NS, REPEAT_NS)
            for command in errands.run(None, 0, now)]
    assert len(sent) == GIVE_UP_NS // REPEAT_NS
    assert not errands.blocking(2 * GIVE_UP_NS)


def test_a_deaf_arbiter_keeps_the_next_lease_waiting_for_a_second_only() -> None:
    errands = Errands()
    errands.add(RELEASE)
    assert errands.blocking(1)
    assert errands.run(None, 0, 1) == [RELEASE]
    assert errands.blocking(BLOCKS_NS)
    assert not errands.blocking(1 + BLOCKS_NS)
    assert errands.run(None, 0, 1 + BLOCKS_NS) == [RELEASE]


def test_what_waits_behind_a_deaf_end_waits_for_a_second_only() -> None:
    errands = Errands()
    errands.add(RELEASE)
    errands.add(RESUME)
    assert errands.run(None, 0, 1) == [RELEASE]
    assert errands.run(None, 0, BLOCKS_NS) == [RELEASE]
    assert errands.run(None, 0, 1 + BLOCKS_NS) == [RESUME]


def test_a_stop_is_never_given_up() -> None:
    errands = Errands()
    errands.add(STOP)
    for now in range(1, 10 * GIVE_UP_NS, REPEAT_NS):
        assert errands.run(None, 0, now) == [STOP]
    assert errands.blocking(now)
    assert errands.run(STOPPED, 10 * GIVE_UP_NS, 10 * GIVE_UP_NS) == []
    assert not errands.blocking(10 * GIVE_UP_NS)


def test_a_resume_waits_for_the_release_before_it() -> None:
    errands = Errands()
    errands.add(RELEASE)
    errands.add(RESUME)
    assert errands.run(HUMAN, 0, 1) == [RELEASE]
    assert errands.run(HOLD, 2, 2) == [RESUME]


def test_a_stop_goes_first_and_cancels_waiting_resumes() -> None:
    errands = Errands()
    for command in (RELEASE, RESUME, STOP):
        errands.add(command)
    assert errands.run(HUMAN, 0, 1) == [STOP]
    assert errands.run(STOPPED, 2, 2) == [RELEASE]
    assert errands.run(STOPPED, 3, 3) == []
    assert not errands.blocking(3)


def test_the_same_errand_is_not_taken_twice() -> None:
    errands = Errands()
    for _ in range(100):
        errands.add(STOP)
    assert errands.run(HUMAN, 0, 1) == [STOP]
    assert errands.run(STOPPED, 2, 2) == []
