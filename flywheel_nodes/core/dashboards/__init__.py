"""Dashboards as tables: one file a dashboard, made into Grafana's JSON by effects/grafana."""
