"""
policy_monitor's judgement: all detectors, their alarms, and the verdict for the arbiter.

Contract, cadence, age and seam are watched whoever drives, because the policy goes on proposing;
frozen output, progress and tracking only while it drives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import math

from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.config import MonitorConfig
from flywheel_nodes.core.control import Mode, PolicyInfo, Verdict
from flywheel_nodes.core.driving.axes import Axis, BASE, groups, JOINTS
from flywheel_nodes.core.driving.chunks import Chunk, Proposal
from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.ticks import Tick
from flywheel_nodes.core.watching.alarm import Alarm
from flywheel_nodes.core.watching.detectors import Cadence, Frozen, Progress, Seam, Tracking

NO_POLICY = 'no_policy'
# So long without a verdict the arbiter holds the policy: none drives that is not judged.
PAUSE_NS = 300 * MILLISECOND
BLIND_NS = SECOND // 2
_BY_TIME = 'gap', 'rate', 'age'
STILL = 0.02


@dataclass(frozen=True)
class Score:
    """One detector's newest score, its threshold, and both in words."""

    value: float
    threshold: float
    text: str


class PolicyWatch:
    """Takes what the policy puts out and what the robot does; judges on each tick."""

    def __init__(self, config: MonitorConfig, axes: tuple[Axis, ...]) -> None:
        """Begin without a policy."""
        self.config = config
        self.policy = PolicyInfo('')
        self.scores: dict[str, Score] = {}
        self._axes = axes
        self._groups = groups(axes)
        self._alarms: dict[str, Alarm] = {}
        self._cadences: dict[str, Cadence] = {}
        self._seams = {name: Seam() for name in self._groups}
        self._frozen = {name: Frozen() for name in self._groups}
        self._tracking = {name: Tracking(config.tracking_window) for name in self._groups}
        self._progress = Progress(config.progress_window)
        self._broken: dict[str, str] = {}
        self._mended: set[str] = set()
        self._ages: dict[str, float] = {}
        self._seam_scores = dict.fromkeys(self._groups, 0.0)
        self._driving = self._shed = False
        self._speed: Mapping[str, float] = {}
        self._place = (math.nan, math.nan)
        self._joints: Mapping[str, float] = {}
        self._ticked_ns = self._blind_ns = 0

    # --- what is heard --------------------------------------------------------------------------

    def info(self, info: PolicyInfo) -> None:
        """Hear which policy runs."""
        self.policy = info

    def mode(self, mode: Mode) -> None:
        """Hear who drives."""
        driving = mode is Mode.POLICY
        if driving is not self._driving:
            self._forget_motion()
        self._driving = driving

    def _forget_motion(self) -> None:
        self._progress.reset()
        for tracking in self._tracking.values():
            tracking.reset()

    def shed(self, shed: bool) -> None:
        """
        Leave the statistical detectors (seam, tracking, progress, frozen) undone, or not.

        Their alarms stay as they are meanwhile.
        """
        if self._shed and not shed:
            self._forget_motion()
        self._shed = shed

    def broken(self, group: str, because: str, arrived_ns: int) -> None:
        """Hear of a chunk that breaks the contract."""
        self._heard(group, arrived_ns)
        self._broken[group] = because
        self._mended.discard(group)

    def chunk(self, group: str, chunk: Chunk, arrived_ns: int, age_ns: int) -> float | None:
        """Take a chunk that keeps the contract; return the score of its seam, if any."""
        self._heard(group, arrived_ns)
        self._mended.add(group)
        self._ages[group] = age_ns / SECOND
        self._frozen[group].observe(chunk.values, self._driving and self._asks(group, chunk))
        seam = self._seams[group].observe(Proposal(chunk, arrived_ns, age_ns))
        self._seam_scores[group] = seam or 0.0
        return seam

    def _heard(self, group: str, arrived_ns: int) -> None:
        # A silence is told by `gap`; the chunks after it are not slow because of it.
        self._cadences.setdefault(group, Cadence()).observe(arrived_ns, self.config.gap)

    def _asks(self, group: str, chunk: Chunk) -> bool:
        if group == BASE:
            return any(abs(value) > STILL for value in chunk.values[0])
        here = [self._joints.get(axis.name, math.nan) for axis in self._groups[group]]
        return any(abs(value - place) > STILL
                   for value, place in zip(chunk.values[0], here, strict=True))

    def odom(self, place: tuple[float, float], speed: Mapping[str, float]) -> None:
        """Hear where the base is (x, y in odom, m) and how fast (body frame, by axis)."""
        self._place, self._speed = place, speed

    def joints(self, positions: Mapping[str, float]) -> None:
        """Hear where the joints are, in rad or m by name."""
        self._joints = positions

    def applied(self, tick: Tick, names: tuple[str, ...], now: int) -> None:
        """Hear what the arbiter let through, to compare with what the robot does."""
        if not self._driving or self._shed:
            return
        commanded = dict(zip(names, tick.applied, strict=True))
        for group, members in self._groups.items():
            measured = self._speed if group == BASE else self._joints
            self._tracking[group].observe(
                now, [commanded.get(a.name, math.nan) for a in members],
                [measured.get(a.name, math.nan) for a in members])

    # --- what is thought ------------------------------------------------------------------------

    def tick(self, now: int) -> list[Event]:
        """
        Judge; return the alarms that were raised or cleared.

        After a pause of our own, what comes when is not judged until what waited has been heard.
        """
        pause = max(PAUSE_NS, 2 * SECOND / self.config.rate)
        if self._ticked_ns and now - self._ticked_ns > pause:
            self._blind_ns = now + BLIND_NS
        self._ticked_ns = now
        if self._driving and not self._shed and math.isfinite(self._place[0]):
            self._progress.observe(now, self._place, tuple(
                self._joints.get(axis.name, 0.0) for axis in self._groups.get(JOINTS, ())))
        self.scores = self._score(now)
        blind = _BY_TIME if now < self._blind_ns else ()
        events = [self._judge(name, score, now) for name, score in self.scores.items()
                  if name not in blind]
        self._forgive()
        return [event for event in events if event]

    def _forgive(self) -> None:
        """Let go of broken chunks after which good ones came, now that they have been judged."""
        for group in self._mended:
            self._broken.pop(group, None)

    @property
    def verdict(self) -> Verdict:
        """What the arbiter is told: no policy heard yet is no leave to drive either."""
        active = tuple(name for name, alarm in self._alarms.items() if alarm.active)
        if not self._ages and not active:
            active = (NO_POLICY,)
        return Verdict(not active, active, self.policy.name)

    def _judge(self, name: str, score: Score, now: int) -> Event | None:
        alarm = self._alarms.setdefault(name, Alarm())
        change = alarm.update(score.value, score.threshold, now, self.config.clear_after,
                              self.config.cooldown)
        if change is None or not change.tell:
            return None
        if not change.raised:
            return Event(EventName.POLICY_ALARM_CLEARED, f'{name} is content again', now,
                         {'detector': name})
        return Event(EventName.POLICY_ALARM, f'{self.policy.name or "the policy"}: {score.text}',
                     now, {'detector': name, 'score': f'{score.value:.4g}',
                           'threshold': f'{score.threshold:.4g}', 'policy': self.policy.name})

    def _score(self, now: int) -> dict[str, Score]:
        if not self._cadences:
            return {}
        config, cadences = self.config, self._cadences.values()
        gap = max(one.gap(now) for one in cadences)
        slow = max(one.slowness(config.policy_rate) for one in cadences)
        age = max(self._ages.values(), default=0.0)
        broken = '; '.join(self._broken.values())
        found = {
            'contract': Score(float(bool(broken)), 1.0,
                              f'a chunk breaks the contract: {broken}'),
            'gap': Score(gap, config.gap, f'no chunk for {gap:.2f} s'),
            'rate': Score(slow, config.slowness, f'chunks come {slow:.1f} times too slowly'),
            'age': Score(age, config.action_age,
                         f'chunks come from observations {age:.2f} s old')}
        return found if self._shed else found | self._statistics(now)

    def _statistics(self, now: int) -> dict[str, Score]:
        # All groups together: a base at constant speed alone repeats itself legitimately.
        frozen = min(self._frozen[group].count for group in self._ages) if self._ages else 0
        found = {
            'frozen': Score(frozen if self._driving else 0, self.config.frozen_chunks,
                            f'{frozen} identical chunks in a row'),
            'progress': self._progress_score()}
        for group in self._groups:
            found[f'seam_{group}'] = self._seam_score(group)
            found[f'tracking_{group}'] = self._tracking_score(group, now)
        return found

    def _seam_score(self, group: str) -> Score:
        most = self.config.seam_rate if group == BASE else self.config.seam_position
        value = self._seam_scores[group]
        return Score(value, most, f'consecutive chunks differ by {value:.2f} in {group}')

    def _tracking_score(self, group: str, now: int) -> Score:
        most = self.config.tracking_base if group == BASE else self.config.tracking_joints
        error = self._tracking[group].error(now) if self._driving else 0.0
        return Score(error, most, f'the {group} does not follow its command, by {error:.2f}')

    def _progress_score(self) -> Score:
        travel = self._progress.travel() if self._driving else None
        base, joints = travel or (math.inf, math.inf)
        stuck = base < self.config.progress_base and joints < self.config.progress_joints
        return Score(float(stuck), 1.0, f'no progress: {base:.2f} m and {joints:.2f} rad within '
                                        f'{self.config.progress_window:g} s')
