import math

from flywheel_nodes.core.control import code, Control, Gate, Mode
from flywheel_nodes.core.events import Event, EventName, Phase
from flywheel_nodes.core.recording import tick_table
from flywheel_nodes.core.ticks import Tick

NAN = math.nan


def tick(stamp_ns: int, mode: Mode, phase: Phase = Phase.NONE) -> Tick:
    return Tick(stamp_ns, code(mode), code(Gate.NONE), code(phase), 1, 1, stamp_ns - 5, 1.0, 0,
                (0.5, 0.0), (NAN, NAN), (0.4, 0.0))


def event(name: EventName, wall_ns: int) -> Event:
    return Event(name, '', 0, {'intervention': 'i', 'operator': 'ann'}, wall_ns=wall_ns)


def test_ticks_are_joined_with_who_drove() -> None:
    ticks = [tick(30, Mode.HUMAN, Phase.CORRECTION), tick(10, Mode.POLICY), tick(40, Mode.POLICY)]
    events = [event(EventName.INTERVENTION_STARTED, 20), event(EventName.INTERVENTION_ENDED, 35)]
    table = tick_table.build(('vx', 'wz'), ticks, [], events)
    assert [(r.stamp_ns, r.mode, r.phase, r.operator, r.intervention) for r in table.rows] == [
        (10, 'policy', 'pre_intervention', '', ''), (30, 'human', 'correction', 'ann', 'i'),
        (40, 'policy', 'none', '', '')]
    assert table.columns[-6:] == ('proposed/vx', 'proposed/wz', 'requested/vx', 'requested/wz',
                                  'executed/vx', 'executed/wz')
    cells = list(table.cells())
    assert len(cells[0]) == len(table.columns)
    assert cells[0][-2:] == (0.4, 0.0)


def test_an_intervention_from_before_the_snippet_is_known_from_control() -> None:
    control = [(5, Control(Mode.HUMAN, Gate.HUMAN, '', operator='bob', intervention='j')),
               (20, Control(Mode.POLICY, Gate.NONE, ''))]
    table = tick_table.build(('vx', 'wz'), [tick(10, Mode.HUMAN), tick(30, Mode.POLICY)],
                             control, [])
    assert [(row.operator, row.intervention) for row in table.rows] == [('bob', 'j'), ('', '')]


def test_codes_without_a_word_stay_numbers() -> None:
    assert tick_table.word(Mode, 99) == '99'
    assert tick_table.word(Mode, -1) == '-1'
    assert tick_table.word(Mode, 1) == 'hold'
