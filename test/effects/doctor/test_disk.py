from pathlib import Path

import pytest

from flywheel_nodes.core.config import RecorderConfig
from flywheel_nodes.core.doctor.finding import Level
from flywheel_nodes.effects.doctor import disk


def test_nothing_is_made_nor_left(tmp_path: Path) -> None:
    data_dir = tmp_path / 'not' / 'yet'
    found = list(disk.look(data_dir, RecorderConfig()))
    assert [one.check for one in found] == ['disk', 'file system', 'disk speed']
    assert list(tmp_path.iterdir()) == []


def test_snippets_count_against_the_quota(tmp_path: Path) -> None:
    (tmp_path / 'snippets' / 'one').mkdir(parents=True)
    (tmp_path / 'snippets' / 'one' / 'a.mcap').write_bytes(bytes(3000))
    assert disk.size(tmp_path / 'snippets') == 3000
    found = next(disk.look(tmp_path, RecorderConfig(quota_bytes=2000, min_free_bytes=0)))
    assert found.level is Level.OK and '2.93 KiB of snippets' in found.sentence
    huge = RecorderConfig(quota_bytes=2**44, min_free_bytes=0)
    assert next(disk.look(tmp_path, huge)).level is Level.WARN


def put(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))


def test_what_fills_the_disk_and_is_not_ours_is_named(tmp_path: Path) -> None:
    put(tmp_path / 'snippets' / 'a.mcap', 4 * 2**20)
    put(tmp_path / 'catalog.sqlite-wal', 4 * 2**20)
    put(tmp_path / 'small', 9)
    put(tmp_path / 'bags' / 'old' / 'x.db3', 3 * 2**20)
    put(tmp_path / 'core.4711', 2 * 2**20)
    (tmp_path / 'link').symlink_to(tmp_path / 'snippets')
    assert [str(one) for one in disk.strangers(tmp_path)] == ['bags (3 MiB)', 'core.4711 (2 MiB)']
    full = RecorderConfig(min_free_bytes=2**50, quota_bytes=0)
    found = next(disk.look(tmp_path, full))
    assert found.level is Level.WRONG
    assert found.remedy.endswith('not ours there: bags (3 MiB), core.4711 (2 MiB)')


def test_a_look_at_many_files_ends(tmp_path: Path) -> None:
    for number in range(9):
        put(tmp_path / 'bags' / f'{number}', 2**20)
    (one,) = disk.strangers(tmp_path, most=5)
    assert str(one).startswith('bags (more than ') and one.more
    assert disk.strangers(tmp_path / 'nowhere') == []


def test_a_folder_that_takes_no_file_is_wrong() -> None:
    found = list(disk.look(Path('/proc/self'), RecorderConfig(min_free_bytes=0)))[-1]
    assert found.level is Level.WRONG and 'cannot be written to' in found.sentence


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / {0} rw shared:2 - tmpfs tmpfs rw
31 22 0:26 / {0}x rw shared:2 - nfs4 server:/ rw
"""


def test_the_innermost_mount_counts(tmp_path: Path) -> None:
    mounts, place, inner = tmp_path / 'mounts', tmp_path / 'a b', tmp_path / 'a b' / 'c'
    inner.mkdir(parents=True)
    mounts.write_text(MOUNTS.format(str(place).replace(' ', '\\040')))
    assert disk.file_system(inner, mounts) == 'tmpfs'
    assert disk.file_system(Path('/usr'), mounts) == 'ext4'


def test_this_machines_mounts_are_read() -> None:
    assert disk.file_system(Path('/proc')) == 'proc'
    assert disk.file_system(Path('/')) != 'unknown'


def test_the_probe_is_as_slow_as_a_disk(tmp_path: Path) -> None:
    assert disk.latency(tmp_path) > 0.0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_its_next_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert disk.existing(Path('a/b')) == tmp_path
    assert disk.existing(tmp_path) == tmp_path
