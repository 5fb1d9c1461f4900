"""
The recorder under load for minutes, killed (SIGKILL) every minute, asked for a snippet all along.

`python -m bench.soak [MINUTES] [--cameras] [--life SECONDS]`: 10 minutes unless told, with a
29-joint state at 500 Hz and 20 topics at 50 Hz, and three cameras of 100 KB at 30 Hz if asked for.
The quota is small, so that old snippets leave meanwhile. Nothing may be lost without a word while
the node lives; what its death cut short is recovered or set aside with the reason.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
import subprocess
import sys
import tempfile
import time

import psutil

from bench.harness import call, child, Metric, own_domain, save
from bench.load import names
from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.recording.label import Label
from flywheel_nodes.effects.recording.catalog import Catalog
from flywheel_nodes.effects.recording.reconcile import reconcile
from flywheel_nodes.effects.recording.salvage import Salvage
from flywheel_nodes.effects.recording.snippet_folder import read_label, SnippetRoot
from flywheel_nodes.effects.recording.verification import verify

EVERY_S, LIFE_S, WARM_S = 15.0, 60.0, 25.0
SETTINGS = ('ring_seconds:=20.0', 'pre_roll:=10.0', 'post_roll:=2.0', 'ring_bytes:=400000000',
            'quota_bytes:=2000000000', 'snippets_per_hour:=1000.0')
LOAD, CAMERAS = ['1x500', '20x50'], ['3c30']
MIB = 2**20


# --- the recorder's lives ------------------------------------------------------------------------

@dataclass
class Diary:
    """What happened: snippets asked for, and the memory of each life, in bytes."""

    asked: int = 0
    memory: list[int] = field(default_factory=list)


@contextmanager
def recorder(folder: Path, killed: bool) -> Iterator[psutil.Process]:
    """Run the recorder, and end it one way or the other."""
    process = subprocess.Popen(
        [sys.executable, '-m', 'bench.ingest', 'record', f'data_dir:={folder}', *SETTINGS],
        stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
        if process.poll() is not None:
            raise RuntimeError('the recorder ended by itself')
    finally:
        process.kill() if killed else process.terminate()
        process.wait()


def live(folder: Path, diary: Diary, until: float, last: bool) -> None:
    """Have one life of the recorder, with a trigger every EVERY_S and one just before its end."""
    with recorder(folder, killed=not last) as process:
        diary.memory.append(0)
        began = time.monotonic()
        due, final = began + EVERY_S, until - 1.0
        while (now := time.monotonic()) < until and process.status() != psutil.STATUS_ZOMBIE:
            if now - began > WARM_S:
                diary.memory[-1] = max(diary.memory[-1], process.memory_info().rss)
            if now > min(due, final):
                diary.asked += call('snippet_recorder/trigger_snippet')
                due, final = now + EVERY_S, final if now < final else until
            time.sleep(0.2)


def suffer(folder: Path, minutes: float, life_s: float) -> Diary:
    """Have as many lives as fit; the last one ends as it should."""
    diary = Diary()
    end = time.monotonic() + 60 * minutes
    while (left := end - time.monotonic()) > EVERY_S:
        last = left < life_s + EVERY_S
        live(folder, diary, time.monotonic() + (left if last else life_s), last)
        print(f'{max(0.0, end - time.monotonic()) / 60:.1f} minutes left, '
              f'{diary.asked} snippets asked for, {diary.memory[-1] / MIB:.0f} MiB', flush=True)
    return diary


# --- what is left of it --------------------------------------------------------------------------

@dataclass
class Account:
    """What the published snippets hold and say."""

    whole: int = 0
    recovered: int = 0
    wishes: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    unsure: int = 0
    unsaid: int = 0


def account(root: SnippetRoot) -> Account:
    """Verify each snippet and compare the gaps in it with what its label says."""
    total = Account()
    for folder in root.published():
        total.wrong += [f'{folder.name}: {damage}' for damage in verify(folder)]
        with suppress(StorageError):
            _add(total, folder, read_label(folder))
    return total


def _add(total: Account, folder: Path, label: Label) -> None:
    total.wishes += len(label.triggers)
    if label.recovered:
        total.recovered += 1
        return
    total.whole += 1
    gaps = _gaps(folder)
    for name in set(names(LOAD + CAMERAS)) & set(label.topics):
        topic = label.topics[name]
        total.unsure += topic.lost is None
        total.lost += topic.lost or 0
        unsaid = max(0, gaps.get(name, 0) - (topic.lost or 0))
        total.unsaid += unsaid
        if unsaid:
            print(f'{folder.name}: {name}: {unsaid} missing without a word')


def _gaps(folder: Path) -> dict[str, int]:
    """Return how many numbers of each publisher are missing between its first and last."""
    salvage = Salvage(next(folder.glob('*.mcap')))
    numbers: dict[int, set[int]] = {}
    for record in salvage.records():
        numbers.setdefault(record.channel, set()).add(record.sequence)
    return {salvage.channels[channel].topic: max(seen) - min(seen) + 1 - len(seen)
            for channel, seen in numbers.items()}


def report(folder: Path, diary: Diary, minutes: float) -> bool:
    """Print the table; return whether all goals are met."""
    root, catalog = SnippetRoot(folder), Catalog(folder / 'catalog.sqlite')
    left = reconcile(root, catalog)
    rows, folders = catalog.names(), [one.name for one in root.published()]
    catalog.close()
    found = account(root)
    for line in found.wrong:
        print(line)
    warm = [peak for peak in diary.memory if peak] or [0]
    unexplained = sum(not (one / 'reason.txt').is_file() for one in root.quarantine.iterdir())
    metrics = [
        Metric('length', minutes, 'minutes'), Metric('lives', len(diary.memory), 'processes'),
        Metric('snippets asked for', diary.asked, 'snippets'),
        Metric('triggers in the labels held at the end', found.wishes, 'triggers'),
        Metric('whole, held at the end', found.whole, 'snippets'),
        Metric('recovered, held at the end', found.recovered, 'snippets'),
        Metric('left for the next start', len(left), 'snippets', 0),
        Metric('quarantined without a reason', unexplained, 'snippets', 0),
        Metric('that do not verify', len(found.wrong), 'snippets', 0),
        Metric('rows without a bag or bags without a row', len({*rows} ^ {*folders}), 'rows', 0),
        Metric('lost and said so', found.lost, 'messages', 0),
        Metric('topics of which nobody can tell', found.unsure, 'topics', 0),
        Metric('missing without a word', found.unsaid, 'messages', 0),
        Metric('memory, highest of a life', max(warm) / MIB, 'MiB', 450e6 / MIB),
        Metric('its growth from the first life to the last', (warm[-1] - warm[0]) / MIB, 'MiB',
               25)]
    save('soak', metrics)
    return all(metric.met is not False for metric in metrics)


def main(args: list[str]) -> int:
    """Suffer; return 1 when a goal was missed."""
    parser = ArgumentParser(prog='python -m bench.soak')
    parser.add_argument('minutes', nargs='?', type=float, default=10.0)
    parser.add_argument('--cameras', action='store_true', help='three of 100 KB at 30 Hz as well')
    parser.add_argument('--life', type=float, default=LIFE_S, metavar='SECONDS',
                        help='the recorder is killed after this (%(default)g)')
    told = parser.parse_args(args)
    words = LOAD + CAMERAS * told.cameras
    with (own_domain(), tempfile.TemporaryDirectory() as folder,
          child('-m', 'bench.load', *words)):
        diary = suffer(Path(folder), told.minutes, told.life)
        return int(not report(Path(folder), diary, told.minutes))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
