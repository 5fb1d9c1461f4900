from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.events import EventName
from flywheel_nodes.core.watching.problems import Problem, Problems

DEAF = Problem('deaf x', 'nobody listens to x', 'start the driver', blocks=False)
RIVAL = Problem('rival x', 'joy commands the robot too', 'stop it', rival=True)


def test_a_problem_counts_at_once_and_is_told_when_it_lasts() -> None:
    problems = Problems()
    assert problems.update([RIVAL], SECOND) == []
    assert problems.blocking == RIVAL.sentence and problems.rival
    assert problems.update([RIVAL], 2 * SECOND) == []
    (event,) = problems.update([RIVAL], 3 * SECOND)
    assert event.name is EventName.ROBOT_PROBLEM
    assert event.sentence == 'joy commands the robot too: stop it'
    assert problems.update([RIVAL], 9 * SECOND) == [], 'once'


def test_its_end_is_told_if_it_was() -> None:
    problems = Problems()
    problems.update([RIVAL], 0)
    assert problems.update([], SECOND) == [], 'it did not last'
    problems.update([RIVAL], 2 * SECOND)
    assert problems.update([RIVAL], 3 * SECOND) == [], 'it lasts from its second coming on'
    problems.update([RIVAL], 4 * SECOND)
    (event,) = problems.update([], 5 * SECOND)
    assert event.name is EventName.ROBOT_PROBLEM_SOLVED
    assert not problems.blocking and not problems.rival


def test_some_problems_block_nothing() -> None:
    problems = Problems()
    problems.update([DEAF], 0)
    assert problems.blocking == '' and not problems.rival
    problems.update([DEAF, RIVAL], 0)
    assert problems.blocking == RIVAL.sentence


def test_another_reason_of_the_same_kind_is_told_as_well() -> None:
    problems = Problems()
    stop, program = (Problem('refused', words) for words in ('protective stop', 'no program'))
    problems.update([stop], 0)
    (told,) = problems.update([stop], 2 * SECOND)
    assert problems.update([program], 3 * SECOND) == []
    (then,) = problems.update([program], 5 * SECOND)
    assert (told.sentence, then.sentence) == ('protective stop', 'no program')
    (gone,) = problems.update([], 6 * SECOND)
    assert gone.sentence == 'no longer: no program'
