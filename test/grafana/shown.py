"""What panels show of series that are made up, by Prometheus' own unit tests of rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
import shutil
import subprocess

import pytest
import yaml

from flywheel_nodes.core.dashboards.catalogue import BY_UID
from flywheel_nodes.core.dashboards.model import Panel
from flywheel_nodes.core.dashboards.variables import everything, filled

RULES = Path(__file__).resolve().parents[2] / 'config' / 'prometheus' / 'rules'
HOUR = 3600


def panel(uid: str, title: str) -> Panel:
    """Return a panel of a dashboard; ValueError when not one has that title."""
    (found,) = (one for one in BY_UID[uid].panels if one.title == title)
    return found


@dataclass
class Story:
    """Series as a Prometheus would have them that scrapes every so many seconds."""

    folder: Path
    scrape: int
    until: int
    rules: tuple[str, ...] = ()
    series: dict[str, str] = field(default_factory=dict)

    def tell(self, series: str, value: Callable[[int], float | str]) -> None:
        """Add a series; value gives it by the second, '_' for none and 'stale' for its end."""
        self.series[series] = ' '.join(
            f'{value(second)}' for second in range(0, self.until + 1, self.scrape))

    def shows(self, promql: str, at: int, wanted: Iterable[tuple[str, float]],
              period: int = HOUR) -> None:
        """Check an expression's values, rounded; wanted: labels as in {robot="r1"} and value."""
        expr = f'round({filled(promql, everything(period, 4 * self.scrape))})'
        self._promtool({'expr': expr, 'eval_time': f'{at}s', 'exp_samples': [
            {'labels': labels, 'value': value} for labels, value in wanted]})

    def _promtool(self, test: dict[str, object]) -> None:
        if not shutil.which('promtool'):
            pytest.skip('promtool is not installed (Debian package prometheus)')
        file = self.folder / 'test.yml'
        file.write_text(yaml.safe_dump({
            'rule_files': [str(RULES / name) for name in self.rules],
            'evaluation_interval': '15s',
            'tests': [{'interval': f'{self.scrape}s', 'promql_expr_test': [test],
                       'input_series': [{'series': name, 'values': values}
                                        for name, values in self.series.items()]}]}))
        done = subprocess.run(['promtool', 'test', 'rules', str(file)], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
