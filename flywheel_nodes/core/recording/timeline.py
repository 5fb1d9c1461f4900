"""
The timeline of a snippet: who was in control, phases, events and rates over the same time axis.

Text in, lines out: no line is wider than asked for, and no event is left out untold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise, zip_longest

from flywheel_nodes.core import drawing
from flywheel_nodes.core.clock import MILLISECOND, SECOND
from flywheel_nodes.core.drawing import Glyphs, Line, Scale, Span
from flywheel_nodes.core.recording.label import EventInfo, Label, Segment, TopicInfo
from flywheel_nodes.core.text_table import cut
from flywheel_nodes.core.wording import count, printable, signed

FIGURES = '{:>6} {:>5} {:>5}'
_RIGHT = len(FIGURES.format('', '', '')) + 1
SILENCE_NS = 5 * SECOND
MODES = ('policy', 'hold', 'human', 'stopped')


@dataclass(frozen=True)
class Stretch:
    """One mode and phase of the control from a time on; wall clock, ns."""

    start_ns: int
    mode: str
    phase: str = ''


@dataclass(frozen=True)
class Measured:
    """
    What the file tells beyond the label.

    control: who drove, ascending; times: log times by topic, ascending.
    """

    control: tuple[Stretch, ...] = ()
    times: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Canvas:
    """Where to draw: width in columns, and the left margin that all rows share."""

    scale: Scale
    zero_ns: int
    margin: int
    glyphs: Glyphs

    def row(self, title: str, *spans: Span) -> Line:
        """Return a row that begins below the start of the axis."""
        text = cut(title, self.margin - 1, self.glyphs.more).ljust(self.margin)
        return (Span(text, 'dim'), *spans)


def canvas(label: Label, width: int, glyphs: Glyphs) -> Canvas:
    """Return where to draw a snippet in a terminal of some width."""
    filled = [one for one in label.topics.values() if one.messages]
    start = min((one.first_ns for one in filled), default=label.window.start.wall_ns)
    end = max((one.last_ns for one in filled), default=label.window.end.wall_ns)
    end = max(end, start + MILLISECOND)
    longest = max((len(_short(label, name)) for name in label.topics), default=8)
    margin = max(10, min(longest + 1, (width - _RIGHT) // 3))
    return Canvas(Scale(start, end, width - margin - _RIGHT), label.window.trigger.wall_ns,
                  margin, glyphs)


def timeline(label: Label, measured: Measured, width: int, glyphs: Glyphs) -> list[Line]:
    """Return who was in control, phases and events, below each other."""
    on = canvas(label, width, glyphs)
    control = interrupted(measured.control or from_segments(_segments(label)), measured.times)
    return [on.row('', Span(drawing.axis(on.scale, on.zero_ns))),
            on.row('control', *_control(control, on)),
            on.row('phase', Span(_phases(_segments(label), on))),
            on.row('events', Span(_events(label, on))),
            on.row('triggers', Span(_triggers(label, on), 'mark')),
            *_legend(control, on, width)]


# --- who was in control -------------------------------------------------------------------------

def _segments(label: Label) -> list[Segment]:
    found = [one for each in label.interventions for one in each.segments]
    return sorted(found, key=lambda one: one.start_ns)


def from_segments(segments: Sequence[Segment]) -> tuple[Stretch, ...]:
    """Return who was in control as far as the label's interventions tell."""
    found: list[Stretch] = []
    for one, after in zip_longest(segments, segments[1:]):
        found.append(Stretch(one.start_ns, one.mode, one.phase))
        if after is None or after.start_ns > one.end_ns:
            found.append(Stretch(one.end_ns, ''))
    return tuple(found)


def interrupted(control: Sequence[Stretch],
                times: Mapping[str, Sequence[int]]) -> tuple[Stretch, ...]:
    """Return who was in control, nobody where nothing at all was recorded, as within a merge."""
    cuts: list[Stretch] = []
    for silent, again in pairwise(sorted(chain.from_iterable(times.values()))):
        if again - silent > SILENCE_NS:
            before = [one for one in control if one.start_ns <= silent]
            cuts += [Stretch(silent, ''), *(replace(one, start_ns=again) for one in before[-1:])]
    return tuple(sorted((*cuts, *control), key=lambda one: one.start_ns))


def _control(control: Sequence[Stretch], on: Canvas) -> Line:
    """Draw the modes; of several in one column the one furthest from the policy's is seen."""
    modes = [''] * on.scale.width
    for one, end_ns in _lasting(control, on.scale.end_ns):
        if one.mode in MODES and end_ns > on.scale.start_ns:
            for column in range(on.scale.column(one.start_ns), on.scale.column(end_ns - 1) + 1):
                modes[column] = max(modes[column], one.mode, key=('', *MODES).index)
    return drawing.runs((on.glyphs.modes.get(mode, ' '), mode) for mode in modes)


def _lasting(control: Sequence[Stretch], end_ns: int) -> list[tuple[Stretch, int]]:
    last = [(control[-1], max(end_ns, control[-1].start_ns))] if control else []
    return [*((one, after.start_ns) for one, after in pairwise(control)), *last]


