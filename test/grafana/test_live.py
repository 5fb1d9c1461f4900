"""Every query of every panel, asked of a real Prometheus that scrapes a real robot at work."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
import re
import threading
import time

import pytest

from flywheel_nodes.commands.dashboards import preview
from flywheel_nodes.core.dashboards.catalogue import DASHBOARDS
from flywheel_nodes.core.dashboards.model import Kind
from flywheel_nodes.effects.preview.answers import Period, Source
from test.grafana.flight import Flight
from test.prometheus.server import missing_prometheus, Prometheus

CHECKOUT = Path(__file__).resolve().parents[2]
SCRAPE_S = 2
DRAWN = ('flywheel-fleet', 'flywheel-robot')  # which have every kind of panel
MAY_BE_EMPTY = 'Clock'  # on a machine where no time service tells the offset
CONFIG = """
global: {{scrape_interval: {seconds}s, scrape_timeout: {seconds}s, evaluation_interval: 1s}}
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: flywheel
    static_configs:
      - targets: ['{host}']
        labels: {{robot: r1, site: lab}}
"""


@pytest.fixture(scope='module')
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, Period]]:
    """Let a robot live through everything while Prometheus watches; give both."""
    if missing := missing_prometheus():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp('flight')
    flight = Flight(folder, '/flight')
    try:
        host = flight.ready().split('/')[2]
        # Evaluated every second: there are not many minutes here.
        (folder / 'prometheus' / 'rules').mkdir(parents=True)
        for file in (CHECKOUT / 'config/prometheus/rules').glob('*.yml'):
            rules = re.sub(r'interval: \d+[sm]', 'interval: 1s', file.read_text())
            (folder / 'prometheus' / 'rules' / file.name).write_text(rules)
        began = time.time()
        server = Prometheus(folder / 'prometheus', CONFIG.format(seconds=SCRAPE_S, host=host))
        try:
            flight.run()
            yield server, credited(server, began)
        finally:
            server.close()
    finally:
        flight.end()


def credited(server: Prometheus, began: float) -> Period:
    """Wait until the version that runs now is credited with what it did; it drives meanwhile."""
    (query,) = next(panel.queries for dashboard in DASHBOARDS for panel in dashboard.panels
                    if panel.title == 'Interventions: version now')
    tick, end = threading.Event(), time.monotonic() + 60
    while time.monotonic() < end:
        period = Period(began, time.time(), SCRAPE_S)
        if not all(one.empty for one in Source(server.url, period).series(query, Kind.STAT)):
            return period
        tick.wait(0.5)
    raise AssertionError('not within 60 s: an answer about the version that runs now')


def test_no_panel_is_empty(flown: tuple[Prometheus, Period]) -> None:
    server, period = flown
    source = Source(server.url, period)
    silent, empty = [], []
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            answers = {query: source.series(query, panel.kind) for query in panel.queries}
            without = [q for q, found in answers.items() if all(one.empty for one in found)]
            silent += [f'{dashboard.uid} / {panel.title} / {query.legend}'
                       for query in without if not query.absent]
            if len(without) == len(answers) and panel.title != MAY_BE_EMPTY:
                empty.append(f'{dashboard.uid} / {panel.title}')
    assert (silent, empty) == ([], [])


def test_what_happened_is_marked(flown: tuple[Prometheus, Period]) -> None:
    server, period = flown
    source = Source(server.url, period)
    marks = {(mark.name, one.name) for dashboard in DASHBOARDS for mark in dashboard.annotations
             for one in source.ask(mark.promql, mark.title)}
    assert ('policy changes', 'r1: policy flawed 1') in marks
    assert ('interventions', 'r1: intervention, stuck') in marks
    assert ('node restarts', 'r1: policy started again') in marks
    assert 'monitor alarms' in {name for name, _ in marks}


def test_dashboards_are_drawn(flown: tuple[Prometheus, Period], tmp_path: Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('matplotlib', reason='matplotlib is not installed')
    server, _ = flown
    assert preview.run(preview_args(server.url, tmp_path)) == 0
    said = capsys.readouterr().out
    assert 'no data' not in said.replace(f'no data for {MAY_BE_EMPTY}\n', '')
    for uid in DRAWN:
        picture = tmp_path / f'{uid}.png'
        assert str(picture) in said and picture.read_bytes().startswith(b'\x89PNG')


def preview_args(url: str, out: Path) -> Namespace:
    parser = ArgumentParser()
    preview.add_arguments(parser)
    return parser.parse_args(['--url', url, '--out', str(out), '--minutes', '1.5',
                              '--scrape', str(SCRAPE_S),
                              *(word for uid in DRAWN for word in ('--dashboard', uid))])
