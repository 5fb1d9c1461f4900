"""Facts and problems as lines of a terminal, or of plain text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import math
import sys

from flywheel_nodes.core.drawing import Line, Span
from flywheel_nodes.core.status import wording as w
from flywheel_nodes.core.status.facts import Facts, Node, Score, Topic
from flywheel_nodes.core.status.problem import Problem
from flywheel_nodes.core.text_table import Column, cut, table
from flywheel_nodes.core.wording import count, printable

LABEL = 10
BAR = 10
MOST_PROBLEMS = 4
KEYS = '↑ ↓ scroll · q quit'
PLAIN_KEYS = 'up and down scroll, q quits'
_NODES = (Column('node', least=8), Column('up'), Column('cpu', True), Column('memory', True),
          Column('restarts', True), Column('late p99', True), Column('uptime', True))
_TOPICS = (Column('topic', least=12), Column('Hz', True), Column('of', True), Column('age', True),
           Column('lost/s', True), Column('p50', True), Column('pub', True), Column('sub', True))


@dataclass(frozen=True)
class Page:
    """Everything to show; blocks: whether the output takes more than ASCII."""

    facts: Facts
    problems: Sequence[Problem]
    clock: str = ''
    blocks: bool = True


def text(page: Page, width: int, whole: bool = False) -> list[Line]:
    """Return all lines, none wider than width; whole: as wide as it takes to cut nothing."""
    widest = sys.maxsize if whole else width
    lines = [*_head(page), *_problems(page, len(page.problems), widest), (),
             *_body(page, width, widest)]
    return [_fit(line, widest, page.blocks) for line in lines]


def screen(page: Page, width: int, height: int, scrolled: int = 0) -> tuple[list[Line], int]:
    """
    Return exactly height lines, and how far they are scrolled.

    Head and problems stay where they are; the rest scrolls between them and the keys.

    :param scrolled: how many lines of the rest the person wants to have gone
    """
    head = [*_head(page), *_problems(page, MOST_PROBLEMS, width)]
    body = _body(page, width, width)
    room = max(0, height - len(head) - 2)
    at = max(0, min(scrolled, len(body) - room))
    shown = body[at:at + room]
    lines = [*head, (), *shown, *[()] * (room - len(shown)), _foot(page, at, room, len(body))]
    return [_fit(line, width, page.blocks) for line in lines[:height]], at


def _foot(page: Page, at: int, room: int, total: int) -> Line:
    keys = KEYS if page.blocks else PLAIN_KEYS
    where = f'lines {at + 1} to {min(total, at + room)} of {total}' if room < total else 'all'
    return (Span(f'{where} - {keys}' if not page.blocks else f'{where} · {keys}', 'dim'),)


def _head(page: Page) -> list[Line]:
    told = page.facts
    name = ' '.join(filter(None, ('flywheel', told.version, ' ', told.model)))
    ready = Span('ready', 'policy') if told.ready else Span('NOT READY', 'bad')
    charge = w.share(told.control.battery_ratio)
    first = (Span(printable(name), 'bold'), Span('  '), ready,
             Span(f'  battery {charge}' if charge else ''), Span(f'  {page.clock}', 'dim'))
    return [first, _mode(told)]


def _mode(told: Facts) -> Line:
    control = told.control
    mode = printable(control.mode.upper() or 'mode unknown')
    since = w.span(control.mode_s)
    since = f' for {since}{"+" if control.more else ""}' if since else ''
    parts = [f'policy {told.policy}' if told.policy else 'no policy',
             f'e-stop {control.estop}' if control.estop else '',
             f'owner {control.owner}' if control.owner else '']
    style = control.mode if control.mode in ('policy', 'hold', 'human', 'stopped') else 'bad'
    return (Span(mode, style), Span(f'{since}  {printable("  ".join(filter(None, parts)))}'))


def _problems(page: Page, most: int, width: int) -> list[Line]:
    found = page.problems
    if not found:
        return [(Span('nothing is out of order', 'policy'),)]
    shown = found if len(found) <= most else found[:most - 1]
    mark = '…' if page.blocks else '~'
    lines: list[Line] = [
        (Span('! ', one.level), Span(printable(one.short(width - 2, mark)), one.level))
        for one in shown]
    left = len(found) - len(shown)
    return [*lines, *([(Span(f'! and {count(left, "more problem")}', 'hold'),)] if left else [])]


def _body(page: Page, width: int, widest: int) -> list[Line]:
    """Return the tables, none wider than widest; width: what bars are arranged in."""
    told = page.facts
    return [*_nodes(told.nodes, widest), (),
            *_scores(told.scores, width, page.blocks),
            *_rest(told), (),
            *_topics(told.topics, widest)]


def _nodes(nodes: Sequence[Node], width: int) -> list[Line]:
    rows = [(one.name, 'yes' if one.up else 'NO', w.share(one.cpu), w.size(one.memory_bytes),
             w.number(one.restarts), w.brief(one.late_s), w.span(one.age_s)) for one in nodes]
    head, *lines = table(_NODES, rows, width)
    at = head.find('up', len('node'))
    # Of a process that is down the other columns say nothing.
    shown = [f'{line[:at]}NO ({one.process})' if one.process and at > 0 else line
             for line, one in zip(lines, nodes, strict=True)]
    return _styled([head, *shown], ('' if one.up else 'bad' for one in nodes))


def _topics(topics: Sequence[Topic], width: int) -> list[Line]:
    rows = [(one.name, w.rate(one.rate_hz), w.rate(one.expected_hz), w.span(one.age_s),
             w.rate(one.lost_hz) if one.lost_hz else '', w.brief(one.latency_s),
             w.number(one.publishers), w.number(one.subscribers)) for one in topics]
    return _styled(table(_TOPICS, rows, width), map(_topic_style, topics))


def _topic_style(one: Topic) -> str:
    if one.silent or one.competing:
        return 'bad'
    return 'hold' if one.lost_hz or one.mismatches else ''


def _styled(lines: Sequence[str], styles: Iterable[str]) -> list[Line]:
    return [(Span(line, style),) for line, style in zip(lines, ('dim', *styles), strict=True)]


def _scores(scores: Sequence[Score], width: int, blocks: bool) -> list[Line]:
    """Return a bar for each detector, as many beside each other as have room."""
    cells = [_score(one, blocks) for one in scores]
    if not cells:
        return []
    wide = max(sum(len(span.text) for span in cell) for cell in cells) + 2
    each = max(1, (width - LABEL) // wide)
    rows = [cells[i:i + each] for i in range(0, len(cells), each)]
    return [(Span(('monitor' if i == 0 else '').ljust(LABEL), 'dim'),
             *(span for cell in row for span in (*cell, Span('  ')))) for i, row in
            enumerate(rows)]


def _score(one: Score, blocks: bool) -> Line:
    part = _part(one)
    style = 'bad' if part >= 1.0 else 'hold' if part >= 0.7 else 'policy'
    full = round(min(1.0, part) * BAR)
    fill, rest = ('█', '·') if blocks else ('#', '.')
    shown = '' if one.score is None else f'{part:4.0%}' if part < 9.99 else '>999%'
    return (Span(printable(cut(one.detector, 15)).ljust(15)), Span(' '), Span(fill * full, style),
            Span(rest * (BAR - full), 'dim'), Span(shown.rjust(6)))


def _part(one: Score) -> float:
    """Return a score as a share of its threshold."""
    if one.score is None or math.isnan(one.score) or not one.threshold:
        return 0.0
    return max(0.0, one.score / one.threshold)


def _rest(told: Facts) -> list[Line]:
    return [_row('recorder', _recorder(told)), _row('host', _host(told)),
            _row('teleop', _teleop(told))]


def _row(label: str, parts: Sequence[str]) -> Line:
    said = '  '.join(filter(None, parts)) or 'no data'
    return (Span(label.ljust(LABEL), 'dim'), Span(said))


def _with(what: str, shown: str, unit: str = '') -> str:
    return f'{what} {shown}{unit}' if shown else ''


def _recorder(told: Facts) -> list[str]:
    one = told.recorder
    return [_with('ring', w.span(one.ring_s)), _with('snippets', w.number(one.snippets)),
            _with('free', w.size(one.free_bytes)),
            _with('reserve', w.size(one.min_free_bytes)),
            _with('waiting for upload', w.number(one.waiting)) if one.waiting else '',
            _with('lost/s', w.rate(one.lost_hz)) if one.lost_hz else '']


def _host(told: Facts) -> list[str]:
    one = told.host
    return [_with('cpu', w.share(one.cpu)) + (f' of {w.number(one.cpus)}' if one.cpu is not None
                                              and one.cpus else ''),
            _with('memory', w.share(_used(one.memory_bytes, one.memory_free_bytes))),
            _with('data disk', w.share(_used(one.disk_bytes, one.disk_free_bytes))),
            _with('hottest', w.number(one.hottest_celsius), ' °C'),
            _with('in', w.size(one.received_bytes_s), '/s'),
            _with('out', w.size(one.sent_bytes_s), '/s'),
            _with('clock off', w.brief(None if one.offset_s is None else abs(one.offset_s)))]


def _used(whole: float | None, free: float | None) -> float | None:
    return 1.0 - free / whole if whole and free is not None else None


def _teleop(told: Facts) -> list[str]:
    one = told.teleop
    session = {True: 'an operator holds the robot', False: 'no session', None: ''}
    return [session[one.session], _with('connected', w.number(one.connections)),
            _with('round trip', w.brief(one.round_trip_s)),
            _with('asking for a human', w.number(one.help_waiting)) if one.help_waiting else '']


def _fit(line: Line, width: int, blocks: bool) -> Line:
    spans, left = [], width
    for text_, style in line:
        shown = cut(text_ if blocks else text_.replace('°', ''), left, '…' if blocks else '~')
        if shown:
            spans.append(Span(shown, style))
        left -= len(shown)
    return tuple(spans)
