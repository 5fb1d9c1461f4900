"""What the HTTP API of Prometheus answers to an instant query."""

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel_nodes.core.errors import ConfigError


@dataclass(frozen=True)
class Answer:
    """One sample of an instant vector."""

    labels: Mapping[str, str]
    value: float


def answers(result: object) -> list[Answer]:
    """
    Return what the HTTP API of Prometheus says as answers.

    :param result: data.result of an instant query
    :raises ConfigError: when it is no instant vector
    """
    try:
        return [Answer(row['metric'], float(row['value'][1]))
                for row in result]  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError, IndexError):
        raise ConfigError('what answered the query is no Prometheus') from None
