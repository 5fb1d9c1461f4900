from collections.abc import Mapping
from dataclasses import replace

import pytest

from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.core.doctor.nodes import missed, nodes, Roll, silent, YOUNG_S
from flywheel_nodes.core.node_process import NodeProcess, ProcessState

A, B = NodeProcess(11, domain='7'), NodeProcess(12, domain='7')
BOTH = {'a': A, 'b': B}
DOMAIN = 'ROS_DOMAIN_ID, discovery range'


@pytest.mark.parametrize(('running', 'seen', 'level', 'words'), [
    ({}, (), Level.OK, 'none of ours runs; start starts them'),
    (BOTH, ('a', 'b', 'other'), Level.OK, 'all 2 run'),
    ({}, ('a', 'b'), Level.OK, 'all 2 run'),
    ({'a': A}, ('a',), Level.WARN, 'b not running'),
    (BOTH, (), Level.WRONG, 'a, b running, but not seen'),
    (BOTH, ('other',), Level.WRONG, 'a, b running, but not seen'),
    (BOTH, ('a',), Level.WRONG, 'b (pid 12) hangs: it lives and is not seen')])
def test_who_is_there(running: Mapping[str, NodeProcess], seen: tuple[str, ...], level: Level,
                      words: str) -> None:
    (found,) = nodes(('a', 'b'), Roll(running, seen), 'start')
    assert found.check == 'nodes' and found.level is level and words in found.sentence


def test_a_stopped_process_is_told_with_how_it_goes_on_and_nothing_of_domains() -> None:
    stopped = replace(B, state=ProcessState.STOPPED)
    for living, seen in ((BOTH | {'b': stopped}, ('a',)), ({'b': stopped}, ()),
                         ({'b': stopped}, ('a', 'b'))):
        (found,) = nodes(('a', 'b') if 'a' in seen else ('b',), Roll(living, seen), 'start')
        assert found.level is Level.WRONG and found.sentence == 'b (pid 12) is stopped (SIGSTOP)'
        assert found.remedy == 'kill -CONT 12'


@pytest.mark.parametrize(('state', 'level', 'words'), [
    (ProcessState.TRACED, Level.WRONG, 'debugger'), (ProcessState.ENDED, Level.WRONG, 'has ended'),
    (ProcessState.WAITS, Level.WARN, 'waits for a device')])
def test_other_ways_to_stand_still(state: ProcessState, level: Level, words: str) -> None:
    (found,) = nodes(('b',), Roll({'b': replace(B, state=state)}, ()), 'start')
    assert found.level is level and words in found.sentence and found.remedy


def test_one_that_hangs_is_to_be_ended() -> None:
    (found,) = nodes(('a', 'b'), Roll(BOTH, ('a',), domain='7'), 'start')
    assert found.remedy == ('kill 12, and kill -KILL 12 if it is still there after 5 s; it is '
                            'started again')


def test_one_that_is_seen_and_says_nothing_hangs_if_others_speak() -> None:
    (found,) = nodes(('a', 'b'), Roll(BOTH, ('a', 'b'), heard=('a',)), 'start')
    assert 'b (pid 12) hangs: it is on the bus and says nothing' in found.sentence
    (found,) = nodes(('a', 'b'), Roll(BOTH, ('a', 'b')), 'start')
    assert found.level is Level.OK, 'who hears nobody cannot tell'


def test_one_that_starts_is_waited_for() -> None:
    young = {'a': A, 'b': replace(B, age_s=YOUNG_S / 2)}
    (found,) = nodes(('a', 'b'), Roll(young, ('a',), heard=('a',)), 'start')
    assert found.level is Level.UNKNOWN and 'starts' in found.sentence
    assert not silent(Roll(young, ('a', 'b'), heard=('a',)))
    assert silent(Roll(BOTH, (), heard=('a',))) == {'b'}


def test_who_may_only_be_late_is_missed() -> None:
    assert missed(Roll(BOTH, ('a',))) == {'b'}
    assert missed(Roll(BOTH, ('a', 'b'))) == set()
    assert missed(Roll(BOTH, ('a', 'b'), heard=('a',))) == {'b'}
    assert missed(Roll({'a': replace(A, state=ProcessState.STOPPED)}, ())) == set()


def test_the_domain_is_blamed_when_it_differs() -> None:
    (found,) = nodes(('a', 'b'), Roll(BOTH, (), domain='3'), 'start')
    assert 'of 3; they run in 7' in found.sentence and DOMAIN in found.remedy
    strayed = {'a': A, 'b': replace(B, domain='9')}
    (found,) = nodes(('a', 'b'), Roll(strayed, ('a',), domain='7'), 'start')
    assert found.sentence == 'b runs in ROS_DOMAIN_ID=9, the others in 7'


def test_what_is_missing_is_told_beside_what_hangs() -> None:
    found = nodes(('a', 'b', 'c'), Roll(BOTH, ('a',)), 'start')
    assert [one.level for one in found] == [Level.WRONG, Level.WARN]
