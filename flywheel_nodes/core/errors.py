"""
The errors flywheel raises on purpose.

FlywheelError        one line for a person: what, where, what to do
├── ConfigError      bad configuration or command line: the process ends with exit code 2
├── WireError        a message of ours that does not decode: it is dropped and counted
├── StorageError     a disk that refuses: the recorder says so, counts it and goes on
└── RelayError       the relay refused a client or went away
"""


class FlywheelError(Exception):
    """Base of all errors whose text is meant for a person."""


class ConfigError(FlywheelError):
    """The configuration or the command line cannot be used; nothing was started."""


class WireError(FlywheelError):
    """A received message does not follow its schema."""


class StorageError(FlywheelError):
    """The disk does not take or give what was asked."""


class RelayError(FlywheelError):
    """The relay refused what a client asked, or the connection is gone."""
