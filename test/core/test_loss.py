"""What a publisher numbered and we did not see is lost."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.loss import SequenceGaps, SoleGaps, UNKNOWN


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


class Graph:
    """A graph whose publishers a test sets; counts how often it is asked."""

    def __init__(self, *publishers: bytes) -> None:
        self.publishers = publishers
        self.asked = 0
        self.gaps = SoleGaps(self._who)

    def _who(self) -> bytes:
        self.asked += 1
        return self.publishers[0] if len(self.publishers) == 1 else b''

    def batch(self, *numbers: int) -> list[int]:
        self.gaps.begin(len(self.publishers))
        return [self.gaps.observe(number) for number in numbers]


@given(st.lists(st.sets(st.integers(1, 200), min_size=1), min_size=1))
def test_the_losses_of_a_sole_publisher_are_known(batches: list[set[int]]) -> None:
    graph, named, last = Graph(b'a'), SequenceGaps(), 0
    for batch in batches:
        numbers = [last + number for number in sorted(batch)]
        assert graph.batch(*numbers) == [named.observe(b'a', number) for number in numbers]
        last = numbers[-1]


def test_among_several_losses_are_unknown_never_0() -> None:
    graph = Graph(b'a')
    assert graph.batch(1, 2) == [0, 0]
    graph.publishers = (b'a', b'b')
    assert graph.batch(3, 7, 4) == [UNKNOWN] * 3
    graph.publishers = (b'b',)
    assert graph.batch(8, 9) == [UNKNOWN] * 2, 'what waited may still be of the other'
    assert graph.batch(10, 13) == [0, 2]


def test_who_follows_the_only_one_is_not_taken_for_it() -> None:
    graph = Graph(b'a')
    graph.batch(500)
    graph.publishers = (b'b',)
    assert graph.batch(900, 902) == [0, 1]
    graph.publishers = (b'c',)
    assert graph.batch(1, 2, 5) == [0, 0, 2]


def test_late_ones_lose_nothing_of_a_sole_publisher() -> None:
    assert Graph(b'a').batch(5, 5, 3, 6, 8) == [0, 0, 0, 0, 1]


def test_one_that_only_the_graph_knows_makes_losses_unknown() -> None:
    graph = Graph(b'a', b'another type')
    graph.gaps.begin(1)
    assert [graph.gaps.observe(number) for number in (1, 2, 3)] == [UNKNOWN] * 3
    assert graph.asked == 1, 'asked once a batch'


def test_what_goes_on_asks_nobody() -> None:
    graph = Graph(b'a')
    for start in range(1, 100, 10):
        graph.batch(*range(start, start + 10))
    assert graph.asked == 1
