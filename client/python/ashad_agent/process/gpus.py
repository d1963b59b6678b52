"""Which slot sees which GPUs. Asks `nvidia-smi -L` for `auto`; touches no GPU."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

from ashad_client.errors import invalid

VISIBLE = "CUDA_VISIBLE_DEVICES"
_DEVICE = re.compile(r"[0-9]+|(GPU|MIG)-[A-Za-z0-9/-]+")
_LISTED = re.compile(r"^GPU \d+: .*\(UUID: (GPU-[A-Za-z0-9-]+)\)", re.MULTILINE)


def find(wanted: str, environment: Mapping[str, str]) -> list[str]:
    """Return the devices that `--gpus` names. Raises `Error` where there are none.

    `auto` takes those that CUDA_VISIBLE_DEVICES leaves (a batch system sets it), else all that
    nvidia-smi lists, by UUID, since programs may number them in another order.
    """
    if wanted != "auto":
        return _devices(wanted, "--gpus")
    if VISIBLE in environment:
        return _devices(environment[VISIBLE], VISIBLE)
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"],  # noqa: S607  # where it lies differs
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env=dict(environment),
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        message = f"--gpus auto: nvidia-smi -L does not list them ({error}); name them: --gpus 0,1"
        raise invalid(message) from None
    found = _LISTED.findall(listed)
    if not found:
        raise invalid("--gpus auto: nvidia-smi -L lists none; name them, or leave --gpus out")
    return found


def share(devices: list[str], slots: int | None) -> list[str]:
    """Return the value of CUDA_VISIBLE_DEVICES for each slot: one GPU each if not said otherwise.

    More slots than GPUs share them in turn, more GPUs than slots are dealt out in equal parts.
    Raises `Error` where that does not come out even.
    """
    count = slots or len(devices)
    if count <= len(devices) and len(devices) % count == 0:
        part = len(devices) // count
        return [",".join(devices[i * part : (i + 1) * part]) for i in range(count)]
    if count % len(devices) == 0:
        return [devices[i % len(devices)] for i in range(count)]
    raise invalid(
        f"--slots {count} and {len(devices)} GPUs do not come out even: "
        "one must be a multiple of the other"
    )


def _devices(text: str, where: str) -> list[str]:
    devices = [word.strip() for word in text.split(",")]
    for device in devices:
        if not _DEVICE.fullmatch(device):
            raise invalid(f"{where}: {text!r} is no list of GPUs, such as 0,1 or GPU-...")
    if len(set(devices)) < len(devices):
        raise invalid(f"{where}: {text!r} names a GPU twice; for several slots on one use --slots")
    return devices
