"""The supervisor of the agent with a bug: `supervisor.py BUG PATH` and its own arguments.

The agent starts it without the paths of Python, so that it is given that of the real one.
"""

import importlib.util
import sys

bug, path = sys.argv[1:3]
spec = importlib.util.spec_from_file_location("supervisor", path)
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
if bug == "no_subreaper":
    real.subreaper = lambda: False
elif bug == "stop_to_the_child_alone":
    group = real._signal_group
    real._signal_group = lambda leader, number: (
        group(leader, number) if number == real.signal.SIGKILL else real._signal(leader, number)
    )
real.main(sys.argv[3:])
