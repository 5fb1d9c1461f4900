"""A rosbag2 bag as something to be played."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rosbags.interfaces import ConnectionExtRosbag2, Qos, QosTime
from rosbags.rosbag2 import Reader

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.recording.offers import Offer
from flywheel_nodes.effects.recording.bag_errors import one_line, UNREADABLE


@dataclass(frozen=True)
class Track:
    """One topic of a bag, and what its publishers once offered (empty: not stored)."""

    topic: str
    type: str
    offers: tuple[Offer, ...]
    messages: int


class BagSource:
    """An open bag."""

    def __init__(self, reader: Reader) -> None:
        """Read through an open reader."""
        self._reader = reader
        self.tracks = tuple(Track(
            one.topic, one.msgtype,
            tuple(map(_offer, cast(ConnectionExtRosbag2, one.ext).offered_qos_profiles)),
            one.msgcount) for one in reader.connections)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last message, in s."""
        return self._reader.duration / 1e9

    def messages(self, start_s: float = 0.0,
                 duration_s: float | None = None) -> Iterator[tuple[str, int, bytes]]:
        """
        Yield topic, time since the start in ns and payload, in order of log time.

        :param start_s: leave out what comes earlier in the bag
        :param duration_s: stop after that much of the bag
        """
        first = self._reader.start_time + int(start_s * 1e9)
        last = None if duration_s is None else first + int(duration_s * 1e9)
        for connection, log_ns, data in self._reader.messages(start=first, stop=last):
            yield connection.topic, log_ns - first, bytes(data)


@contextmanager
def open_source(path: Path) -> Iterator[BagSource]:
    """Open a bag's folder or file; raises ConfigError in one line when it is none."""
    if not path.exists():
        raise ConfigError(f'{path}: there is no such bag')
    try:
        reader = Reader(path)
        reader.open()
    except UNREADABLE as error:
        raise ConfigError(f'{path}: not a rosbag2 bag: {one_line(error)}') from None
    try:
        yield BagSource(reader)
    finally:
        reader.close()


def _offer(qos: Qos) -> Offer:
    return Offer(qos.reliability.name.lower(), qos.durability.name.lower(),
                 qos.history.name.lower(), qos.depth, _ns(qos.deadline), _ns(qos.lifespan),
                 qos.liveliness.name.lower(), _ns(qos.liveliness_lease_duration))


def _ns(time: QosTime) -> int:
    return int(time.sec) * 1_000_000_000 + int(time.nsec)
