"""docs/video.md tells the header as it is."""

import re
import struct

from flywheel_nodes.core.teleop.video_frame import BYTES, Header, MAGIC, unpack, VERSION
from flywheel_nodes.effects.config_files import share_dir

DOC = (share_dir() / 'docs' / 'video.md').read_text(encoding='utf-8')
ROWS = [(int(at), int(size), name) for at, size, name in re.findall(
    r'^\| (\d+) \| (\d+) \| `(\w+)` \|', DOC, re.MULTILINE)]
_FORMATS = {1: 'B', 2: 'H', 4: 'I', 8: 'Q'}


def test_a_reader_of_the_page_reads_the_header() -> None:
    header = Header(1, 2**40, 2**50, 2**51, 640, 480, 7, 1, 3)
    packed = header.pack()
    for at, size, name in ROWS[3:]:
        found = struct.unpack_from('>' + _FORMATS[size], packed, at)[0]
        assert found == getattr(header, name)
    assert unpack(packed)[0] == header


def test_the_page_leaves_no_byte_out() -> None:
    assert [name for _, _, name in ROWS[:4]] == ['magic', 'version', 'header', 'codec']
    assert [at for at, _, _ in ROWS] == [sum(size for _, size, _ in ROWS[:n])
                                         for n in range(len(ROWS))]
    assert sum(size for _, size, _ in ROWS) == BYTES
    assert f'`{MAGIC.decode()}`' in DOC
    assert f'| `version` | {VERSION} |' in DOC
