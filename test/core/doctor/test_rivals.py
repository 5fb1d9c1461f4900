import pytest

from flywheel_nodes.core import topics
from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.core.doctor.rivals import competitors, Contested, LOOK, Rival

BASE, JOINTS = topics.ROBOT_CMD_VEL.name, topics.ROBOT_JOINTS.name
NAV = Rival('/r1/nav', 4711, 'python3 nav.py')


def of(topic: str, *rivals: Rival) -> Contested:
    return Contested(topic, 'control_arbiter', rivals)


def test_a_rival_is_told_with_its_process_and_what_to_do() -> None:
    (found,) = competitors([of(BASE, NAV)])
    assert (found.level, found.check) == (Level.WRONG, 'competitor')
    assert found.sentence == (
        'robot/cmd_vel: published by /r1/nav (pid 4711: python3 nav.py), which only '
        'control_arbiter may; its commands are not passed on by robot_adapter; only what is sent '
        "to the robot's own bus is")
    assert found.remedy == 'kill 4711; what shall drive publishes policy/cmd_vel instead'


def test_a_process_that_is_not_known_is_to_be_looked_for() -> None:
    (found,) = competitors([of(JOINTS, NAV, Rival('/x/other'))])
    assert '/x/other' in found.sentence
    assert found.remedy.startswith('kill 4711, look for it with') and LOOK in found.remedy


@pytest.mark.parametrize(('topic', 'words'), [
    (JOINTS, 'not passed on'), (topics.TELEOP_COMMAND.name, 'refused, all but stop'),
    (topics.CONTROL.name, "takes what it says for that node's")])
def test_what_it_means_depends_on_the_topic(topic: str, words: str) -> None:
    assert words in competitors([of(topic, NAV)])[0].sentence


def test_a_second_stack_is_a_line_for_each_meaning() -> None:
    found = competitors([of(name, NAV) for name in (BASE, JOINTS, 'a', 'b', 'c', 'd', 'e', 'f')])
    assert [one.sentence.partition(': ')[0] for one in found] == [
        f'{BASE}, {JOINTS}', 'a, b, c, d and 2 more']


def test_nobody_is_no_line() -> None:
    assert competitors([]) == []


def test_a_long_command_is_cut() -> None:
    assert len(str(Rival('/a', 5, 'x' * 1000))) < 150
