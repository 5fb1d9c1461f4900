"""
The recorder with 30 s of a 29-joint state at 1 kHz in its ring: memory, and how soon it saves.

From the end of a post-roll on, what is left to do is the tail, fsync and the rename: everything
before has been written while it came.
"""

from pathlib import Path
import tempfile
import time

from bench.harness import child, median, Metric, own_domain, save
from bench.ingest import request_snippet
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.ring import OVERHEAD
from flywheel_nodes.effects.recording.snippet_folder import read_label

HZ, RING_S, PAYLOAD = 1000, 30, 972
MIB = 2**20


def main() -> None:
    """Measure."""
    declared = HZ * RING_S * (PAYLOAD + OVERHEAD) / MIB
    with own_domain(), tempfile.TemporaryDirectory() as folder, child(
            '-m', 'bench.ingest', 'record', f'data_dir:={folder}', 'pre_roll:=30.0',
            'post_roll:=1.0') as recorder:
        time.sleep(3.0)
        empty = recorder.memory_info().rss
        with child('-m', 'bench.ingest', 'publish', '1', str(HZ)):
            time.sleep(RING_S + 6.0)
            full = recorder.memory_info().rss
            time.sleep(5.0)
            later = recorder.memory_info().rss
            late = median(3, lambda: saved_after(Path(folder)))
    save('recorder', [
        Metric('memory of a 30 s ring at 1 kHz', (full - empty) / MIB, 'MiB', 1.25 * declared,
               'lower', 'as accounted', declared),
        Metric('its growth in the 5 s after', (later - full) / MIB, 'MiB', 2.0),
        Metric('end of post-roll to published snippet of 31 s', late, 's', 1.0)])


def saved_after(folder: Path) -> float:
    """Have a snippet saved; return how long after its window it was there, in s."""
    label = read_label(request_snippet(folder))
    return (time.monotonic_ns() - label.window.end.mono_ns) / SECOND


if __name__ == '__main__':
    main()
