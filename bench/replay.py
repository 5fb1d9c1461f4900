"""
The whole log of a real robot through the running recorder: what arrives, what is lost, how long.

`python -m bench.replay [RATE...]`: 10 and max unless told; 1 takes as long as the log, 395 s.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
import subprocess
import sys
import tempfile
import time

from bench.harness import child, Metric, NAMESPACE, own_domain, save
from bench.ingest import request_snippet
from flywheel_nodes.effects.recording.bag_source import open_source
from flywheel_nodes.effects.recording.salvage import Salvage
from flywheel_nodes.effects.recording.snippet_folder import read_label

LOG = Path(__file__).resolve().parents[2] / 'shared' / 'data' / 'husky_field'
Payloads = Mapping[str, list[bytes]]


def padded(data: bytes) -> bytes:
    """Return a payload as DDS carries it: filled up to whole words."""
    return data + bytes(-len(data) % 4)


def published() -> Payloads:
    """Return what the log holds, by the name under which it is played."""
    payloads = defaultdict(list)
    with open_source(LOG) as source:
        for track, _, data in source.messages():
            payloads[NAMESPACE + track.topic].append(padded(data))
    return payloads


def recorded(snippet: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield topic, the publisher's number from 1 on, and payload of what a snippet holds."""
    salvage = Salvage(next(snippet.glob('*.mcap')))
    for record in salvage.records():
        yield salvage.channels[record.channel].topic, record.sequence, padded(record.data)


def play(rate: str) -> float:
    """Replay the log; return how long that took, in s."""
    began = time.monotonic()
    subprocess.run([sys.executable, '-m', 'flywheel_nodes.cli', 'replay', str(LOG), '--rate', rate,
                    '--namespace', NAMESPACE, '--delay', '10'], check=True)
    return time.monotonic() - began


def measure(rate: str, sent: Payloads) -> list[Metric]:
    """Play and record the log once."""
    with tempfile.TemporaryDirectory() as folder, child(
            '-m', 'bench.ingest', 'record', f'data_dir:={folder}', 'post_roll:=1.0',
            'ring_seconds:=600.0', 'pre_roll:=600.0', 'max_duration:=700.0'):
        time.sleep(3.0)
        took = play(rate)
        snippet = request_snippet(Path(folder))
        told = read_label(snippet).topics
        rate = rate if rate == 'max' else f'{rate}x'
        return [Metric(f'the whole log at {rate}, with start and end', took, 's'),
                *account(rate, sent, list(recorded(snippet)),
                         {name: told[name].lost or 0 for name in sent})]


def account(rate: str, sent: Payloads, got: list[tuple[str, int, bytes]],
            lost: Mapping[str, int]) -> list[Metric]:
    """Compare what was published, what arrived and what the recorder says it lost."""
    arrived = Counter(name for name, _, _ in got if name in sent)
    first = {name: min(number for topic, number, _ in got if topic == name) for name in sent}
    early = sum(number - 1 for number in first.values())
    missing = sum(len(sent[name]) - arrived[name] - lost[name] for name in sent) - early
    wrong = sum(sent[name][number - 1] != data for name, number, data in got if name in sent)
    return [Metric(f'published before the recorder had found it, {rate}', early, 'messages', 0),
            Metric(f'lost and said so, {rate}', sum(lost.values()), 'messages', 0),
            Metric(f'missing without a word, {rate}', missing, 'messages', 0),
            Metric(f'other bytes than published, {rate}', wrong, 'messages', 0)]


def main(rates: list[str]) -> None:
    """Measure."""
    if not LOG.is_dir():
        print(f'{LOG} does not lie beside this checkout: nothing is measured')
        save('replay', [])
        return
    sent = published()
    with own_domain():
        save('replay', [metric for rate in rates or ['10', 'max']
                        for metric in measure(rate, sent)])


if __name__ == '__main__':
    main(sys.argv[1:])
