"""What is left of a program whose supervisor was killed, and what is not the agent's to kill."""

from __future__ import annotations

import json
import subprocess
import sys

# In a process of its own: it takes in the orphans of its descendants, as the agent does.
KILLED = """
import json, os, signal, subprocess, sys, time
from ashad_agent.process import supervisor
from ashad_agent.process.child import Child, ProcessOptions
supervisor.subreaper()
other = subprocess.Popen(["sleep", "600"], start_new_session=True)
program = "import os, time; os.setsid() if os.fork() == 0 else None; time.sleep(600)"
child = Child([sys.executable, "-c", program], os.environ, ProcessOptions())
while len(supervisor.descendants(child.pid)) < 2:
    time.sleep(0.01)
orphans = supervisor.descendants(child.pid)
os.kill(child.pid, signal.SIGKILL)
child.wait()
child.close()
print(json.dumps([other.poll(), [pid for pid in supervisor.descendants() if pid in orphans]]))
other.kill()
other.wait()
"""


def test_the_orphans_are_killed_and_no_other_process_is():
    """The private daemon of a local run is a child of the agent too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", KILLED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [None, []]
