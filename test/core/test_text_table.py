from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.text_table import Column, cut, table

COLUMNS = (Column('id'), Column('name', least=4), Column('n', right=True))


def test_columns_are_set() -> None:
    assert table(COLUMNS, [('a1', 'one', '1'), ('b', 'eleven', '11')], 80) == [
        'id  name     n', 'a1  one      1', 'b   eleven  11']


def test_the_widest_elastic_column_gives_way() -> None:
    assert table(COLUMNS, [('a1', 'a long name', '1')], 13) == [
        'id  name    n', 'a1  a lon~  1']


def test_what_would_break_the_line_is_blank() -> None:
    assert table(COLUMNS, [('a\n', '\x1b[31m', '')], 80)[1] == 'a    [31m'


def test_a_cut_is_marked() -> None:
    assert cut('abc', 3) == 'abc'
    assert cut('abcd', 3) == 'ab~'
    assert cut('abcd', 0) == ''


@given(st.lists(st.tuples(*[st.text(max_size=60)] * 3), max_size=5), st.integers(1, 120))
def test_no_line_is_wider_than_asked_for(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = table(COLUMNS, rows, width)
    assert len(lines) == 1 + len(rows)
    assert all(len(line) <= width for line in lines)
