from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Event, EventName, Outcome
from flywheel_nodes.sim.course import Course
from flywheel_nodes.sim.episodes import Episodes

COURSE = Course()


class Lap:
    """Drives an Episodes around the course."""

    def __init__(self) -> None:
        names = iter(f'e{i}' for i in range(10))
        self.episodes = Episodes(COURSE, 'steady', lambda: next(names))
        self.path = 0.0
        self.events: list[Event] = []

    def drive(self, metres: float) -> None:
        for _ in range(round(abs(metres) / 0.05)):
            self.path += 0.05 if metres > 0.0 else -0.05
            where = COURSE.point(self.path)
            self.events += self.episodes.moved(*where, int(2.0 * self.path * SECOND))

    @property
    def told(self) -> list[tuple[EventName, str, str]]:
        return [(e.name, e.values['episode'], e.values.get('outcome', '')) for e in self.events]


def test_the_first_episode_waits_for_the_policy_to_drive() -> None:
    lap = Lap()
    lap.drive(3.0)
    assert lap.told == []
    lap.episodes.control(Mode.POLICY)
    lap.drive(1.0)
    assert lap.told == [(EventName.EPISODE_STARTED, 'e0', '')]


def test_a_lap_ends_in_success_and_the_next_begins() -> None:
    lap = Lap()
    lap.episodes.control(Mode.POLICY)
    lap.drive(COURSE.length + 1.0)
    assert lap.told == [(EventName.EPISODE_STARTED, 'e0', ''),
                        (EventName.EPISODE_ENDED, 'e0', Outcome.SUCCESS),
                        (EventName.EPISODE_STARTED, 'e1', '')]
    assert 37.0 < float(lap.events[1].values['duration_s']) < 38.0


def test_a_lap_in_which_a_human_drove_is_a_failure_of_the_policy() -> None:
    lap = Lap()
    lap.episodes.control(Mode.POLICY)
    lap.drive(5.0)
    lap.episodes.control(Mode.HUMAN)
    lap.drive(2.0)
    lap.episodes.control(Mode.POLICY)
    lap.drive(2 * COURSE.length - 6.0)
    assert [outcome for *_, outcome in lap.told if outcome] == ['failure', 'success']


def test_driving_back_and_forth_is_no_lap() -> None:
    lap = Lap()
    lap.episodes.control(Mode.POLICY)
    for _ in range(12):
        lap.drive(1.0)
        lap.drive(-1.0)
    assert len(lap.told) == 1


def test_an_end_without_an_episode_says_nothing() -> None:
    lap = Lap()
    assert lap.episodes.end(Outcome.ABORTED, 0) == []
    lap.episodes.control(Mode.POLICY)
    lap.drive(1.0)
    assert [e.values['outcome'] for e in lap.episodes.end(Outcome.ABORTED, 0)] == ['aborted']
