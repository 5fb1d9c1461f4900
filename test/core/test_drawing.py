from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core import drawing
from flywheel_nodes.core.drawing import ASCII, BLOCKS, Glyphs, Scale, Span

SCALE = Scale(0, 10_000_000_000, 20)


def test_an_even_topic_is_even_and_a_silence_is_blank() -> None:
    times = [n * 10**9 // 100 for n in range(1000) if not 300 <= n < 700]
    line = drawing.sparkline(drawing.rates(times, SCALE), ASCII.levels)
    assert line == '@' * 6 + ' ' * 8 + '@' * 6


def test_a_slow_topic_is_even_too() -> None:
    slow = drawing.rates([n * 10**9 for n in range(11)], SCALE)
    assert slow == pytest.approx([0.5] * 20)


@given(st.lists(st.integers(0, 10**10), min_size=2, max_size=200))
def test_each_message_counts_once(times: list[int]) -> None:
    bins = drawing.rates(sorted(times), SCALE)
    assert len(times) - 1.001 <= sum(bins) <= len(times) + 1.001


@given(st.lists(st.floats(0, 1e6), max_size=200), st.sampled_from([ASCII, BLOCKS]))
def test_a_sparkline_has_one_character_per_value(values: list[float], glyphs: Glyphs) -> None:
    line = drawing.sparkline(values, glyphs.levels)
    assert len(line) == len(values)
    assert not any(values) or glyphs.levels[-1] in line


def test_names_are_written_where_there_is_room() -> None:
    second = 10**9
    row = drawing.named([('correction', 0, 6 * second), ('resume', 6 * second, 8 * second)],
                        SCALE, '.')
    assert row == 'correction..res     '


@given(st.integers(0, 10**12), st.integers(1, 10**13), st.integers(10, 140),
       st.integers(-10**12, 10**12))
def test_an_axis_fits(start: int, length: int, width: int, zero: int) -> None:
    text = drawing.axis(Scale(start, start + length, width), start + zero)
    assert len(text) <= width
    assert '-0' not in text or '-0.' in text


def test_an_axis_is_told_from_the_trigger_on() -> None:
    assert drawing.axis(Scale(0, 10**10, 40), 4 * 10**9) == '|-4     |-2     |0 s    |+2     |+4'


def test_colours_are_only_for_what_is_seen() -> None:
    line = (Span('ab', 'human'), Span('  ', 'hold'), Span('c'))
    assert drawing.plain(line) == 'ab  c'
    assert drawing.coloured(line) == '\x1b[36mab\x1b[0m  c'
    assert drawing.runs([('a', 'x'), ('b', 'x'), ('c', '')]) == (Span('ab', 'x'), Span('c'))
