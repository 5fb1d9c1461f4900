"""Which topics only one node of ours may publish."""

from collections.abc import Collection

from flywheel_nodes.core.topics import Topic, TOPICS

NOT_OURS = 'policy'  # it is the user's own, whatever its name


def owners(nodes: Collection[str]) -> dict[Topic, str]:
    """Return the guarded topics, and the only node that may publish each; nodes: those of ours."""
    return {topic: topic.writer for topic in TOPICS if topic.writer in nodes
            and topic.writer != NOT_OURS and not topic.name.startswith('/')
            and '*' not in topic.name}
