"""Bags of every kind are read as they were written."""

from pathlib import Path

from mcap.writer import CompressionType
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.recording.bag_source import BagSource, open_source
from test.effects.recording.bags import chatter, KINDS, qos, Sent, text, write, write_mcap

SENT = chatter(50)


def played(source: BagSource, *window: float) -> Sent:
    return [(track.topic, since, data) for track, since, data in source.messages(*window)]


@pytest.mark.parametrize('version', [8, 9])
@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_gives_the_same(kind: str, version: int, tmp_path: Path) -> None:
    offers = [qos(reliable=False, depth=7)]
    bag = write(tmp_path / 'bag', SENT, kind, version=version, offers=offers)
    with open_source(bag) as source:
        assert played(source) == SENT
        assert source.torn == ''
        assert {track.topic: track.messages for track in source.tracks} == {'/a': 25, '/b': 25}
        (offer,) = source.tracks[0].offers
        assert source.duration_s == 0.49
    assert (offer.reliability, offer.depth, offer.latched) == ('best_effort', 7, False)


@pytest.mark.parametrize('kind', ['mcap', 'mcap, chunks', 'mcap, messages', 'sqlite3',
                                  'sqlite3, messages'])
def test_a_lone_file_is_a_bag(kind: str, tmp_path: Path) -> None:
    folder = write(tmp_path / 'bag', SENT, kind)
    (file,) = (one for one in folder.iterdir() if one.suffix in ('.mcap', '.db3'))
    with open_source(file) as source:
        assert played(source) == SENT
        assert source.torn == ''


@pytest.mark.parametrize('compression', CompressionType)
def test_mcap_files_of_other_writers(compression: CompressionType, tmp_path: Path) -> None:
    with open_source(write_mcap(tmp_path / 'a.mcap', SENT, compression)) as source:
        assert played(source) == SENT
        assert source.torn == ''


def test_without_chunks_it_comes_as_it_was_written(tmp_path: Path) -> None:
    """Two threads of a recorder: their messages are not quite in order."""
    sent = [*SENT[:20], *reversed(SENT[20:30]), *SENT[30:]]
    file = write_mcap(tmp_path / 'a.mcap', sent, CompressionType.NONE, chunked=False)
    with open_source(file) as source:
        assert played(source) == sent
        assert source.torn == ''


def test_what_is_not_cdr_is_not_played(tmp_path: Path) -> None:
    for chunked in (True, False):
        file = write_mcap(tmp_path / 'a.mcap', SENT, CompressionType.NONE, chunked=chunked,
                          encoding='ros1')
        with pytest.raises(ConfigError, match="'ros1'"), open_source(file):
            pass


def test_a_part_of_it(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', SENT)
    with open_source(bag) as source:
        assert played(source, 0.1, 0.2) == [
            (topic, since - 100_000_000, data) for topic, since, data in SENT[10:30]]
        only = source.choose(['b'])
        assert [track.topic for track in only] == ['/b']
        assert {s.track for s in source.messages(tracks=only)} == set(only)
        assert source.torn == ''


def test_patterns_speak_of_full_names(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', chatter(9, ('/imu/data', '/imu/mag', '/fix')))

    def chosen(*patterns: str) -> list[str]:
        with open_source(bag) as source:
            return [track.topic for track in source.choose(patterns)]
    assert chosen() == ['/imu/data', '/imu/mag', '/fix']
    assert chosen('imu/*') == chosen('/imu/*') == ['/imu/data', '/imu/mag']
    assert chosen('*fix', '/imu/data') == ['/imu/data', '/fix']
    with pytest.raises(ConfigError, match='no topic like /odom, only /fix, /imu/data'):
        chosen('imu/*', 'odom')


def test_an_empty_bag_is_one(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', [])
    with open_source(bag) as source:
        assert played(source) == [] and source.duration_s == 0.0 and source.torn == ''


def test_damage_in_the_middle_ends_it_there(tmp_path: Path) -> None:
    sent = chatter(200, size=20_000)
    folder = write(tmp_path / 'bag', sent, 'mcap, chunks')
    file = folder / 'bag.mcap'
    data = bytearray(file.read_bytes())
    where = data.index(b'\x28\xb5\x2f\xfd', len(data) // 2)
    data[where:where + 8] = bytes(8)
    file.write_bytes(bytes(data))
    with open_source(folder) as source:
        got = played(source)
        assert 0 < len(got) < len(sent) and got == sent[:len(got)]
        assert source.torn.startswith(f'damaged {got[-1][1] / 1e9:.3f} s into the bag: ')


def test_what_the_metadata_promises_is_missed(tmp_path: Path) -> None:
    folder = write(tmp_path / 'bag', SENT)
    metadata = folder / 'metadata.yaml'
    metadata.write_text(metadata.read_text().replace('message_count: 25', 'message_count: 30'))
    with open_source(folder) as source:
        assert played(source) == SENT
        assert source.torn == '/a: 25 of 30 messages; /b: 25 of 30 messages'


def test_what_is_no_bag_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'notes.txt').write_text('no bag')
    for name in ('magic.mcap', 'a.db3', 'a.bag', 'a.mcap.zstd'):
        (tmp_path / name).write_bytes(b'\x89MCAP0\r\n')
    for path in tmp_path.iterdir():
        with pytest.raises(ConfigError, match='not a bag') as error, open_source(path):
            pass
        assert '\n' not in str(error.value)
    with pytest.raises(ConfigError, match='no such bag'), open_source(tmp_path / 'missing'):
        pass


def test_two_types_under_one_name_are_two_tracks(tmp_path: Path) -> None:
    bag = write(tmp_path / 'bag', [('/a', 0, text('x'))], unknown='/a')
    with open_source(bag / 'bag.mcap') as source:
        assert [(track.topic, track.messages) for track in source.tracks] == [('/a', 1)] * 2
        assert len({sample.track for sample in source.messages()}) == 2
