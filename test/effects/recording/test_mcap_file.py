"""What we write is what the mcap library writes, byte for byte."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.writer import CompressionType, Writer
import pytest

from flywheel_nodes.effects.recording.mcap_file import CHUNK_BYTES, COMPRESSION, McapFile

KINDS = {'zstd': CompressionType.ZSTD, 'lz4': CompressionType.LZ4, 'none': CompressionType.NONE}
Steps = list[tuple[str, int, int, bytes]]
STEPS = st.lists(st.tuples(
    st.sampled_from(['message', 'message', 'message', 'channel', 'schema', 'metadata', 'flush']),
    st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1),
    st.one_of(st.binary(max_size=40), st.sampled_from([bytes(700_000), bytes(3_000_000)]))),
    max_size=20)


def ours(steps: Steps, kind: str) -> bytes:
    out = io.BytesIO()
    file = McapFile(out, 'ros2', 'test', kind)
    schema = file.add_schema('a', 'ros2msg', b'int32 x')
    channels = [file.add_channel('/a', 'cdr', schema, {'k': 'v'})]
    for what, log_ns, sequence, data in steps:
        if what == 'message':
            channel = channels[sequence % len(channels)]
            file.add_message(channel, log_ns, log_ns // 2, sequence, data)
        elif what == 'channel':
            channels.append(file.add_channel(f'/{len(channels)}', 'cdr', schema, {}))
        elif what == 'schema':
            schema = file.add_schema('b', '', b'')
        elif what == 'metadata':
            file.add_metadata('m', {'label': data[:9].hex()})
        else:
            file.flush()
    file.finish()
    return out.getvalue()


def theirs(steps: Steps, kind: str) -> bytes:
    out = io.BytesIO()
    file = Writer(out, compression=KINDS[kind])
    file.start('ros2', 'test')
    schema = file.register_schema('a', 'ros2msg', b'int32 x')
    channels = [file.register_channel('/a', 'cdr', schema, {'k': 'v'})]
    for what, log_ns, sequence, data in steps:
        if what == 'message':
            channel = channels[sequence % len(channels)]
            file.add_message(channel, log_ns, data, log_ns // 2, sequence)
        elif what == 'channel':
            channels.append(file.register_channel(f'/{len(channels)}', 'cdr', schema, {}))
        elif what == 'schema':
            schema = file.register_schema('b', '', b'')
        elif what == 'metadata':
            file.add_metadata('m', {'label': data[:9].hex()})
        else:
            file.flush()
    file.finish()
    return out.getvalue()


@settings(max_examples=60, deadline=None)
@given(STEPS, st.sampled_from(sorted(COMPRESSION)))
def test_every_byte_is_the_librarys(steps: Steps, kind: str) -> None:
    assert ours(steps, kind) == theirs(steps, kind)


@pytest.mark.parametrize('kind', sorted(COMPRESSION))
def test_what_is_written_reads_back(kind: str) -> None:
    sent = [(n, bytes([n % 256]) * (n % 5000)) for n in range(2000)]
    data = ours([('message', n, n, payload) for n, payload in sent], kind)
    reader = make_reader(io.BytesIO(data), validate_crcs=True)
    found = [(one.log_time, one.data) for _, _, one in reader.iter_messages()]
    summary = reader.get_summary()
    assert found == sent
    assert summary is not None and summary.statistics is not None
    assert summary.statistics.message_count == 2000
    assert summary.statistics.chunk_count == -(-sum(31 + n % 5000 for n in range(2000))
                                              // CHUNK_BYTES)
