"""Workers by ssh: one agent a host, with a slot for each worker, started and left alone.

First every host is looked at, and only when all are in order is any started. Nothing starts an
agent again that was lost: its trials go on elsewhere when their leases end. What is secret travels
on the standard input of ssh, into a file that only its owner reads and that ends with the agent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from ashad_agent.fleet.engine import call
from ashad_agent.fleet.order import FILES, Order, shell
from ashad_client.errors import Error, invalid

_HOST = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9@._:\[\]-]*")
_BATCH = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=20")
_STATE = """state="${{XDG_STATE_HOME:-$HOME/.local/state}}/ashad/launch/{worker}"\n"""
_LOOK = (
    _STATE
    + """\
cd {folder} || exit 1
if [ -f "$state/pid" ] && kill -0 "$(cat "$state/pid")" 2> /dev/null; then
    echo "an agent of this name runs here, process $(cat "$state/pid"): end it, or give --name" >&2
    exit 1
fi
command -v {python} > /dev/null || {{ echo no such program: {python} >&2; exit 1; }}
{python} -c 'import ashad_agent' 2> /dev/null || {{ echo no ashad-client: {python} >&2; exit 1; }}
"""
)
_SCRIPT = (
    """\
set -eu
cd {folder}
umask 077
"""
    + _STATE
    + """\
mkdir -p "$state"
{files}
{variables}
nohup setsid sh -c {agent} > {log} 2>&1 < /dev/null &
echo $! > "$state/pid"
echo $!
"""
)


class Ssh:
    """By ssh, with the keys and the configuration that it has."""

    CANNOT: Mapping[str, str] = {
        "elastic": "nobody is there to start more; --idle-timeout ends those without a trial",
        "cluster": "there is none: --hosts",
        "cpus": "ssh reserves nothing: fewer workers a host, or taskset in COMMAND",
        "memory": "ssh reserves nothing: fewer workers a host, or ulimit in COMMAND",
        "time_s": "nobody ends it; --max-time ends the agent, its trials given back",
        "at_most": "nobody holds any back: launch so many",
        "ranks": "start the ranks in COMMAND (torchrun, mpirun)",
        "queue": "ssh has none",
        "image": "a container is a part of COMMAND: docker run ...",
        "namespace": "that is of Kubernetes",
        "secret": "the token goes by ssh into a file on each host",
    }

    @staticmethod
    def check(order: Order) -> None:
        """Refuse hosts that are none, and workers that cannot be dealt out. Raises `Error`."""
        hosts = hosts_of(order)
        if order.workers % len(hosts):
            raise invalid(
                f"ssh: {order.workers} workers and {len(hosts)} hosts do not come out even: "
                "-n must be a multiple of the hosts"
            )

    @staticmethod
    def text(order: Order) -> str:
        """Write what each host's shell is given; of what is secret, where it comes from."""
        parts = [
            f"# {shell(_ssh(order, host))} <<'HOST'\n{_script(order, host, secrets=False)}HOST\n"
            for host in hosts_of(order)
        ]
        return "".join(parts)

    @staticmethod
    def submit(order: Order) -> list[str]:
        """Look at every host, then start on each. Raises `Error`."""
        hosts, python = hosts_of(order), shell([order.python or "python3"])
        here = {
            host: _LOOK.format(
                folder=shell([order.folder]), python=python, worker=_worker(order, host)
            )
            for host in hosts
        }
        with ThreadPoolExecutor(min(32, len(hosts))) as pool:
            asked = [
                pool.submit(call, f"ssh {host}", _ssh(order, host), look, "nothing was started")
                for host, look in here.items()
            ]
        for one in asked:
            one.result()
        said: list[str] = []
        for host in hosts:
            left = f"started before it: {', '.join(said)}" if said else "nothing was started"
            script = _script(order, host, secrets=True)
            process = call(f"ssh {host}", _ssh(order, host), script, left).splitlines()[-1:]
            if not process or not process[0].isdigit():
                raise Error(f"ssh {host}: it told no process; {left}", reason="NOT_LAUNCHED")
            end = shell([*_ssh(order, host)[:-1], f"kill {process[0]}"])
            said.append(f"{host}: {_log(order, host)}; to end it, its trials given back: {end}")
        return said


def hosts_of(order: Order) -> list[str]:
    """Read --hosts: a list with commas, or a file with one a line. Raises `Error`."""
    given = order.hosts or ""
    if not given:
        raise invalid("ssh: --hosts: name them, a,b,c, or a file with one a line")
    if os.path.isfile(given):
        with open(given, encoding="utf-8") as file:
            found = [line.partition("#")[0].strip() for line in file]
    else:
        found = [host.strip() for host in given.split(",")]
    hosts = [host for host in found if host]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise invalid(f"ssh: --hosts: {host!r} is no host, and no such file is here")
    if len(set(hosts)) < len(hosts) or not hosts:
        raise invalid(f"ssh: --hosts {given}: a host is named twice, or none")
    return hosts


def _ssh(order: Order, host: str) -> list[str]:
    return ["ssh", *_BATCH, *order.extra, "--", host, "sh -s"]


def _worker(order: Order, host: str) -> str:
    return f"ssh-{order.name or order.study}-{re.sub('[^A-Za-z0-9._-]', '-', host)}"


def _log(order: Order, host: str) -> str:
    return f"ashad-{_worker(order, host)}.log"


def _script(order: Order, host: str, *, secrets: bool) -> str:
    slots, worker = order.workers // len(hosts_of(order)), _worker(order, host)
    flags = [f"--worker={worker}", f"--slots={slots}"]
    if order.gpus:
        flags.append("--gpus=" + ",".join(map(str, range(order.gpus * slots))))
    agent = shell(order.words(order.python or "python3", *flags))
    paths = {name: name in FILES for name in order.variables}
    exports = [
        f'export {name}="$state/{FILES[name]}"' if own else f"export {shell([f'{name}={value}'])}"
        for (name, own), value in zip(paths.items(), order.variables.values())
    ]
    files = [
        f"cat > \"$state/{FILES[name]}\" <<'END'\n{_content(order.variables[name], secrets)}\nEND"
        for name, own in paths.items()
        if own
    ]
    # The shell outlives its agent to remove what was secret, and passes on what it is told.
    whole = f'{agent} & agent=$!; trap "kill $agent" TERM INT HUP; wait $agent; wait $agent; '
    return _SCRIPT.format(
        folder=shell([order.folder]),
        worker=worker,
        files="\n".join(files),
        variables="\n".join([*exports, "export state"]),
        agent=shell([f'{whole}rm -rf "$state"']),
        log=shell([_log(order, host)]),
    )


def _content(path: str, secrets: bool) -> str:
    if not secrets:
        return f"(what {path} holds)"
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError) as error:
        raise invalid(f"ssh: {path} cannot be read: {error}") from None
