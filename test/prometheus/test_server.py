from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from test.prometheus.server import missing_prometheus, Prometheus

SELF = """
global: {scrape_interval: 1s}
scrape_configs:
- job_name: itself
  static_configs: [{targets: ['127.0.0.1:PORT']}]
"""


@pytest.fixture(autouse=True)
def needs_prometheus() -> None:
    if reason := missing_prometheus():
        pytest.skip(reason)


def test_it_answers_queries_and_continues_in_its_folder(tmp_path: Path) -> None:
    first = Prometheus(tmp_path, 'global: {}')
    port = first.port
    first.close()
    again = Prometheus(tmp_path, SELF.replace('PORT', str(port)), port=port)
    try:
        sample = again.until('up{job="itself"} == 1')[0]
        assert sample['metric']['instance'] == f'127.0.0.1:{port}'
        at = float(sample['value'][0])
        assert again.query_range('up', at - 5, at, 1)
        assert again.query('up == 7') == []
        assert again.get('targets')['activeTargets'][0]['health'] == 'up'
    finally:
        again.close()


def test_nothing_listens_any_more_after_close(tmp_path: Path) -> None:
    server = Prometheus(tmp_path, 'global: {}')
    server.close()
    assert server.process.returncode == 0
    with pytest.raises(URLError):
        urlopen(f'{server.url}/-/ready', timeout=5)


def test_a_wrong_configuration_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match='not_a_setting'):
        Prometheus(tmp_path, 'not_a_setting: 1')
