"""Pictures of dashboards without Grafana; the only place that knows matplotlib."""
