"""What the doctor makes of the topics that it listened to for a while."""

from dataclasses import dataclass

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.doctor.finding import Finding, Level, wrong
from flywheel_nodes.core.wording import count, signed

LOW, FAR_TOO_LOW = 0.8, 0.5
ENOUGH = 4
OFFSET_S = 0.2


@dataclass(frozen=True)
class Heard:
    """
    What came on one topic.

    first_ns, last_ns: of its messages, on the monotonic clock; stamp_ns: of the last one, on the
    wall clock when it was received minus its header's stamp; None where it bears none.
    """

    messages: int = 0
    first_ns: int = 0
    last_ns: int = 0
    stamp_ns: int | None = None

    @property
    def rate(self) -> float | None:
        """Messages per second, None for too few of them."""
        took = self.last_ns - self.first_ns
        return (self.messages - 1) * SECOND / took if self.messages > 1 and took > 0 else None


@dataclass(frozen=True)
class Expected:
    """
    What should come on a topic.

    rate: in Hz, None where it says nothing on its own; needed: without it nothing is commanded;
    whose: the robot's or ours, for people.
    """

    name: str
    rate: float | None
    needed: bool
    whose: str = 'robot'

    @property
    def bad(self) -> Level:
        """How bad it is when it does not come."""
        return Level.WRONG if self.needed else Level.WARN

    def found(self, level: Level, said: str, remedy: str = '') -> Finding:
        """Return what was found of it."""
        return Finding(level, f'{self.whose} topic', f'{self.name}: {said}', remedy)


def topic(expected: Expected, publishers: int, heard: Heard, seconds: float) -> list[Finding]:
    """Judge one topic that was listened to for so many seconds."""
    if not publishers:
        return [_absent(expected)]
    if not heard.messages:
        return [_silent(expected, seconds)]
    return [_rate(expected, heard), *_stamps(expected, heard)]


def _absent(expected: Expected) -> Finding:
    if expected.rate is None and not expected.needed:
        return expected.found(Level.OK, 'nobody publishes it; it comes when there is something')
    return expected.found(expected.bad, 'nobody publishes it',
                          "start what does: the robot's driver, its sensor")


def _silent(expected: Expected, seconds: float) -> Finding:
    said = f'its publisher said nothing in {seconds:.2g} s'
    if expected.rate is not None and expected.rate * seconds >= ENOUGH:
        return expected.found(expected.bad, said, 'restart what publishes it; see whether its '
                                                  'network lets it through')
    if expected.needed:
        return expected.found(Level.WARN, said, 'listen longer: --seconds 10')
    return expected.found(Level.OK, said)


def _rate(expected: Expected, heard: Heard) -> Finding:
    rate = heard.rate
    if rate is None or heard.messages < ENOUGH:
        return expected.found(Level.OK, count(heard.messages, 'message'))
    said = f'{rate:.3g} Hz'
    if expected.rate is None or rate >= LOW * expected.rate:
        return expected.found(Level.OK, said)
    return expected.found(
        expected.bad if rate < FAR_TOO_LOW * expected.rate else Level.WARN,
        f'{said}, {expected.rate:g} Hz are expected',
        'see the load of both machines and the network; or correct rates in the robot file')


def _stamps(expected: Expected, heard: Heard) -> list[Finding]:
    if heard.stamp_ns is None or abs(heard.stamp_ns) < OFFSET_S * SECOND:
        return []
    return [expected.found(
        Level.WARN, f'received {signed(heard.stamp_ns / SECOND, 2)} s after its stamp',
        "the robot's clock and ours disagree, or it comes late: have one machine serve time to "
        'the other (chrony)')]


def nothing_there(topics: int, domain: int, own: bool) -> Finding:
    """Return that nobody speaks on the robot's bus; own: it is a domain of the robot's own."""
    where = f"domain {domain}, the robot's own," if own else f'domain {domain}'
    elsewhere = '' if own else ('; when that runs on another computer, set '
                                'ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET')
    return wrong('robot', f'not heard: nobody publishes any of its {count(topics, "topic")} in '
                 f'{where} and nobody listens to its commands',
                 'switch it on, start its driver, and see that its domain and namespace are those '
                 f'of its file{elsewhere}')
