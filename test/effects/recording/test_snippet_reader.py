from pathlib import Path

import pytest

from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.ring import Record
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.snippet_writer import SnippetWriter
from test.effects.recording.snippets import MONO, record, records, SOURCES, tick, Topic, WALL


def bag(path: Path, *more: Record) -> Path:
    sources = {**SOURCES, 9: Topic('/r1/flywheel/ticks', 'std_msgs/msg/Float64MultiArray')}
    writer = SnippetWriter(path / 'a.mcap', sources, 'zstd', WALL - MONO)
    writer.write([*records(3), *more])
    writer.finish({}, {})
    return path / 'a.mcap'


def test_a_lone_file_is_read_and_decoded(tmp_path: Path) -> None:
    with snippet_reader.open_bag(bag(tmp_path, tick(1))) as opened:
        assert opened.counts() == {'/r1/joint_states': 3, '/r1/flywheel/ticks': 1}
        (message,) = opened.messages(['/r1/flywheel/ticks'])
        assert list(opened.messages(['/no/such'])) == []
    assert message.decoded.data[-1] == 0.2


def test_the_table_of_ticks_stands_without_anything_else(tmp_path: Path) -> None:
    path = bag(tmp_path, tick(2), tick(1))
    table = snippet_reader.ticks(path)
    assert table.axes == ('vx',)
    assert [row.stamp_ns - WALL for row in table.rows] == [2_000_000, 4_000_000]
    assert snippet_reader.ticks(path, '/r1') == table
    assert snippet_reader.ticks(path, '/r2').rows == ()


def test_a_payload_that_does_not_decode_is_told(tmp_path: Path) -> None:
    with snippet_reader.open_bag(bag(tmp_path, record(10**8, b'\0\1\0\0'))) as opened:
        *_, last = opened.messages()
        with pytest.raises(StorageError, match='does not decode'):
            _ = last.decoded


@pytest.mark.parametrize('content', [None, b'', b'\x89MCAP0\r\n', b'x' * 1000])
def test_what_is_no_bag_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / 'a.mcap'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match='bag') as error, snippet_reader.open_bag(path):
        pass
    assert '\n' not in str(error.value)


def test_a_damaged_chunk_is_told(tmp_path: Path) -> None:
    path = bag(tmp_path)
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(StorageError), snippet_reader.open_bag(path) as opened:
        list(opened.messages())
