import math

import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.tick_table import Row, TickTable
from flywheel_nodes.core.recording.tick_view import ENDS, lines, view

NAN = math.nan
ZERO = 10**18


def table(rows: int, undecoded: int = 0) -> TickTable:
    return TickTable(('vx', 'wz'), tuple(
        Row(ZERO + n * 10**7 - 10**9, 'policy', 'none', 'none', '', '', 0, (0.5, -0.0001),
            (NAN, NAN), (0.25, 0.0)) for n in range(rows)), undecoded)


def shown(ticks: TickTable, *columns: str, width: int = 80, everything: bool = False) -> list[str]:
    return lines(ticks, view(ticks, columns, ZERO), width, everything)


def test_a_glance_has_both_ends_relative_to_the_trigger() -> None:
    told = shown(table(100))
    assert told[0].split() == ['s', 'mode', 'phase', 'gate', 'operator', 'exec/vx', 'exec/wz']
    assert told[1].split() == ['-1.000', 'policy', 'none', 'none', '-', '0.250', '0.000']
    assert told[1 + ENDS] == '... 60 more ticks ...'
    assert told[-2].split()[0] == '-0.010'
    assert told[-1] == '100 ticks'
    assert len(told) == 1 + 2 * ENDS + 2


def test_all_of_it_is_all_of_it() -> None:
    assert len(shown(table(100), everything=True)) == 1 + 100 + 1
    assert len(shown(table(2 * ENDS))) == 1 + 2 * ENDS + 1
    assert shown(table(0))[-1] == '0 ticks'
    assert shown(table(1))[-1] == '1 tick'


def test_columns_are_chosen_by_name_vector_or_all() -> None:
    assert shown(table(1), 'proposed/vx', 'mode')[0].split() == ['s', 'prop/vx', 'mode']
    assert shown(table(1), 'requested')[1].split() == ['-1.000', '-', '-']
    assert shown(table(1), 'proposed')[1].split() == ['-1.000', '0.500', '0.000']
    assert view(table(1), ['all'], 0).columns == table(1).columns
    with pytest.raises(ConfigError, match="'vy' is none of"):
        view(table(1), ['vy'], 0)


def test_what_has_no_room_is_counted() -> None:
    told = shown(table(3), 'all', width=60)
    assert max(map(len, told)) <= 60
    assert 'columns had no room' in told[-1]


def test_what_did_not_decode_is_told() -> None:
    assert shown(table(1, undecoded=1))[-1] == '1 tick; 1 message did not decode and is left out'
    assert shown(table(1, undecoded=2))[-1] == (
        '1 tick; 2 messages did not decode and are left out')
