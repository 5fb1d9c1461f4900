"""Whatever is cut off a bag: what is left is played in order, and it says where it ends."""

from pathlib import Path
import shutil
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.effects.recording.bag_source import open_source
from flywheel_nodes.effects.recording.torn_bag import storage_files
from test.effects.recording.bags import chatter, KINDS, qos, Sent, write, write_ros1

SENT = chatter(250, size=15_000)


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give one bag of each kind; ROS 1 as a file."""
    folder = tmp_path_factory.mktemp('bags')
    made = {kind: write(folder / kind.replace(', ', '_'), SENT, kind, offers=[qos(latched=True)])
            for kind in KINDS}
    made['ROS 1'] = write_ros1(folder / 'ros1.bag', SENT)
    return made


def read(path: Path) -> tuple[Sent, str]:
    with open_source(path) as source:
        got = [(track.topic, since, data) for track, since, data in source.messages()
               if track.topic != '/thing']
        latched = {track.latched for track in source.tracks if track.offers}
        assert latched <= {True}
        return got, source.torn


def cut(bag: Path, where: float, folder: Path) -> Path:
    """Copy a bag without the end of its storage file."""
    if bag.is_dir():
        copy = Path(shutil.copytree(bag, folder / bag.name))
        (file,) = (one for one in copy.iterdir() if one.name != 'metadata.yaml')
    else:
        copy = file = Path(shutil.copy(bag, folder / bag.name))
    with file.open('r+b') as opened:
        opened.truncate(min(int(file.stat().st_size * where), file.stat().st_size - 1))
    return copy


@pytest.mark.parametrize('kind', [*KINDS, 'ROS 1'])
@settings(max_examples=12)
@given(where=st.floats(0.0, 1.0))
def test_a_cut_bag_is_played_to_its_end(kind: str, where: float, bags: dict[str, Path]) -> None:
    with TemporaryDirectory() as folder:
        bag = cut(bags[kind], where, Path(folder))
        try:
            got, torn = read(bag)
        except ConfigError as error:
            assert 'not a bag' in str(error) and '\n' not in str(error)
            return
    assert got == SENT[:len(got)]
    assert torn and '\n' not in torn


@pytest.mark.parametrize(('kind', 'most_lost'), [
    ('mcap', 0.5), ('sqlite3', 0.05), ('mcap, messages', 0.6), ('ROS 1', 0.5)])
def test_much_is_left_of_a_bag_without_its_last_tenth(
        kind: str, most_lost: float, bags: dict[str, Path], tmp_path: Path) -> None:
    got, torn = read(cut(bags[kind], 0.9, tmp_path))
    assert len(got) > len(SENT) * (0.9 - most_lost)
    assert got == SENT[:len(got)]
    if kind != 'ROS 1':
        assert torn.startswith(f'it ends after {got[-1][1] / 1e9:.3f} s: ')


@pytest.mark.parametrize('kind', [*KINDS, 'ROS 1'])
def test_one_byte_that_is_missing_is_noticed(
        kind: str, bags: dict[str, Path], tmp_path: Path) -> None:
    """Even by sqlite, which fills its last page up with zeros."""
    got, torn = read(cut(bags[kind], 1.0, tmp_path))
    assert got == SENT[:len(got)]
    assert torn


@pytest.mark.parametrize('kind', KINDS)
def test_metadata_is_not_needed(kind: str, bags: dict[str, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bags[kind], tmp_path / 'copy'))
    (copy / 'metadata.yaml').unlink()
    got, torn = read(copy)
    assert got == SENT
    assert 'metadata' in torn


def test_files_of_a_split_bag_are_played_in_order(tmp_path: Path) -> None:
    folder = tmp_path / 'split'
    folder.mkdir()
    sent = chatter(120)
    for number in range(12):
        part = write(tmp_path / f'part_{number}', sent[number * 10:number * 10 + 10])
        shutil.copy(part / f'part_{number}.mcap', folder / f'split_{number}.mcap')
    assert read(folder)[0] == sent
    (folder / 'split_5.mcap').unlink()
    (folder / 'metadata.yaml').write_text(
        'rosbag2_bagfile_information: {relative_file_paths: ['
        + ', '.join(f'split_{n}.mcap' for n in range(12)) + ']}')
    assert storage_files(folder)[1] == ['split_5.mcap']
    got, torn = read(folder)
    assert got == sent[:50] + sent[60:]
    assert 'split_5.mcap is missing' in torn
