"""
Stand-ins for vendors' robots, one file a kind, each with a class Fake.

They speak the vendor's own topics and keep its rules: time-outs, refusals, leases, faults. They
ship beside the adapters, so that a robot can be tried before it is there.
"""
