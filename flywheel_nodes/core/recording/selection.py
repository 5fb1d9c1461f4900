"""Which topics of the graph a recorder takes, by patterns."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from flywheel_nodes.core import topics

# Of the whole robot by convention, wherever its namespace is.
SHARED = ('/tf', '/tf_static', '/diagnostics', '/robot_description', '/clock')


@dataclass(frozen=True)
class Selection:
    """
    Patterns of names.

    A pattern without a leading slash speaks of the robot's namespace, one with it of full names.
    What tells who drove, why and how is taken whatever they say.
    """

    namespace: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]

    def wants(self, name: str) -> bool:
        """Tell whether a topic, given by its full name, is to be recorded."""
        if topics.indispensable(topics.relative(name, self.namespace)):
            return True
        if self.excludes(name):
            return False
        return name in SHARED or any(matches(name, p, self.namespace) for p in self.include)

    def excludes(self, name: str) -> bool:
        """Tell whether a topic is named as not to be recorded."""
        return any(matches(name, pattern, self.namespace) for pattern in self.exclude)


def matches(name: str, pattern: str, namespace: str) -> bool:
    """Tell whether a full name fits a pattern of a robot's namespace."""
    if pattern.startswith('/'):
        return fnmatchcase(name, pattern)
    inside = topics.relative(name, namespace)
    return not inside.startswith('/') and fnmatchcase(inside, pattern)
