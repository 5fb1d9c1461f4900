"""What a publisher numbered and we did not see is lost."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.loss import SequenceGaps


@given(st.sets(st.integers(1, 200), min_size=1))
def test_losses_add_up_to_the_gaps_between_first_and_last(seen: set[int]) -> None:
    gaps = SequenceGaps()
    lost = sum(gaps.observe(b'p', number) for number in sorted(seen))
    assert lost == max(seen) - min(seen) + 1 - len(seen)


def test_publishers_are_told_apart() -> None:
    gaps = SequenceGaps()
    assert [gaps.observe(p, n) for p, n in ((b'a', 1), (b'b', 50), (b'a', 2), (b'b', 53))] == [
        0, 0, 0, 2]


def test_repeats_and_late_ones_lose_nothing() -> None:
    gaps = SequenceGaps()
    assert [gaps.observe(b'a', n) for n in (5, 5, 3, 6, 8)] == [0, 0, 0, 0, 1]


def test_memory_is_bounded_by_the_latest_publishers() -> None:
    gaps = SequenceGaps(most=2)
    for publisher in (b'a', b'b', b'a', b'c'):  # b is the one heard longest ago
        gaps.observe(publisher, 1)
    assert gaps.observe(b'a', 4) == 2
    assert gaps.observe(b'b', 9) == 0
