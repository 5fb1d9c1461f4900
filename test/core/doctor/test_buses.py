from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.doctor import buses
from flywheel_nodes.core.doctor.buses import Expected, Heard
from flywheel_nodes.core.doctor.finding import Level

NEEDED = Expected('joint_states', 50.0, needed=True)
USEFUL = Expected('imu', 50.0, needed=False)
RARE = Expected('answer', None, needed=False)


def at(rate: float, seconds: float = 2.0, stamp_ns: int | None = None) -> Heard:
    messages = int(rate * seconds) + 1
    return Heard(messages, SECOND, SECOND + int((messages - 1) / rate * SECOND), stamp_ns)


@pytest.mark.parametrize(('expected', 'publishers', 'heard', 'level', 'words'), [
    (NEEDED, 0, Heard(), Level.WRONG, 'nobody publishes it'),
    (USEFUL, 0, Heard(), Level.WARN, 'nobody publishes it'),
    (RARE, 0, Heard(), Level.OK, 'nobody publishes it'),
    (NEEDED, 1, Heard(), Level.WRONG, 'said nothing in 3 s'),
    (USEFUL, 1, Heard(), Level.WARN, 'said nothing'),
    (RARE, 1, Heard(), Level.OK, 'said nothing'),
    (Expected('slow', 1.0, True), 1, Heard(), Level.WARN, 'said nothing'),
    (Expected('slow', 1.0, False), 1, Heard(), Level.OK, 'said nothing'),
    (Expected('slow', 1.0, True), 1, Heard(1, 5, 5), Level.OK, '1 message'),
    (NEEDED, 1, at(50.0), Level.OK, '50 Hz'), (NEEDED, 1, at(500.0), Level.OK, '500 Hz'),
    (NEEDED, 1, at(30.0), Level.WARN, '30 Hz, 50 Hz are expected'),
    (NEEDED, 1, at(10.0), Level.WRONG, '10 Hz, 50 Hz are expected'),
    (USEFUL, 1, at(10.0), Level.WARN, '10 Hz'), (RARE, 1, at(10.0), Level.OK, '10 Hz')])
def test_topic(expected: Expected, publishers: int, heard: Heard, level: Level,
               words: str) -> None:
    (found,) = buses.topic(expected, publishers, heard, 3.0)
    assert found.level is level
    assert found.check == 'robot topic' and found.sentence.startswith(f'{expected.name}: ')
    assert words in found.sentence
    assert bool(found.remedy) is (level is not Level.OK)


def test_a_clock_that_disagrees_is_told_beside_the_rate() -> None:
    for offset in (3 * SECOND, -3 * SECOND):
        rate, clock = buses.topic(NEEDED, 1, at(50.0, stamp_ns=offset), 3.0)
        assert rate.level is Level.OK and clock.level is Level.WARN
        assert f'{offset // SECOND:+d}.00 s after its stamp' in clock.sentence
    assert len(buses.topic(NEEDED, 1, at(50.0, stamp_ns=SECOND // 20), 3.0)) == 1


@given(st.builds(Heard, st.integers(0, 2**40), st.integers(0, 2**62), st.integers(0, 2**62),
                 st.none() | st.integers(-2**62, 2**62)),
       st.integers(0, 3), st.none() | st.floats(0.001, 1e4), st.booleans())
def test_whatever_came_there_is_a_line_for_it(
        heard: Heard, publishers: int, rate: float | None, needed: bool) -> None:
    found = buses.topic(Expected('x', rate, needed), publishers, heard, 3.0)
    assert found and all(one.sentence.startswith('x: ') for one in found)


def test_a_robot_that_is_not_there_is_one_line() -> None:
    found = buses.nothing_there(6, 0, own=True)
    assert found.level is Level.WRONG and "domain 0, the robot's own" in found.sentence
    assert 'SUBNET' in buses.nothing_there(6, 0, own=False).remedy
