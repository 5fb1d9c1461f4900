"""flywheel: turns each failure of a learned robot policy into its next training cycle."""

__version__ = '0.1.0'
