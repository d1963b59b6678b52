"""The tests, by how much of the system they run.

unit        one module at a time, in the folders of `server/ashad` and of the Python client
contract    what every client may rely on: conversations, and what no conversation shows
faults      crashes, cut connections, bad disks, the simulation, and mutants
system      deployments, examples, benchmarks, the README, clients of other languages
support     what tests share: daemons, drivers, oracles, fixtures
"""
