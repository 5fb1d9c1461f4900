"""
Starts everything that runs on one robot: `ros2 launch flywheel_nodes robot.launch.py robot:=sim`.

The nodes come from the table in flywheel_nodes/core/processes.py, as those of `flywheel up` do.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from flywheel_nodes.effects.launch_plan import ARGUMENTS, plan, Start


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, and the nodes once the arguments are known."""
    declared = [DeclareLaunchArgument(name, default_value=argument.default,
                                      description=argument.doc)
                for name, argument in ARGUMENTS.items()]
    return LaunchDescription([*declared, OpaqueFunction(function=_nodes)])


def _nodes(context: LaunchContext) -> list[Node]:
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    return [_node(start) for start in plan(given)]


def _node(start: Start) -> Node:
    texts = {name: ParameterValue(value, value_type=str)
             for name, value in start.parameters.items()}
    return Node(package=start.package, executable=start.executable, name=start.name,
                namespace=start.namespace, parameters=[*start.params_files, texts],
                ros_arguments=list(start.ros_arguments), output='screen', emulate_tty=True,
                respawn=True, respawn_delay=start.respawn_delay)
