from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import shutil

import pytest

from flywheel_nodes.core.recording.label import to_json
from flywheel_nodes.effects.recording import durable
from flywheel_nodes.effects.recording.snippet_folder import (
    Form,
    LABEL,
    METADATA,
    read_label,
    size,
    STATE,
)
from flywheel_nodes.effects.recording.verification import verify
from test.effects.recording.stored import save, story, told, whole


def test_what_the_recorder_saves_is_whole(tmp_path: Path) -> None:
    assert verify(whole(tmp_path)) == []
    assert verify(save(tmp_path, told(2), story(), Form('sqlite3'))) == []


def flip(folder: Path) -> None:
    path = folder / f'{folder.name}.mcap'
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(bytes(data))


def relabel(folder: Path) -> None:
    label = read_label(folder)
    topics = {name: replace(one, messages=one.messages + 1) for name, one in label.topics.items()}
    (folder / LABEL).write_text(to_json(replace(label, topics=topics)))


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(
        (folder / name).read_text().replace(old, new)) and None


def test_one_that_is_removed_meanwhile_is_gone(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = whole(tmp_path)
    hashed = durable.sha256

    def evicted(path: Path) -> str:
        found = hashed(path)
        shutil.rmtree(folder, ignore_errors=True)
        return found

    monkeypatch.setattr(durable, 'sha256', evicted)
    assert any('gone' in one for one in verify(folder))
    assert size(folder) == 0


@pytest.mark.parametrize(('damage', 'says'), [
    (flip, ['hash', 'damaged']), (relabel, ['the label says']),
    (edit(METADATA, 'message_count: 4', 'message_count: 5'), ['hash', 'metadata.yaml says']),
    (edit(METADATA, 'rosbag2_bagfile_information', '{'), ['the label says', 'cannot be read']),
    (edit(STATE, 'false', 'perhaps'), ['state cannot be read']),
    (edit(LABEL, 'flywheel.snippet/1', 'flywheel.snippet/9'), ['flywheel.snippet/9']),
    (edit(LABEL, '"messages":', '"mess":'), ['messages is missing']),
    (lambda folder: (folder / METADATA).unlink(), ['missing', 'cannot be read']),
    (lambda folder: (folder / f'{folder.name}.mcap').unlink(), ['missing', 'no'])])
def test_each_damage_is_found(tmp_path: Path, damage: Callable[[Path], None],
                              says: list[str]) -> None:
    folder = whole(tmp_path)
    damage(folder)
    found = verify(folder)
    for words in says:
        assert any(words in one for one in found), found
    assert all('\n' not in one for one in found)


def test_a_folder_of_another_name_is_told(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    assert size(folder) > 10_000
    assert verify(folder.rename(tmp_path / 'other')) == [f'the label is that of {folder.name}']
