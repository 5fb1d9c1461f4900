"""
The recorder with full rings: memory, how soon it saves, and what it loses meanwhile.

From the end of a post-roll on, what is left to do is the tail, fsync and the rename: everything
before has been written while it came.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import statistics
import tempfile
import time

import psutil

from bench.harness import child, median, Metric, own_domain, save
from bench.ingest import request_snippet
from bench.load import names
from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.core.recording.ring import OVERHEAD
from flywheel_nodes.effects.recording.snippet_folder import read_label

HZ, RING_S, PAYLOAD = 1000, 30, 972
EVERYTHING = ('1x500', '20x50', '3c30')
MIB = 2**20


def main() -> None:
    """Measure."""
    with own_domain():
        save('recorder', [*states(), *everything()])


@contextmanager
def recorder() -> Iterator[tuple[psutil.Process, Path]]:
    """Run a recorder on a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, child(
            '-m', 'bench.ingest', 'record', f'data_dir:={folder}', 'pre_roll:=30.0',
            'post_roll:=1.0') as process:
        time.sleep(3.0)
        yield process, Path(folder)


def states() -> list[Metric]:
    """Measure with one state at 1 kHz."""
    declared = HZ * RING_S * (PAYLOAD + OVERHEAD) / MIB
    with recorder() as (process, folder):
        empty = rss(process)
        with child('-m', 'bench.load', f'1x{HZ}'):
            time.sleep(RING_S + 6.0)
            full = rss(process)
            time.sleep(5.0)
            later = rss(process)
            late = median(3, lambda: saved(folder)[1])
    return [
        Metric('memory of a 30 s ring at 1 kHz', full - empty, 'MiB', 1.25 * declared,
               'lower', 'as accounted', declared),
        Metric('its growth in the 5 s after', later - full, 'MiB', 2.0),
        Metric('end of post-roll to published snippet of 31 s', late, 's', 0.5)]


def everything() -> list[Metric]:
    """Measure with states and cameras, and snippets that overlap."""
    with recorder() as (process, folder), child('-m', 'bench.load', *EVERYTHING):
        time.sleep(RING_S + 6.0)
        full = rss(process)
        done = [saved(folder) for _ in range(3)]
        after = rss(process)
    size = statistics.median(label.bytes / 1e6 for label, _ in done)
    late = statistics.median(late for _, late in done)
    lost = sum(label.topics[name].lost or 0 for label, _ in done for name in names(EVERYTHING))
    what = ' + '.join(EVERYTHING)
    return [
        Metric(f'resident with 30 s of {what} Hz', full, 'MiB', 450e6 / MIB),
        Metric('the same with snippets being written', after, 'MiB', 450e6 / MIB),
        Metric('size of such a snippet', size, 'MB'),
        Metric('end of post-roll to that snippet', late, 's', 2.0),
        Metric('lost in these snippets', lost, 'messages', 0)]


def rss(process: psutil.Process) -> float:
    """Return the resident memory of a process in MiB."""
    return float(process.memory_info().rss) / MIB


def saved(folder: Path) -> tuple[Label, float]:
    """Have a snippet saved; return its label and how long after its window it was there, in s."""
    label = read_label(request_snippet(folder))
    return label, (time.monotonic_ns() - label.window.end.mono_ns) / SECOND


if __name__ == '__main__':
    main()
