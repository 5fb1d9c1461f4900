"""What leaves when there is no room, on real disks."""

from collections.abc import Iterator
import os
from pathlib import Path

import pytest

from flywheel_nodes.core.recording.retention import Bound, NO_QUOTA, Quota
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import Fate
from flywheel_nodes.effects.recording.shelf import Evicted, LOOKS, Shelf
from flywheel_nodes.effects.recording.snippet_file import End, Saved, SnippetFile, Start
from flywheel_nodes.effects.recording.snippet_folder import (
    Form,
    LABEL,
    MCAP,
    read_state,
    REASON,
    STATE,
    write_state,
)
from test.effects.recording.disks import small_disk
from test.effects.recording.snippets import label, record, records, SOURCES

MIB = 2**20


def shelf(data_dir: Path, quota: Quota = NO_QUOTA, min_free: int = 0,
          form: Form = MCAP) -> Shelf:
    made = Shelf(data_dir, form, quota, min_free)
    made.tidy()
    return made


def put(on: Shelf, number: int, size: int = 0) -> Saved:
    """Publish a snippet with that many bytes that do not compress."""
    one = SnippetFile(on.root, SOURCES, 'none', Start(number, label(number), (), records(3)),
                      on.form)
    one.begin()
    one.append([record(10**9, os.urandom(size))] if size else [])
    saved = one.finish(End(number, label(number)))
    on.add(saved)
    return saved


def names(on: Shelf) -> list[str]:
    found = [folder.name for folder in on.root.published()]
    catalog = Catalog(on.root.path.parent / 'catalog.sqlite')
    assert catalog.names() == found, 'a row for each folder and no other'
    catalog.close()
    return found


def test_the_oldest_leaves_and_with_it_its_row(tmp_path: Path) -> None:
    one = shelf(tmp_path, Quota(count=2))
    first, second, third = (put(one, number) for number in (1, 2, 3))
    assert list(one.make_room()) == [
        Evicted(first.path.name, first.label.id, Bound.COUNT, first.label.bytes)]
    assert names(one) == [second.path.name, third.path.name]
    assert list(one.root.trash.iterdir()) == []
    assert list(one.make_room()) == []
    assert (one.room().snippets, one.room().unmet) == (2, ())


def test_what_was_pinned_meanwhile_stays(tmp_path: Path) -> None:
    one = shelf(tmp_path, Quota(count=1))
    first, second = put(one, 1), put(one, 2)
    write_state(first.path, State(pinned=True))
    assert [gone.name for gone in one.make_room()] == [second.path.name]
    write_state(first.path, State())
    put(one, 3)
    assert [gone.name for gone in one.make_room()] == [first.path.name]


def test_what_waits_for_upload_stays_and_that_is_told(tmp_path: Path) -> None:
    one = shelf(tmp_path, Quota(bytes=1), form=Form(state=State(upload=Upload.PENDING)))
    saved = put(one, 1)
    assert read_state(saved.path).upload is Upload.PENDING
    assert list(one.make_room()) == []
    assert one.room().unmet == (Bound.BYTES,)
    write_state(saved.path, State(upload=Upload.DONE))
    assert [gone.name for gone in one.make_room()] == [saved.path.name]
    assert one.room().unmet == ()


@pytest.mark.parametrize('content', [b'', b'{"pinned": ', b'\xff', None])
def test_whose_state_cannot_be_read_stays_and_that_is_told(
        tmp_path: Path, content: bytes | None) -> None:
    one = shelf(tmp_path, Quota(count=1))
    kept = put(one, 1).path
    (kept / STATE).unlink()
    if content is not None:
        (kept / STATE).write_bytes(content)
    gone = put(one, 2).path
    assert [found.name for found in one.make_room()] == [gone.name]
    assert one.room().damaged == 1
    one.tidy()
    assert [text.split(':')[0] for text in one.damaged()] == [str(kept / STATE)]


def test_a_folder_that_somebody_removed_is_forgotten(tmp_path: Path) -> None:
    one = shelf(tmp_path, Quota(count=1))
    first, second = put(one, 1), put(one, 2)
    first.path.rename(tmp_path / 'elsewhere')
    assert list(one.make_room()) == []
    assert names(one) == [second.path.name]


