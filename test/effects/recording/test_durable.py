import hashlib
from pathlib import Path
import tempfile

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.effects.recording import durable
from flywheel_nodes.effects.recording.durable import HashedFile


@given(st.lists(st.binary()))
def test_a_file_knows_its_hash_and_its_size(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'a'
        file = HashedFile(path)
        for piece in pieces:
            file.write(memoryview(piece))
            assert path.stat().st_size == file.tell(), 'it outlives the process at once'
        digest, size = file.close()
        assert path.read_bytes() == b''.join(pieces)
        assert digest == durable.sha256(path) == hashlib.sha256(b''.join(pieces)).hexdigest()
        assert size == sum(map(len, pieces))


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / 'a').write_text('kept')
    with pytest.raises(FileExistsError):
        HashedFile(tmp_path / 'a')
    assert (tmp_path / 'a').read_text() == 'kept'


def test_a_text_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    durable.replace_text(tmp_path / 'a', 'old')
    (tmp_path / '.a.new').mkdir()  # nothing can be written under that name
    with pytest.raises(OSError, match='directory'):
        durable.replace_text(tmp_path / 'a', 'new')
    assert (tmp_path / 'a').read_text() == 'old'
