"""The preview asks what Grafana would ask, and says what it cannot."""

from collections.abc import Iterator
from contextlib import closing
import json
import math
from pathlib import Path
import time

import pytest

from flywheel_nodes import cli
from flywheel_nodes.core.dashboards.model import Colour, Kind, Panel, Query
from flywheel_nodes.effects.preview.answers import named, Period, Series, Source
from test.prometheus.server import missing_prometheus, Prometheus


def test_intervals_are_those_of_grafana() -> None:
    short, day = Period(0.0, 60.0, 5.0), Period(0.0, 86400.0, 5.0)
    assert (short.step, short.rate_interval) == (5.0, 20.0)
    assert (day.step, day.rate_interval) == (288.0, 293.0)


def test_labels_stand_in_legends() -> None:
    assert named('{{robot}} {{ joint }} hot', {'robot': 'r1', 'joint': 'elbow'}) == 'r1 elbow hot'
    assert named('{{robot}} hot', {}) == 'hot'


def test_a_series_without_numbers_is_empty() -> None:
    assert Series('x', {}, ((0.0, math.nan),)).empty
    assert Series('x', {}, ((0.0, 3.0), (1.0, math.nan))).last == 3.0


def test_bars_without_thresholds_are_grey_as_in_grafana() -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    from matplotlib.colors import to_hex
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from flywheel_nodes.effects.preview.frame import Frame
    from flywheel_nodes.effects.preview.numbers import bars
    from flywheel_nodes.effects.preview.theme import DARK
    figure, query = Figure(), Query('x{@}', '{{robot}}')
    panel = Panel(Kind.BARS, 'alarms', 'It.', (query,))
    bars(Frame(figure, DARK, 0, 0, 300, 100), panel,
         [(query, [Series('r1', {}, ((0.0, 3.0),))])])
    drawn = [to_hex(box.get_facecolor()).upper() for box in figure.findobj(Rectangle)]
    assert Colour.PLAIN.value in drawn


def test_a_thin_line_keeps_its_colour_beside_a_heat_map(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    import numpy as np
    from PIL import Image

    from flywheel_nodes.effects.preview.frame import Frame
    from flywheel_nodes.effects.preview.picture import save
    from flywheel_nodes.effects.preview.theme import DARK, PALETTE
    figure = Figure(figsize=(6, 4), dpi=100, facecolor=DARK.page)
    FigureCanvasAgg(figure)
    page = Frame(figure, DARK, 0, 0, 600, 400)
    page.part(0, 100, 600, 300).axes().imshow(np.random.default_rng(1).random((99, 99)), 'inferno')
    for row, ink in enumerate(PALETTE):
        page.part(10, 4 * row, 12, 2).box(ink)
    save(figure, tmp_path / 'page.png')
    found = np.asarray(Image.open(tmp_path / 'page.png').convert('RGB'))
    drawn = {f'#{found[4 * row + 1, 16].tobytes().hex()}'.upper() for row in range(len(PALETTE))}
    assert drawn == {*PALETTE}


@pytest.fixture(scope='module')
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Have two robots tell nothing but their version."""
    if reason := missing_prometheus():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp('prometheus')
    (folder / 'rules.yml').write_text(json.dumps({'groups': [{'name': 'robots', 'rules': [
        {'record': 'flywheel_build_info', 'expr': 'vector(1)',
         'labels': {'robot': robot, 'site': 'a'}} for robot in ('r1', 'r"2')]}]}))
    server = Prometheus(folder, 'global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n')
    with closing(server):
        server.until('count(flywheel_build_info) == 2')
        yield server


def preview(*args: object) -> int:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    return cli.main(['dashboards', 'preview', *map(str, args)])


def test_robots_are_chosen_by_regular_expression(prometheus: Prometheus) -> None:
    def chosen(robot: str) -> list[str]:
        period = Period(time.time() - 60, time.time())
        return Source(prometheus.url, period, {'robot': robot}).robots()
    assert chosen('.*') == ['r"2', 'r1']
    assert chosen(r'r\d') == ['r1']
    assert chosen('r"2') == ['r"2']
    assert chosen('r2') == []


def test_a_picture_is_drawn_of_who_is_chosen(prometheus: Prometheus, tmp_path: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    assert preview('--url', prometheus.url, '--out', tmp_path / 'new', '--dashboard',
                   'flywheel-fleet', '--robot', 'r1') == 0
    assert 'no data for' in capsys.readouterr().out
    assert (tmp_path / 'new' / 'flywheel-fleet.png').stat().st_size > 10_000


@pytest.mark.parametrize(('args', 'says'), [
    (('--robot', 'x'), 'no robot matches --robot and --site in this time; there are r"2, r1'),
    (('--robot', '('), 'error parsing regexp: missing closing ): `^(?:()$`'),
    (('--out', '/etc/passwd'), '--out /etc/passwd: File exists: choose another folder'),
    (('--out', '/proc/x'), '--out /proc/x: No such file or directory: choose another folder'),
    (('--minutes', 'inf'), '--minutes inf: above 0 and at most 525600 is needed'),
    (('--minutes', 'nan'), '--minutes nan: above 0'), (('--minutes', 0), '--minutes 0: above 0'),
    (('--scrape', 1e9), '--scrape 1e+09: above 0 and at most 3600 is needed')])
def test_what_cannot_be_drawn_gets_one_line(
        prometheus: Prometheus, args: tuple[object, ...], says: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    assert preview('--url', prometheus.url, *args) == 2
    said = capsys.readouterr().err
    assert says in said and said.count('\n') == 1


def test_no_series_looks_like_a_limit_or_like_another() -> None:
    from flywheel_nodes.effects.preview.theme import free, PALETTE
    assert list(free(3, ())) == list(PALETTE[:3])
    assert not {'#E24D42', '#EAB839', '#CCA300'} & {*free(20, (Colour.ALARM, Colour.WATCH))}
    assert len({*free(20, (Colour.ALARM, Colour.WATCH))}) == 20
    assert len(list(free(99, (Colour.GOOD,)))) == 99


@pytest.mark.parametrize(('url', 'says'), [
    ('http://127.0.0.1:9', 'http://127.0.0.1:9 does not answer: '),
    ('127.0.0.1:9090', 'http://HOST:PORT or https://HOST:PORT is needed'),
    ('http://ada:hunter2@h', 'a password in an address is seen by others')])
def test_who_does_not_answer_gets_one_line(url: str, says: str,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    assert preview('--url', url) == 2
    said = capsys.readouterr().err
    assert says in said and said.count('\n') == 1 and 'hunter2' not in said


def test_another_server_than_a_prometheus_is_told(prometheus: Prometheus,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    assert preview('--url', f'{prometheus.url}/nowhere') == 2
    assert capsys.readouterr().err == (
        f'flywheel dashboards: {prometheus.url}/nowhere is no Prometheus: it answers 404\n')
