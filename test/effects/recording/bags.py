"""Real bags of every kind, written by rosbags."""

from collections.abc import Sequence
from pathlib import Path

from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

TYPES = get_typestore(Stores.ROS2_KILTED)
ROS1 = get_typestore(Stores.ROS1_NOETIC)
STRING = 'std_msgs/msg/String'
VENDOR = 'vendor_msgs/msg/Thing'
START = 1_700_000_000_000_000_000
STEP = 10_000_000
KINDS = {
    'mcap': (StoragePlugin.MCAP, None), 'sqlite3': (StoragePlugin.SQLITE3, None),
    'mcap, chunks': (StoragePlugin.MCAP, CompressionMode.STORAGE),
    'mcap, file': (StoragePlugin.MCAP, CompressionMode.FILE),
    'mcap, messages': (StoragePlugin.MCAP, CompressionMode.MESSAGE),
    'sqlite3, file': (StoragePlugin.SQLITE3, CompressionMode.FILE),
    'sqlite3, messages': (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
}
NEVER = QosTime(2147483647, 4294967295)
Sent = list[tuple[str, int, bytes]]  # topic, ns since the start, payload


def qos(*, latched: bool = False, reliable: bool = True, depth: int = 1,
        lifespan: QosTime = NEVER) -> Qos:
    """Return the offer of one publisher."""
    return Qos(
        QosHistory.KEEP_LAST, depth,
        QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        NEVER, lifespan, QosLiveliness.AUTOMATIC, NEVER, False)


def text(content: str) -> bytes:
    """Serialize a std_msgs/String."""
    return bytes(TYPES.serialize_cdr(TYPES.types[STRING](content), STRING))


def chatter(count: int, topics: Sequence[str] = ('/a', '/b'), size: int = 0,
            step: int = STEP) -> Sent:
    """Return messages that alternate between topics; lengths differ, content never repeats."""
    return [(topics[n % len(topics)], n * step, text(f'message {n} ' + 'x' * (n % 7 + size)))
            for n in range(count)]


def write(path: Path, sent: Sent, kind: str = 'mcap', *, version: int = 9,
          offers: Sequence[Qos] = (), unknown: str = '', other: str = '') -> Path:
    """
    Write a bag.

    :param unknown: one more topic, of a type that nobody has installed
    :param other: one more topic, of another definition of a known type
    """
    storage, mode = KINDS[kind]
    writer = Writer(path, version=version, storage_plugin=storage)  # type: ignore[arg-type]
    if mode:
        writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        links = {topic: writer.add_connection(topic, STRING, typestore=TYPES,
                                              offered_qos_profiles=offers)
                 for topic in dict.fromkeys(topic for topic, _, _ in sent)}
        if unknown:
            thing = writer.add_connection(unknown, VENDOR, msgdef='int32 x',
                                          rihs01='RIHS01_' + '0' * 64)
            writer.write(thing, START, b'\0\1\0\0\7\0\0\0')
        if other:
            changed = writer.add_connection(other, STRING, msgdef='int32 data',
                                            rihs01='RIHS01_' + '1' * 64)
            writer.write(changed, START, b'\0\1\0\0\7\0\0\0')
        for topic, since, data in sent:
            writer.write(links[topic], START + since, data)
    return path


def write_mcap(path: Path, sent: Sent, compression: CompressionType, *,
               chunked: bool = True, encoding: str = 'cdr') -> Path:
    """Write a lone MCAP file in the order given, in ways that rosbags does not."""
    with path.open('wb') as file:
        writer = McapWriter(file, chunk_size=500, compression=compression, use_chunking=chunked)
        writer.start('ros2', 'test')
        schema = writer.register_schema(STRING, 'ros2msg', b'string data')
        links = {topic: writer.register_channel(topic, encoding, schema)
                 for topic in dict.fromkeys(topic for topic, _, _ in sent)}
        for topic, since, data in sent:
            writer.add_message(links[topic], START + since, data, START + since)
        writer.finish()
    return path


def write_ros1(path: Path, sent: Sent, compression: Writer1.CompressionFormat | None = None,
               latched: str = '') -> Path:
    """Write the same messages as a ROS 1 bag, with one topic of a type nobody knows."""
    own = get_typestore(Stores.EMPTY)
    own.register(get_types_from_msg('int32 x', VENDOR))
    writer = Writer1(path)
    if compression:
        writer.set_compression(compression)
    with writer:
        links = {topic: writer.add_connection(topic, STRING, typestore=ROS1,
                                              latching=int(topic == latched))
                 for topic in dict.fromkeys(topic for topic, _, _ in sent)}
        thing = writer.add_connection('/thing', VENDOR, typestore=own)
        writer.write(thing, START, b'\7\0\0\0')
        for topic, since, data in sent:
            writer.write(links[topic], START + since, bytes(ROS1.cdr_to_ros1(data, STRING)))
    return path
