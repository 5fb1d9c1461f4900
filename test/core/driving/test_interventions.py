"""An intervention is labelled from takeover to release, and judged by what follows."""

import pytest

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Gate, Sight
from flywheel_nodes.core.driving.interventions import Interventions, NOTE
from flywheel_nodes.core.events import EventName, Outcome, Phase, Reason


class Story:
    """Interventions and what they said, with a clock in seconds."""

    def __init__(self) -> None:
        self.said: list[tuple[EventName, dict[str, str]]] = []
        self.one = Interventions(lambda: f'id-{len(self.said)}', self._say)

    def _say(self, name: EventName, sentence: str, now: int, **values: str) -> None:
        assert sentence
        self.said.append((name, values))

    def intervene(self, note: str = '') -> 'Story':
        self.one.begin('ada', Sight.VIDEO, Gate.MONITOR, 0)
        self.one.end(Reason.STUCK, Outcome.SUCCESS, note, SECOND)
        return self

    @property
    def verdicts(self) -> list[str]:
        return [values['resumed_ok'] for name, values in self.said
                if name is EventName.INTERVENTION_JUDGED]


def test_phases_follow_the_operator_marks() -> None:
    story = Story()
    story.one.mark(Phase.RECOVERY, 0)
    assert story.one.phase is Phase.NONE, 'outside of an intervention nothing is marked'
    story.one.begin('ada', Sight.VIDEO, Gate.NONE, 0)
    for phase in (Phase.RECOVERY, Phase.RECOVERY, Phase.CORRECTION, Phase.RESUME):
        story.one.mark(phase, 1)
    marked = [v['phase'] for n, v in story.said if n is EventName.INTERVENTION_PHASE]
    assert marked == [Phase.RECOVERY, Phase.CORRECTION]


def test_a_note_is_bounded() -> None:
    story = Story().intervene('x' * 5000)
    assert len(story.said[-1][1]['note']) == NOTE


def test_a_policy_that_drives_on_alone_was_resumed_well() -> None:
    story = Story().intervene()
    story.one.tick(60 * SECOND, 10.0)
    assert story.verdicts == [], 'nobody has resumed yet'
    story.one.resumed(61 * SECOND)
    assert story.one.phase is Phase.RESUME
    story.one.tick(64 * SECOND, 10.0)
    assert (story.one.phase, story.verdicts) == (Phase.NONE, [])
    for second in (71, 72, 99):
        story.one.tick(second * SECOND, 10.0)
    assert story.verdicts == ['true'], 'once'


@pytest.mark.parametrize(('gate', 'verdict'), [
    (Gate.HUMAN, 'false'), (Gate.MONITOR, 'false'), (Gate.STOP, 'false'), (Gate.ESTOP, 'false'),
    (Gate.NATIVE, 'false'), (Gate.ROBOT_SILENT, 'unknown'), (Gate.PAUSED, 'unknown'),
    (Gate.COMPETING, 'unknown')])
def test_a_policy_that_is_ended_early_was_not(gate: Gate, verdict: str) -> None:
    story = Story().intervene()
    story.one.resumed(2 * SECOND)
    story.one.policy_left(gate, 'why', 3 * SECOND)
    assert (story.one.phase, story.verdicts) == (Phase.NONE, [verdict])
    story.one.resumed(4 * SECOND)
    story.one.tick(99 * SECOND, 10.0)
    assert story.verdicts == [verdict], 'judged once'


@pytest.mark.parametrize(('resumed', 'verdict'), [(False, 'unknown'), (True, 'false')])
def test_another_takeover_judges_the_one_before(resumed: bool, verdict: str) -> None:
    story = Story().intervene()
    if resumed:
        story.one.resumed(2 * SECOND)
    story.one.begin('bob', Sight.VIDEO, Gate.NONE, 3 * SECOND)
    assert story.verdicts == [verdict]
    assert story.one.phase is Phase.HANDOVER


@pytest.mark.parametrize(('outcome', 'at', 'verdicts'), [
    (Outcome.SUCCESS, 3, ['true']), (Outcome.FAILURE, 3, ['false']), (Outcome.ABORTED, 3, []),
    (Outcome.SUCCESS, 1, [])])
def test_the_end_of_the_episode_judges_unless_it_is_old(outcome: Outcome, at: int,
                                                        verdicts: list[str]) -> None:
    story = Story().intervene()
    story.one.episode_ended(outcome, at * SECOND, 2 * SECOND)
    assert story.verdicts == []
    story.one.resumed(2 * SECOND)
    story.one.episode_ended(outcome, at * SECOND, 4 * SECOND)
    assert story.verdicts == verdicts
