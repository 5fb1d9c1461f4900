"""The preview asks what Grafana would ask, and says what it cannot."""

import math
from pathlib import Path

import pytest

from flywheel_nodes import cli
from flywheel_nodes.core.dashboards.model import Colour, Kind, Panel, Query
from flywheel_nodes.effects.preview.answers import named, Period, Series


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


def test_who_does_not_answer_gets_one_line(tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    assert cli.main(['dashboards', 'preview', '--url', 'http://127.0.0.1:9', '--out',
                     str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith('flywheel dashboards: http://127.0.0.1:9 does not answer as a Prom')
    assert said.count('\n') == 1


def test_no_time_at_all_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['dashboards', 'preview', '--url', 'x', '--minutes', '0']) == 2
    assert '--minutes and --scrape must be above 0' in capsys.readouterr().err
