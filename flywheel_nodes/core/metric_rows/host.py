"""Metrics of the machine the robot's software runs on."""

from flywheel_nodes.core.metric import C, G, Metric

ROWS: tuple[Metric, ...] = (
    Metric('host_cpus', G, 'CPUs of the machine', 'health_exporter'),
    Metric('host_cpu_seconds_total', C, 'time of all CPUs by what they did', 'health_exporter',
           ('mode',)),
    Metric('host_memory_size_bytes', G, 'memory of the machine', 'health_exporter'),
    Metric('host_memory_available_bytes', G, 'memory that can be had without swapping',
           'health_exporter'),
    Metric('host_disk_size_bytes', G, 'size of a file system', 'health_exporter', ('disk',)),
    Metric('host_disk_free_bytes', G,
           'space of a file system that is free to users other than root', 'health_exporter',
           ('disk',)),
    Metric('host_temperature_celsius', G, 'the hottest reading of a sensor', 'health_exporter',
           ('sensor',)),
    Metric('host_network_received_bytes_total', C, 'bytes received by an interface',
           'health_exporter', ('interface',)),
    Metric('host_network_sent_bytes_total', C, 'bytes sent by an interface', 'health_exporter',
           ('interface',)),
    Metric('host_network_errors_total', C, 'packets dropped or damaged at an interface',
           'health_exporter', ('interface',)),
    Metric('host_boot_timestamp_seconds', G, 'when the machine was started', 'health_exporter'),
    Metric('clock_synchronized', G, '1 while a time service steers the wall clock',
           'health_exporter'),
    Metric('clock_offset_seconds', G,
           'how far the true time is ahead of our wall clock; peer ntp: as the kernel or chrony '
           'tells', 'health_exporter', ('peer',)),
)
