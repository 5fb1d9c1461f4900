"""One call of a standard service, for the command line."""

import rclpy
from std_srvs.srv import SetBool, Trigger

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.nodes import distro

PATIENCE_S = 5.0


def call(name: str, value: bool | None) -> tuple[bool, str]:
    """
    Call a Trigger, or a SetBool when there is a value, by its full name.

    :return: whether it succeeded, and what it says
    :raises ConfigError: when nobody offers it or it does not answer within 5 s
    """
    with distro.ros():
        node = rclpy.create_node('call')
        try:
            type_ = Trigger if value is None else SetBool
            client = node.create_client(type_, name)
            if not client.wait_for_service(PATIENCE_S):
                raise ConfigError(f'nobody offers {name} as {type_.__name__} in this domain')
            request = Trigger.Request() if value is None else SetBool.Request(data=value)
            future = client.call_async(request)
            rclpy.spin_until_future_complete(node, future, timeout_sec=PATIENCE_S)
            if not future.done():
                raise ConfigError(f'{name} does not answer')
            return bool(future.result().success), str(future.result().message)
        finally:
            node.destroy_node()
