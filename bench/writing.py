"""
How fast snippets get to the disk, beside rosbags' writer and the mcap library's in the same run.

All write uncompressed chunks to memory; ours alone hashes what it writes and syncs it. Then whole
snippets through the thread that writes them, compressed as usual: everything is handed over at
once, so that what is measured is the worst case of a window that just ended.
"""

from collections.abc import Callable, Sequence
import os
from pathlib import Path
import statistics
import tempfile
import time

from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer as RosbagsWriter

from bench.harness import Metric, save
from flywheel_nodes.core.ids import uuid7
from flywheel_nodes.core.recording.label import Label, Moment, Provenance, RobotInfo, WindowInfo
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import msgdefs
from flywheel_nodes.effects.recording.outcomes import Failed
from flywheel_nodes.effects.recording.salvage import Salvaged
from flywheel_nodes.effects.recording.snippet_file import End, Saved, Start
from flywheel_nodes.effects.recording.snippet_folder import snippet_name
from flywheel_nodes.effects.recording.snippet_store import Settings, SnippetStore
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter

TOPIC, TYPE = '/load', 'sensor_msgs/msg/JointState'
SOURCES = {1: Salvaged(TOPIC, TYPE, msgdefs.type_hash(TYPE), ())}
MEMORY = Path('/dev/shm')
REPEATS, BATCH = 5, 500
Way = Callable[[Path, Sequence[Record]], None]  # a function with a name


def records(count: int, size: int) -> list[Record]:
    """Return messages of chance, 0.7 ms apart: they do not compress, as images do not."""
    pool = os.urandom(2**22 + size)
    return [Record(1, n * 700_000, n * 700_000, n * 700_000, n, pool[at:at + size])
            for n in range(count) for at in [n * 4099 % 2**22]]


def joint_states(count: int) -> list[Record]:
    """Return messages of the length and about the entropy of a 29-joint state: 972 bytes."""
    names = b''.join(b'\0\0\0\0joint_%02d' % n for n in range(29))
    return [one._replace(data=names + one.data) for one in records(count, 972 - len(names))]


# --- files ---------------------------------------------------------------------------------------

def ours(folder: Path, sent: Sequence[Record]) -> None:
    """Write in batches, as the recorder does, and have it on the disk."""
    writer = SnippetWriter(folder / 'a.mcap', SOURCES, 'none', 0)
    for first in range(0, len(sent), BATCH):
        writer.write(sent[first:first + BATCH])
    writer.finish({}, {})


def mcap(folder: Path, sent: Sequence[Record]) -> None:
    """Write with the library."""
    with (folder / 'a.mcap').open('wb') as file:
        writer = McapWriter(file, compression=CompressionType.NONE)
        writer.start('ros2', 'bench')
        schema = writer.register_schema(TYPE, 'ros2msg', msgdefs.definition(TYPE).encode())
        channel = writer.register_channel(TOPIC, 'cdr', schema)
        for one in sent:
            writer.add_message(channel, one.received_ns, one.data, one.source_ns, one.sequence)
        writer.finish()


def rosbags(folder: Path, sent: Sequence[Record]) -> None:
    """Write with rosbags."""
    with RosbagsWriter(folder / 'a', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        link = writer.add_connection(TOPIC, TYPE, msgdef=msgdefs.definition(TYPE),
                                     rihs01=msgdefs.type_hash(TYPE))
        for one in sent:
            writer.write(link, one.received_ns, one.data)


def seconds(way: Way, sent: Sequence[Record]) -> float:
    """Return how long one way takes."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        began = time.perf_counter()
        way(Path(folder), sent)
        return time.perf_counter() - began


def compare(sent: Sequence[Record]) -> dict[Way, float]:
    """Return the median time of each way, taken in turns."""
    took = [(seconds(ours, sent), seconds(mcap, sent), seconds(rosbags, sent))
            for _ in range(REPEATS)]
    return {way: statistics.median(column)
            for way, column in zip((ours, mcap, rosbags), zip(*took, strict=True), strict=True)}


def throughput() -> list[Metric]:
    """Measure large messages in MB/s, small ones in messages/s."""
    large, small = records(2000, 100_000), records(100_000, 200)
    found = []
    for what, unit, goal, amount, sent in (
            ('100 KB messages, uncompressed', 'MB/s', 250, 200.0, large),
            ('200 B messages in batches', 'messages/s', 60_000, 1e5, small)):
        took = compare(sent)
        found += [Metric(what, amount / took[ours], unit, goal, 'higher', way.__name__,
                         amount / took[way]) for way in (mcap, rosbags)]
    return found


# --- whole snippets ------------------------------------------------------------------------------

def published_after(place: Path, sent: Sequence[Record]) -> float:
    """Return the time from handing a whole snippet over to its announcement, in s."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        store = SnippetStore(Path(folder), SOURCES, Settings(queue_bytes=2**32))
        began = time.perf_counter()
        store.begin(Start(1, draft(), (), sent[:len(sent) // 2]))
        for first in range(len(sent) // 2, len(sent), BATCH):
            store.append(1, sent[first:first + BATCH])
        store.end(End(1, draft(), {}))
        while not (done := [o for o in store.outcomes() if isinstance(o, (Saved, Failed))]):
            time.sleep(0.001)
        took = time.perf_counter() - began
        store.close(10.0)
        if isinstance(done[0], Failed):
            raise RuntimeError(done[0].because)
        return took


def draft() -> Label:
    """Return the label of a snippet that begins."""
    at, identifier = Moment(0, 0), uuid7(0, os.urandom(10))
    return Label(identifier, snippet_name(0, 'bench', 'load', identifier), RobotInfo('bench'),
                 'load', (), WindowInfo(at, at, at, 0.0, 0.0), Provenance('bench'))


def snippets() -> list[Metric]:
    """Measure on memory, where there are goals, and on the disk below the working directory."""
    state, images = joint_states(45_000), records(2000, 100_000)
    found = []
    for where, place, goals in (('memory', MEMORY, (0.5, 2.0)), ('disk', Path(), (None, None))):
        for what, sent, goal in (('30 s of state (45,000 messages)', state, goals[0]),
                                 ('200 MB', images, goals[1])):
            took = statistics.median(published_after(place, sent) for _ in range(REPEATS))
            found.append(Metric(f'{what} published, {where}', took, 's', goal))
    return found


if __name__ == '__main__':
    save('writing', throughput() + snippets())
