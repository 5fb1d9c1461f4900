"""The rows of the metric table, one file a subject."""
