"""
A finished MCAP file as an sqlite3 one, for tools that read nothing else.

It has no place for publish times, sequence numbers, checksums and the label.
"""

from contextlib import suppress
from pathlib import Path
import shutil
import sqlite3

from rosbags.interfaces import (
    Connection,
    ConnectionExtRosbag2,
    MessageDefinition,
    MessageDefinitionFormat,
)
from rosbags.rosbag2.enums import CompressionMode
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Writer

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import FileInfo
from flywheel_nodes.effects.recording import durable, msgdefs
from flywheel_nodes.effects.recording.bag_metadata import qos_text
from flywheel_nodes.effects.recording.salvage import Salvage, Salvaged

VERSION = 9


def convert(path: Path, metadata: str) -> FileInfo:
    """
    Write an sqlite3 file beside an MCAP one, which stays.

    :param metadata: what the file itself says of the bag
    :raises StorageError: when the MCAP file cannot be read to its end or the disk is full
    """
    place = path.with_name(path.stem)
    target = path.with_suffix('.db3')
    shutil.rmtree(place, ignore_errors=True)  # of a conversion that a crash cut short
    place.mkdir()
    try:
        _write(Salvage(path), place, metadata)
    except sqlite3.Error as error:
        raise StorageError(f'{target}: {error}') from None
    (place / target.name).replace(target)
    shutil.rmtree(place)
    durable.sync_file(target)
    return FileInfo(target.name, durable.sha256(target), target.stat().st_size)


def _write(source: Salvage, place: Path, metadata: str) -> None:
    writer = Sqlite3Writer(place, CompressionMode.NONE)
    try:
        _copy(source, writer)
        if source.torn:
            raise StorageError(f'{source.path.name}: {source.torn}')
        writer.close(VERSION, metadata)
    except BaseException:
        with suppress(sqlite3.Error):
            writer.abort()
        raise


def _copy(source: Salvage, writer: Sqlite3Writer) -> None:
    links: dict[int, Connection] = {}
    for one in source.records():
        link = links.get(one.channel)
        if link is None:
            link = links[one.channel] = _connection(
                one.channel, source.channels[one.channel], writer, links)
        writer.write(link, one.received_ns, one.data)


def _connection(number: int, channel: Salvaged, writer: Sqlite3Writer,
                others: dict[int, Connection]) -> Connection:
    trusted = channel.type_hash == msgdefs.type_hash(channel.type)
    text = msgdefs.definition(channel.type) if trusted else ''
    made = Connection(
        number, channel.topic, channel.type,
        MessageDefinition(MessageDefinitionFormat.MSG, text), channel.type_hash, 0,
        ConnectionExtRosbag2('cdr', []), writer)
    if channel.type not in {one.msgtype for one in others.values()}:
        writer.add_msgtype(made)
    writer.add_connection(made, qos_text(channel.offers))
    return made