def set_aside(on: Shelf, number: int, state: State | None = None) -> Path:
    """Damage a snippet's label and have it noticed."""
    folder = put(on, number).path
    (folder / LABEL).write_text('{')
    if state:
        write_state(folder, state)
    (found,) = on.tidy()
    assert (found.name, found.fate) == (folder.name, Fate.QUARANTINED)
    assert LABEL in (found.path / REASON).read_text()
    return found.path


def test_whose_label_is_damaged_counts_and_leaves_first_unless_pinned(tmp_path: Path) -> None:
    one = shelf(tmp_path, Quota(count=3))
    pinned = set_aside(one, 1, State(pinned=True))
    older, newer = set_aside(one, 2), set_aside(one, 3)
    assert names(one) == [] and list(one.make_room()) == []
    saved = put(one, 4)
    (gone,) = one.make_room()
    assert (gone.name, gone.because) == (f'.quarantine/{older.name}', Bound.COUNT)
    assert gone.bytes > 0
    put(one, 5)
    assert [gone.name for gone in one.make_room()] == [f'.quarantine/{newer.name}']
    put(one, 6)
    assert [gone.name for gone in one.make_room()] == [saved.path.name]
    assert one.root.quarantined() == [pinned]


@pytest.mark.parametrize('quota', [Quota(bytes=1), Quota(age_s=1e-9)])
def test_what_lies_in_quarantine_has_no_room_of_its_own(tmp_path: Path, quota: Quota) -> None:
    one = shelf(tmp_path, quota)
    set_aside(one, 1)
    assert len(list(one.make_room())) == 1
    assert one.root.quarantined() == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / 'disk', 16 * MIB) as place:
        yield place


def test_snippets_leave_until_the_disk_has_the_space_wanted(disk: Path) -> None:
    one = shelf(disk, min_free=6 * MIB)
    saved = [put(one, number, 3 * MIB) for number in (1, 2, 3)]
    assert list(one.make_room()) == []
    (disk / 'somebody_elses').write_bytes(bytes(3 * MIB))
    assert 'min_free_bytes' in one.refusal()
    assert [gone.because for gone in one.make_room()] == [Bound.FREE_SPACE]
    assert names(one) == [two.path.name for two in saved[1:]]
    assert one.refusal() == ''


def test_a_disk_that_is_full_is_noticed_and_so_is_room(disk: Path) -> None:
    one = shelf(disk)
    ballast = disk / 'somebody_elses'
    with ballast.open('wb') as file, pytest.raises(OSError, match='No space'):
        while file.write(bytes(MIB)):
            file.flush()
    assert 'No space' in one.probe()
    ballast.unlink()
    assert one.probe() == ''


def test_a_removal_cut_short_is_ended_unless_it_must_stay(tmp_path: Path) -> None:
    one = shelf(tmp_path)
    pinned, begun, erased = (put(one, number).path.name for number in (1, 2, 3))
    write_state(one.root.path / pinned, State(pinned=True))
    for name in (pinned, begun, erased):
        folder = one.root.discard(name)
    (folder / LABEL).unlink()
    (folder / STATE).unlink()
    fates = {found.name: found.fate for found in one.tidy()}
    assert fates == {pinned: Fate.WHOLE, begun: Fate.REMOVED, erased: Fate.REMOVED}
    assert names(one) == [pinned]
    assert list(one.root.trash.iterdir()) == []


def test_what_waits_for_upload_is_told_until_it_is_noticed_to_be_done(tmp_path: Path) -> None:
    one = shelf(tmp_path, form=Form(MCAP.storage, State(upload=Upload.PENDING)))
    saved = [put(one, number) for number in range(LOOKS + 2)]
    waiting = one.room().waiting
    assert waiting.count == LOOKS + 2
    assert waiting.bytes == sum(each.label.bytes for each in saved)
    assert waiting.oldest_ns == min(each.label.window.start.wall_ns for each in saved)
    for each in saved[1:]:
        write_state(each.path, State(upload=Upload.DONE))
    assert one.room().waiting.count > 1, 'not all are looked at each time'
    rest = one.room().waiting
    assert (rest.count, rest.bytes) == (1, saved[0].label.bytes)
