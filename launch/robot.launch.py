"""
Starts everything that runs on one robot: `ros2 launch flywheel_nodes robot.launch.py robot:=sim`.

The nodes come from the table in flywheel_nodes/core/processes.py, as those of `flywheel up` do.
All arguments are checked, in one line each, before the first node starts.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from flywheel_nodes.core.config import ExporterConfig
from flywheel_nodes.core.processes import Process, PROCESSES
from flywheel_nodes.effects import dds_profile
from flywheel_nodes.effects.config_files import load_robot, PACKAGE
from flywheel_nodes.effects.launch_plan import (
    ARGUMENTS,
    BAD_CONFIGURATION,
    choices,
    key,
    RESPAWN_DELAY_S,
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, their check, and a node for each process."""
    declared = [DeclareLaunchArgument(name, default_value=argument.default,
                                      description=argument.doc)
                for name, argument in ARGUMENTS.items()]
    return LaunchDescription([
        *declared, OpaqueFunction(function=_choose),
        RegisterEventHandler(OnProcessExit(on_exit=_give_up)),
        *map(_node, PROCESSES)])


def _choose(context: LaunchContext) -> list[SetLaunchConfiguration | SetEnvironmentVariable]:
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    profile = dds_profile.environment(load_robot(given['robot']), context.environment)
    return [*(SetEnvironmentVariable(name, value) for name, value in profile.items()),
            *(SetLaunchConfiguration(name, value) for name, value in choices(given).items())]


def _give_up(event: ProcessExited, context: LaunchContext) -> list[LogInfo | EmitEvent] | None:
    """End the launch when a node refuses its configuration: starting it again changes nothing."""
    if event.returncode != BAD_CONFIGURATION or context.is_shutdown:
        return None
    reason = f'{event.process_name} refused its configuration (see above)'
    return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]


def _node(process: Process) -> Node:
    name = process.name
    texts = {'robot': 'robot', 'data_dir': 'data_dir', 'cpus': key(name, 'cpus')}
    if process.config is ExporterConfig:
        texts['without'] = key(name, 'without')
    values = {parameter: ParameterValue(LaunchConfiguration(configuration), value_type=str)
              for parameter, configuration in texts.items()}
    values['nice'] = ParameterValue(LaunchConfiguration(key(name, 'nice')), value_type=int)
    return Node(package=PACKAGE, executable=name, name=name,
                namespace=LaunchConfiguration('namespace'),
                condition=IfCondition(LaunchConfiguration(key(name, 'runs'))),
                parameters=[LaunchConfiguration('params_file'), values],
                ros_arguments=['--log-level', LaunchConfiguration('log_level')],
                output='screen', emulate_tty=True,
                respawn=True, respawn_delay=RESPAWN_DELAY_S)