def _legend(control: Sequence[Stretch], on: Canvas, width: int) -> list[Line]:
    total = dict.fromkeys(MODES, 0)
    for one, end_ns in _lasting(control, on.scale.end_ns):
        if one.mode in total:
            total[one.mode] += max(0, end_ns - max(one.start_ns, on.scale.start_ns))
    spans = [Span(f'{on.glyphs.modes[mode]} {mode} {spent / 1e9:.1f} s   ', mode)
             for mode, spent in total.items() if spent]
    if not spans:
        return [on.row('', Span('nobody told who was in control'[:width - on.margin], 'dim'))]
    return _wrapped(spans, on, width)


def _wrapped(spans: Sequence[Span], on: Canvas, width: int) -> list[Line]:
    lines: list[list[Span]] = [[]]
    for span in spans:
        if sum(len(one.text) for one in lines[-1]) + len(span.text) > width - on.margin:
            lines.append([])
        lines[-1].append(span)
    return [on.row('', *line) for line in lines]


# --- phases, events, triggers -------------------------------------------------------------------

def _phases(segments: Sequence[Segment], on: Canvas) -> str:
    merged: list[tuple[str, int, int]] = []
    for one in segments:
        if merged and merged[-1][0] == one.phase and merged[-1][2] >= one.start_ns:
            merged[-1] = (one.phase, merged[-1][1], one.end_ns)
        else:
            merged.append((one.phase, one.start_ns, one.end_ns))
    return printable(drawing.named(merged, on.scale, on.glyphs.fill))


def since_ns(label: Label, event: EventInfo) -> int:
    """Return when an event was, from the trigger on; a stepped wall clock is not believed."""
    if label.clock.steps:
        return event.mono_ns - label.window.trigger.mono_ns
    return event.wall_ns - label.window.trigger.wall_ns


def _events(label: Label, on: Canvas) -> str:
    cells = [0] * on.scale.width
    for event in label.events:
        cells[on.scale.column(on.zero_ns + since_ns(label, event))] += 1
    return ''.join(' ' if not n else on.glyphs.event if n == 1 else str(n) if n < 10 else '+'
                   for n in cells)


def _triggers(label: Label, on: Canvas) -> str:
    marked = {on.scale.column(one.wall_ns) for one in label.triggers} or {
        on.scale.column(on.zero_ns)}
    return ''.join(on.glyphs.mark if i in marked else ' ' for i in range(on.scale.width))


def event_list(label: Label, width: int, most: int | None) -> list[str]:
    """
    Return one line per event in order of time.

    :param most: how many at most; the rest is counted
    """
    events = sorted(label.events, key=lambda one: since_ns(label, one))
    causes = {one.event for one in label.triggers}
    shown = events if most is None else events[:most]
    lines = [cut(printable(f'{signed(since_ns(label, one) / 1e9):>9}'
                            f'{"!" if one.id in causes else " "} {one.name:<21} '
                            f'{one.sentence or one.source}'), width) for one in shown]
    left = len(events) - len(shown)
    return [*lines, *([f'          and {left} more'] if left else [])]


# --- topics -------------------------------------------------------------------------------------

def topic_rows(label: Label, measured: Measured, width: int, glyphs: Glyphs) -> list[Line]:
    """Return one row per topic: its rate over time, messages per s, losses, longest silence."""
    on = canvas(label, width, glyphs)
    head = FIGURES.format('Hz', 'lost', 'gap s')
    lines = [on.row('topic', Span(' ' * on.scale.width, 'dim'), Span(' ' + head, 'dim'))]
    for name, topic in sorted(label.topics.items()):
        times = measured.times.get(name, ())
        lines.append(_topic(_short(label, name), topic, times, on))
    return lines


def _topic(name: str, topic: TopicInfo, times: Sequence[int], on: Canvas) -> Line:
    seconds = max(1e-9, (on.scale.end_ns - on.scale.start_ns) / 1e9)
    lost = '?' if topic.lost is None else f'{topic.lost}'
    if topic.latched and len(times) > 2:
        times = times[1:]  # the state from before stands at the first stamp, not at its own
    chart = drawing.sparkline(drawing.rates(times, on.scale), on.glyphs.levels)
    silence = max((b - a for a, b in pairwise(times)), default=None)
    figures = FIGURES.format(cut(f'{topic.messages / seconds:.1f}', 6), cut(lost, 5),
                             '' if silence is None else cut(f'{silence / 1e9:.2f}', 5))
    return on.row(name, Span(chart.ljust(on.scale.width)),
                  Span(' ' + figures, 'bad' if topic.lost else ''))


def _short(label: Label, name: str) -> str:
    """Return a topic's name without the namespace that all of a robot's topics share."""
    prefix = label.robot.namespace.rstrip('/') + '/'
    return printable(name[len(prefix):] if prefix != '/' and name.startswith(prefix) else name)


def losses(label: Label) -> str:
    """Return what is missing, in words."""
    unknown = sum(one.lost is None for one in label.topics.values())
    told = [f'{number:,} in {where}' for where, number in label.losses.items() if number]
    told += [f'unknown for {count(unknown, "topic")}'] if unknown else []
    return ', '.join(told) or 'nothing'


def styled(lines: Iterable[Line], coloured: bool) -> list[str]:
    """Return lines as text for a terminal, or for anything else."""
    return [(drawing.coloured(line) if coloured else drawing.plain(line)).rstrip()
            for line in lines]
