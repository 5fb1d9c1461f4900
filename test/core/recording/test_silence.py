from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.silence import Change, Silence

RATES = {'odom': 50.0, 'battery_state': 1.0}


def test_a_topic_falls_silent_once_and_comes_back_once() -> None:
    silence = Silence()
    assert silence.tick({'odom': 0}, RATES, SECOND) == []
    assert silence.tick({'odom': 0}, RATES, 3 * SECOND) == [Change('odom', True, 0)]
    assert silence.tick({'odom': 0}, RATES, 4 * SECOND) == []
    assert silence.tick({'odom': 5 * SECOND}, RATES, 5 * SECOND) == [Change('odom', False, 0)]
    assert silence.tick({'odom': 5 * SECOND}, RATES, 6 * SECOND) == []


def test_a_slow_topic_is_given_its_own_time() -> None:
    silence = Silence()
    assert silence.tick({'battery_state': 0}, RATES, 20 * SECOND) == []
    assert silence.tick({'battery_state': 0}, RATES, 21 * SECOND) == [
        Change('battery_state', True, 0)]


def test_what_has_no_rate_is_not_judged() -> None:
    assert Silence().tick({'camera/info': 0}, RATES, 100 * SECOND) == []
