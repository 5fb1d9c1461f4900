from pathlib import Path

import pytest

from flywheel_nodes.effects.run_dir import Instance
from test.commands.snippets.line import flywheel
from test.effects.recording.stored import whole


def test_catalogue_and_files_are_mended(tmp_path: Path,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    torn, lost = whole(tmp_path, 1), whole(tmp_path, 2)
    path = torn / f'{torn.name}.mcap'
    path.write_bytes(path.read_bytes()[:-100])
    (tmp_path / 'catalog.sqlite').write_bytes(b'no database')
    assert flywheel(tmp_path, 'reindex') == 0
    mended, total = capsys.readouterr().out.splitlines()
    assert mended.startswith(f'{torn.name}: recovered: 455 messages')
    assert total == f'2 snippets in {tmp_path / "catalog.sqlite"}'
    assert flywheel(tmp_path, 'verify') == 0
    (lost / f'{lost.name}.mcap').write_bytes(b'')
    capsys.readouterr()
    assert flywheel(tmp_path, 'reindex', '00000001') == 0
    assert flywheel(tmp_path, 'reindex') == 1
    out = capsys.readouterr().out
    assert f'{lost.name}: quarantined' in out and '1 snippet in' in out


def test_files_are_left_alone_while_a_recorder_runs(tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    torn = whole(tmp_path)
    recorder = Instance(tmp_path, 'snippet_recorder')
    assert flywheel(tmp_path, 'reindex') == 0
    (torn / f'{torn.name}.mcap').write_bytes(b'')
    assert flywheel(tmp_path, 'reindex') == 2
    assert 'in use by another snippet_recorder' in capsys.readouterr().err
    assert torn.exists()
    recorder.close()
