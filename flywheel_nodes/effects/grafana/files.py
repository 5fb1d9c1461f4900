"""The files below config/grafana: dashboards, and how Grafana finds them and their data."""

from flywheel_nodes.core.dashboards.catalogue import DASHBOARDS, FOLDER
from flywheel_nodes.effects.grafana.pages import page

MADE_BY = '# Made by `make dashboards` from flywheel_nodes/effects/grafana: change it there\n'

PROVIDER = MADE_BY + """\
apiVersion: 1
providers:
  - name: flywheel
    folder: Flywheel
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 30
    options:
      path: /etc/grafana/dashboards/flywheel
"""

DATASOURCE = MADE_BY + """\
apiVersion: 1
datasources:
  - name: Flywheel
    uid: flywheel
    type: prometheus
    access: proxy
    url: http://127.0.0.1:9090
    isDefault: true
    jsonData:
      httpMethod: POST
      # The scrape interval: $__rate_interval is four times as long, or longer.
      timeInterval: 5s
      prometheusType: Prometheus
"""


def files() -> dict[str, str]:
    """Return the content of every file by its path in the checkout."""
    pages = {f'{FOLDER}/dashboards/{one.uid}.json': page(one) for one in DASHBOARDS}
    return {**pages, f'{FOLDER}/provisioning/dashboards/flywheel.yaml': PROVIDER,
            f'{FOLDER}/provisioning/datasources/flywheel.yaml': DATASOURCE}
