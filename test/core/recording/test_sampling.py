from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.core.recording.rules import Rule
from flywheel_nodes.core.recording.sampling import chosen, Sampler
from test.core.recording.rules import rule


def test_a_share_of_the_episodes_is_chosen() -> None:
    episodes = [uuid7(n, n.to_bytes(10, 'big')) for n in range(10_000)]
    for share in (0.0, 0.02, 0.5, 1.0):
        found = sum(chosen(one, share) for one in episodes) / len(episodes)
        assert abs(found - share) < 0.02


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_the_choice_is_always_the_same_and_grows_with_the_share(
        episode: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert chosen(episode, low) is chosen(episode, low)
    assert chosen(episode, high) or not chosen(episode, low)


def due(sampler: Sampler, *at_s: float) -> list[float]:
    return [at for at in at_s if sampler.due(round(at * SECOND))]


def every(seconds: float) -> Rule:
    return rule({'every': seconds})


def test_samples_come_regularly_from_the_start() -> None:
    assert due(Sampler([every(10)]), 100, 109, 110, 111, 119.9, 120, 135, 139, 140) == [
        110, 120, 135, 140]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.integers(1, 60))
def test_never_two_within_one_period(gaps: list[float], period: int) -> None:
    times = [sum(gaps[:i + 1]) for i in range(len(gaps))]
    found = due(Sampler([every(period)]), *times)
    slots = [(at - times[0]) // period for at in found]
    assert len(found) <= (times[-1] - times[0]) / period + 1
    assert all(slot >= 0 for slot in slots)
