"""Dashboards as files that Grafana reads; the only place that knows grafana-foundation-sdk."""
