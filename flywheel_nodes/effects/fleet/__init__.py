"""What `flywheel fleet-demo` runs and asks: programs, simulated exporters, a Prometheus."""
