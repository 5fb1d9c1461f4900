"""`flywheel snippets list|show|ticks|verify`: what the recorder has saved."""

import argparse
from collections.abc import Iterable, Sequence
import csv
from datetime import datetime, timezone
from pathlib import Path
import sys
from typing import TextIO

from flywheel_nodes.core.errors import ConfigError, StorageError
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.recording.label import InterventionInfo, Label
from flywheel_nodes.core.recording.tick_table import TickTable
from flywheel_nodes.effects.config_files import default_data_dir
from flywheel_nodes.effects.recording import snippet_reader
from flywheel_nodes.effects.recording.reconcile import labels
from flywheel_nodes.effects.recording.snippet_folder import LABEL, read_label, SnippetRoot

HELP = 'list, show and verify saved snippets, and print their table of ticks'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument('--robot', default='sim', help='whose data directory (sim)')
    place.add_argument('--data-dir', type=Path, help='or the data directory itself')
    verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')
    verbs.add_parser('list', help='one line per snippet', parents=[place])
    show = verbs.add_parser('show', help='what happened in a snippet', parents=[place])
    ticks = verbs.add_parser('ticks', help='proposed, requested and executed, tick by tick',
                             parents=[place])
    ticks.add_argument('--csv', type=Path, metavar='FILE', help='write all of it to a file')
    verify = verbs.add_parser('verify', help='check hashes and read every message',
                              parents=[place])
    for verb in (show, ticks):
        verb.add_argument('snippet', help='id, its last digits, folder name or path')
    verify.add_argument('snippet', nargs='*', help='as for show; none: all')


def run(args: argparse.Namespace) -> int:
    """Run one verb; 1 when a snippet does not verify."""
    data_dir = args.data_dir or default_data_dir(args.robot)
    if not data_dir.is_dir():
        raise ConfigError(f'{data_dir}: no such data directory: name it with --data-dir')
    root = SnippetRoot(data_dir)
    try:
        if args.verb == 'list':
            return _list(root)
        if args.verb == 'verify':
            return _verify([_find(root, name) for name in args.snippet] or root.published())
        folder = _find(root, args.snippet)
        return _show(folder) if args.verb == 'show' else _ticks(folder, args.csv)
    except StorageError as error:
        raise ConfigError(str(error)) from None


def _find(root: SnippetRoot, wanted: str) -> Path:
    """Return the folder of a snippet; raises ConfigError when there is none or several."""
    path = Path(wanted)
    if path.is_dir() and (path / LABEL).is_file():
        return path
    found = [root.path / name for name, label in labels(root)
             if wanted in (name, label.id, short(label.id)) or label.id.endswith(wanted)]
    if len(found) != 1:
        raise ConfigError(f'{wanted}: {len(found) or "no"} such snippets in {root.path}: see '
                          'flywheel snippets list')
    return found[0]


# --- list ---------------------------------------------------------------------------------------

def _list(root: SnippetRoot) -> int:
    head = ('id', 'started', 'trigger', 'policy', 'seconds', 'messages', 'MiB', 'reasons', '')
    rows = [_line(label) for _, label in labels(root)]
    _table(sys.stdout, head, rows)
    print(f'{len(rows)} snippets in {root.path}')
    return 0


def _line(label: Label) -> tuple[str, ...]:
    reasons = ','.join(one.reason for one in label.interventions if one.reason)
    return (short(label.id), _time(label.window.start.wall_ns), label.trigger,
            label.policy.name if label.policy else '-', f'{label.duration_s:.1f}',
            str(label.messages), f'{label.bytes / 2**20:.1f}', reasons or '-',
            'recovered' if label.recovered else '')


def _table(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print('  '.join(cells).rstrip(), file=out)


def _time(wall_ns: int) -> str:
    return datetime.fromtimestamp(wall_ns / 1e9, timezone.utc).strftime('%Y-%m-%d %H:%M:%S')


# --- show ---------------------------------------------------------------------------------------

def _show(folder: Path) -> int:
    label = read_label(folder)
    print(f'{label.name}\n{folder}\n')
    _table(sys.stdout, ('what', ''), _facts(label))
    for one in label.interventions:
        print(f'\nintervention {one.id}: {one.operator or "?"}, {one.reason or "no reason"}, '
              f'{one.outcome or "no outcome"}')
        _table(sys.stdout, ('from', 's', 'mode', 'phase', 'gate'), _segments(label, one))
    print()
    _table(sys.stdout, ('at', 'event', 'source', ''), (
        (_since(label, event.wall_ns), event.name, event.source, event.sentence)
        for event in label.events))
    print()
    _table(sys.stdout, ('topic', 'type', 'messages', 'Hz', 'lost'), _topics(label))
    return 0


def _facts(label: Label) -> list[tuple[str, str]]:
    episode, policy = label.episode, label.policy
    lost = ', '.join(f'{count} in {where}' for where, count in label.losses.items())
    return [
        ('id', label.id), ('robot', f'{label.robot.name} ({label.robot.serial or "no serial"})'),
        ('policy', f'{policy.name} {policy.version}' if policy else 'unknown'),
        ('episode', f'{episode.id} {episode.task} {episode.outcome}' if episode else 'none'),
        ('trigger', ', '.join(one.name for one in label.triggers)),
        ('started', _time(label.window.start.wall_ns)),
        ('seconds', f'{label.duration_s:.2f}{" (cut)" if label.window.cut else ""}'),
        ('lost', lost or 'nothing'), ('recovered', label.recovered or 'no')]


def _segments(label: Label, one: InterventionInfo) -> list[tuple[str, ...]]:
    return [(_since(label, s.start_ns), f'{(s.end_ns - s.start_ns) / 1e9:.2f}', s.mode, s.phase,
             s.gate) for s in one.segments]


def _since(label: Label, wall_ns: int) -> str:
    return f'{(wall_ns - label.window.trigger.wall_ns) / 1e9:+.3f}'


def _topics(label: Label) -> list[tuple[str, ...]]:
    seconds = max(label.duration_s, 1e-9)
    return [(name, one.type, str(one.messages), f'{one.messages / seconds:.1f}',
             'unknown' if one.lost is None else str(one.lost))
            for name, one in sorted(label.topics.items())]


# --- ticks and verify ---------------------------------------------------------------------------

def _ticks(folder: Path, csv_file: Path | None) -> int:
    table = snippet_reader.ticks(folder)
    if csv_file is None:
        _table(sys.stdout, table.columns, _cells(table))
        return 0
    try:
        with csv_file.open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows(table.cells())
    except OSError as error:
        raise ConfigError(f'{csv_file}: {error.strerror}') from None
    print(f'{len(table.rows)} ticks to {csv_file}')
    return 0


def _cells(table: TickTable) -> list[list[str]]:
    return [[f'{cell:.4f}' if isinstance(cell, float) else str(cell) for cell in row]
            for row in table.cells()]


def _verify(folders: Sequence[Path]) -> int:
    bad = 0
    for folder in folders:
        wrong = snippet_reader.wrong(folder)
        bad += bool(wrong)
        print(f'{"BAD" if wrong else "ok "}  {folder.name}{": " + wrong if wrong else ""}')
    print(f'{len(folders) - bad} of {len(folders)} snippets are whole')
    return 1 if bad else 0
