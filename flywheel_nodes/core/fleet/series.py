"""
What a simulated robot reports: a function of its name and the time.

Names, labels and types come from the metric table: a metric that is renamed there and not here is
a KeyError, not an empty panel.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import fsum

from flywheel_nodes.core.control import Mode
from flywheel_nodes.core.events import Reason
from flywheel_nodes.core.exposition import Family
from flywheel_nodes.core.fleet.roster import OFFLINE_AFTER_S, Simulated, Trouble
from flywheel_nodes.core.fleet.stints import share, Stint, stints
from flywheel_nodes.core.metric_table import BY_NAME
from flywheel_nodes.core.metrics import Cell, Labels, Sample
from flywheel_nodes.core.processes import processes_for

PAST_S = 3600.0  # so long each robot has worked before the demo began
GIB = 2.0**30
THRESHOLDS = {'gap': 0.6, 'progress': 1.0}
ROUND_TRIP_S = 0.06
JOINTS = ('front_left', 'front_right', 'rear_left', 'rear_right')
Row = tuple[Labels, Sample]


@dataclass(frozen=True)
class Moment:
    """A robot at a time: elapsed, in s since the demo began, and wall, in s since 1970."""

    robot: Simulated
    elapsed: float
    wall: float

    @property
    def age(self) -> float:
        """Time since the robot's first stint, in s."""
        return PAST_S + self.elapsed

    @cached_property
    def past(self) -> tuple[Stint, ...]:
        """All stints until now, the last one cut where it is."""
        return tuple(stints(self.robot.name, self.robot.between, self.age))

    @cached_property
    def ended(self) -> tuple[Stint, ...]:
        """The stints whose human has let go."""
        return tuple(stint for stint in self.past if stint.end <= self.age)

    @cached_property
    def policy_s(self) -> float:
        """Time in which the policy drove."""
        # Exact: a total that falls by a rounding error is a restart to Prometheus.
        return fsum(min(self.age, stint.taken_over) - stint.start for stint in self.past)

    @cached_property
    def human_s(self) -> float:
        """Time in which humans drove."""
        return fsum(max(0.0, min(self.age, stint.end) - stint.taken_over) for stint in self.past)

    @property
    def mode(self) -> Mode:
        """Who drives now."""
        return Mode.POLICY if self.age < self.past[-1].taken_over else Mode.HUMAN

    @property
    def nodes(self) -> Iterator[tuple[str, bool]]:
        """Each node and whether it is up."""
        dead = 'teleop_relay' if self.robot.trouble is Trouble.NODE_DOWN else ''
        return ((process.name, process.name != dead)
                for process in processes_for(self.robot.model))


def families(moment: Moment) -> list[Family]:
    """Return all that the robot's exporter would serve."""
    return [Family(BY_NAME[name], tuple(rows(moment))) for name, rows in SERIES.items()]


def offline(robot: Simulated, elapsed: float) -> bool:
    """Say whether the robot cannot be reached."""
    return robot.trouble is Trouble.OFFLINE and elapsed > OFFLINE_AFTER_S


def one(value: Callable[[Moment], float], *labels: str) -> Callable[[Moment], list[Row]]:
    """Return the function that gives a metric's only series."""
    return lambda moment: [(labels, Sample(value(moment)))]


def _build(_: Moment) -> list[Row]:
    return [(('demo',), Sample(1.0))]


def _robot(moment: Moment) -> list[Row]:
    return [((moment.robot.model, 'simulated'), Sample(1.0))]


def _policy(moment: Moment) -> list[Row]:
    version = moment.robot.version
    return [(('walker', version, f'sha256:{version * 8}'), Sample(1.0))]


def _node_up(moment: Moment) -> Iterator[Row]:
    return (((name,), Sample(float(up))) for name, up in moment.nodes)


def _heard(moment: Moment) -> Iterator[Row]:
    return (((name,), Sample(moment.wall if up else moment.wall - moment.elapsed))
            for name, up in moment.nodes)


def _started(moment: Moment) -> Iterator[Row]:
    return (((name,), Sample(moment.wall - moment.age)) for name, _ in moment.nodes)


def _restarts(moment: Moment) -> Iterator[Row]:
    crashes = moment.elapsed // 20.0 if moment.robot.trouble is Trouble.CRASHING else 0.0
    return (((name,), Sample(crashes if name == 'snippet_recorder' else 0.0))
            for name, _ in moment.nodes)


def _mode_seconds(moment: Moment) -> list[Row]:
    spent = {Mode.POLICY: moment.policy_s, Mode.HUMAN: moment.human_s}
    return [((mode,), Sample(spent.get(mode, 0.0))) for mode in Mode]


