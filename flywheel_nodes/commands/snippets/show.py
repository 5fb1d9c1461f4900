"""`flywheel snippets show`: what happened in a snippet, drawn over its time."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
import sys
from textwrap import wrap

from flywheel_nodes.commands.snippets import place
from flywheel_nodes.core import drawing
from flywheel_nodes.core.errors import StorageError
from flywheel_nodes.core.ids import short
from flywheel_nodes.core.recording import timeline
from flywheel_nodes.core.recording.label import InterventionInfo, Label
from flywheel_nodes.core.recording.state import State, Upload
from flywheel_nodes.core.recording.timeline import Measured
from flywheel_nodes.core.text_table import Column, cut, table
from flywheel_nodes.core.wording import count, printable, signed, utc
from flywheel_nodes.effects import screen
from flywheel_nodes.effects.recording.bag_measures import measure
from flywheel_nodes.effects.recording.snippet_folder import read_label, read_state

HELP = 'what happened in a snippet: who was in control, events, rates and losses of its topics'
MOST_EVENTS = 40


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('snippet', help=place.WHICH)
    parser.add_argument('--all', action='store_true',
                        help=f'all events, not only the first {MOST_EVENTS}')
    parser.add_argument('--json', action='store_true', help='the label, for other programs')


def run(args: Namespace) -> int:
    """Draw it."""
    folder = place.find(place.root_of(args), args.snippet)
    label = read_label(folder)
    if args.json:
        place.print_json(label)
        return 0
    width = screen.columns()
    place.print_lines(_page(label, folder, width, None if args.all else MOST_EVENTS))
    return 0


def _page(label: Label, folder: Path, width: int, most: int | None) -> Iterator[str]:
    glyphs = drawing.BLOCKS if screen.blocks(sys.stdout) else drawing.ASCII
    colours = screen.colours(sys.stdout)
    measured, damage = _measured(folder)
    state = read_state(folder)
    yield cut(label.name, width)
    for what, said in _facts(label, state, damage):
        yield from wrap(printable(said), width, initial_indent=f'  {what:<10} ',
                        subsequent_indent=' ' * 13)
    yield ''
    yield from timeline.styled(timeline.timeline(label, measured, width, glyphs), colours)
    for one in label.interventions:
        yield ''
        yield from _intervention(label, one, state.judged.get(one.id), width)
    yield ''
    yield f'  {"s":>7}  event{" " * 16} (! a trigger)'
    yield from timeline.event_list(label, width, most)
    yield ''
    yield from timeline.styled(timeline.topic_rows(label, measured, width, glyphs), colours)


def _measured(folder: Path) -> tuple[Measured, str]:
    try:
        return measure(folder), ''
    except StorageError as error:
        return Measured(), str(error)


def _facts(label: Label, state: State, damage: str) -> list[tuple[str, str]]:
    episode, policy, robot = label.episode, label.policy, label.robot
    kind = ', '.join(filter(None, (robot.model, robot.serial)))
    marks = [word for word, holds in (
        ('pinned', state.pinned), ('waits for upload', state.upload is Upload.PENDING),
        ('uploaded', state.upload is Upload.DONE), ('redacted', state.redacted)) if holds]
    facts = [
        ('id', label.id), ('robot', f'{robot.name}{f" ({kind})" if kind else ""}'),
        ('policy', f'{policy.name} {policy.version}'.rstrip() if policy else 'unknown'),
        ('episode', ' '.join(filter(None, (episode.task, episode.outcome, episode.id)))
         if episode else 'none'),
        ('trigger', _causes(label)),
        ('started', f'{utc(label.window.start.wall_ns)} UTC'),
        ('length', f'{label.duration_s:.2f} s{", cut short" if label.window.cut else ""}'),
        ('size', f'{count(label.messages, "message")}, {label.bytes / 2**20:.1f} MiB'),
        ('lost', timeline.losses(label)), ('state', ', '.join(marks)),
        ('merged of', ', '.join(map(short, label.sources))), ('recovered', label.recovered),
        ('damage', damage)]
    return [(what, said) for what, said in facts if said]


def _causes(label: Label) -> str:
    causes = [word for one in label.triggers for word in (one.rule, one.name) if word]
    names = dict.fromkeys((label.trigger, *causes))
    return f'{", ".join(names)} (priority {label.priority})'


def _intervention(label: Label, one: InterventionInfo, resumed_ok: bool | None,
                  width: int) -> Iterator[str]:
    note = f', {one.note!r}' if one.note else ''
    yield cut(printable(f'intervention by {one.operator or "somebody"}: '
                        f'{one.reason or "no reason"}, {one.outcome or "no outcome"}{note}'),
              width)
    columns = (Column('from s', right=True), Column('for s', right=True), Column('in control'),
               Column('phase'), Column('because', least=6))
    yield from table(columns, [
        (signed((s.start_ns - label.window.trigger.wall_ns) / 1e9),
         f'{(s.end_ns - s.start_ns) / 1e9:.2f}', s.mode, s.phase, s.gate)
        for s in one.segments], width)
    if resumed_ok is not None:
        yield f'  {"then the policy did well" if resumed_ok else "then the policy failed"}'
