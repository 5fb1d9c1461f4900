"""The outside world: files, disks, sockets, processes."""