def _mode(moment: Moment) -> list[Row]:
    return [((mode,), Sample(float(mode is moment.mode))) for mode in Mode]


def _interventions(moment: Moment) -> list[Row]:
    reasons = [stint.reason for stint in moment.ended]
    return [((reason,), Sample(float(reasons.count(reason)))) for reason in Reason]


def _intervention_durations(moment: Moment) -> list[Row]:
    bounds = BY_NAME['intervention_duration_seconds'].buckets
    return [((reason,), histogram(bounds, [stint.end - stint.taken_over for stint in moment.ended
                                           if stint.reason is reason])) for reason in Reason]


def _alarms(moment: Moment) -> list[Row]:
    # The monitor raises about three alarms for every four interventions.
    return [(('gap',), Sample(float(len(moment.ended) // 4))),
            (('progress',), Sample(float(len(moment.ended) // 2)))]


def _scores(moment: Moment) -> list[Row]:
    # Scores of a healthy policy.
    return [((detector,), Sample(most * (0.1 + 0.4 * share(moment.robot.name, detector))))
            for detector, most in THRESHOLDS.items()]


def _thresholds(moment: Moment) -> list[Row]:
    return [((detector,), Sample(most)) for detector, most in THRESHOLDS.items()]


def _episodes(moment: Moment) -> list[Row]:
    return [(('patrol', 'walker'), Sample(moment.policy_s // 45.0))]


def _failures(moment: Moment) -> list[Row]:
    return [(('patrol', 'walker'), Sample(float(len(moment.ended))))]


def _snippets(moment: Moment) -> list[Row]:
    return [(('intervention',), Sample(float(len(moment.ended))))]


def _round_trips(moment: Moment) -> list[Row]:
    bounds = BY_NAME['teleop_round_trip_seconds'].buckets
    took = ROUND_TRIP_S * (0.5 + share(moment.robot.name, 'link'))
    return [((), histogram(bounds, [took] * int(moment.human_s)))]


def _temperatures(moment: Moment) -> list[Row]:
    return [((joint,), Sample(38.0 + 14.0 * share(moment.robot.name, joint))) for joint in JOINTS]


def _free(moment: Moment) -> float:
    return (1.4 if moment.robot.trouble is Trouble.DISK_FULL else 180.0) * GIB


def _charge(moment: Moment) -> float:
    if moment.robot.trouble is Trouble.BATTERY_LOW:
        return 0.08
    return 0.35 + 0.6 * share(moment.robot.name, 'battery') - moment.elapsed / 3600.0 * 0.2


def _takeovers(moment: Moment) -> float:
    return moment.elapsed // 20.0 if moment.robot.trouble is Trouble.NATIVE_REMOTE else 0.0


def histogram(bounds: tuple[float, ...], values: Iterable[float]) -> Sample:
    """Return the sum and the count of each bucket."""
    cell = Cell(bounds)
    for value in values:
        cell.observe(value)
    return cell.sample()


SERIES: dict[str, Callable[[Moment], Iterable[Row]]] = {
    'build_info': _build,
    'robot_info': _robot,
    'node_up': _node_up,
    'node_last_heartbeat_timestamp_seconds': _heard,
    'node_start_time_seconds': _started,
    'node_restarts_total': _restarts,
    'exporter_series_dropped_total': one(lambda _: 0.0),
    'policy_info': _policy,
    'policy_monitor_score': _scores,
    'policy_monitor_threshold': _thresholds,
    'policy_monitor_alarms_total': _alarms,
    'episodes_total': _episodes,
    'episode_failures_total': _failures,
    'mode_seconds_total': _mode_seconds,
    'mode': _mode,
    'interventions_total': _interventions,
    'intervention_duration_seconds': _intervention_durations,
    'native_takeovers_total': one(_takeovers),
    'relay_help_waiting': one(lambda _: 0.0),
    'teleop_session_active': one(lambda moment: float(moment.mode is Mode.HUMAN)),
    'teleop_round_trip_seconds': _round_trips,
    'battery_charge_ratio': one(_charge),
    'battery_charge_low_ratio': one(lambda _: 0.15),
    'joint_temperature_celsius': _temperatures,
    'joint_temperature_high_celsius': one(lambda _: 80.0),
    'recorder_snippets_total': _snippets,
    'recorder_recorded_seconds_total': one(lambda moment: 35.0 * len(moment.ended)),
    'recorder_usable_seconds_total': one(
        lambda moment: fsum(stint.end - stint.taken_over for stint in moment.ended)),
    'recorder_free_bytes': one(_free),
    'recorder_min_free_bytes': one(lambda _: 2.0 * GIB),
    'recorder_storage_blocked': one(
        lambda moment: float(moment.robot.trouble is Trouble.DISK_FULL)),
}
