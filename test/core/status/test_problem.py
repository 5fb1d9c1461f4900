"""A sentence that is too wide loses letters of a name, never what it says of it."""

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.status.problem import bad, many, warn


def test_a_name_gives_way_and_what_is_said_of_it_stays() -> None:
    name = 'left wheel: ' + 'motor ' * 20
    shown = bad(f'{name} reports an error', name).short(40, '…')
    assert shown.endswith('… reports an error') and len(shown) == 40
    assert bad('lidar reports an error', 'lidar').short(40, '…') == 'lidar reports an error'


def test_a_sentence_without_a_name_stays_whole() -> None:
    assert warn('no time service steers the clock').short(10, '~') == \
        'no time service steers the clock'


@given(st.text(), st.text(), st.integers(-9, 99))
def test_whatever_the_name_is_the_rest_is_there(name: str, said: str, width: int) -> None:
    shown = bad(f'{name}: {said}', name).short(width, '~')
    assert shown.endswith(f': {said}') and len(shown) <= max(width, len(said) + 2 + 12)


def test_numbers_of_scrapes_are_counted_as_they_are() -> None:
    assert (many(1.0, 'pair'), many(2.0, 'pair'), many(0.5, 'pair')) == (
        '1 pair', '2 pairs', '0.5 pairs')
