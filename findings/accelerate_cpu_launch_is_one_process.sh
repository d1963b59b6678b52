#!/usr/bin/env bash
# Surprise: `accelerate launch --cpu --num_processes 2` starts one process, and says nothing.
#
# Versions: accelerate 1.15.0, torch 2.15.0; some 3 GB are fetched. The script that is started imports nothing.
# Behaviour: the script runs once, without RANK or WORLD_SIZE in its environment. With --multi_gpu in place of
# --cpu there are two ranks, also where there is no GPU.
#
# Why a search cares: what looks like a test of two ranks on the CPU is one of one process, so a decision that
# only rank 0 hears is never missed by anybody.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check accelerate==1.15.0 torch==2.15.0
cat > "$folder/script.py" <<'PYTHON'
import os

said = f"rank {os.environ.get('RANK')} of {os.environ.get('WORLD_SIZE')}\n"
os.write(1, said.encode())
PYTHON
launch() {
    "$folder/venv/bin/accelerate" launch "$@" --num_processes 2 --num_machines 1 --mixed_precision no \
        --dynamo_backend no --main_process_port 0 "$folder/script.py" 2>/dev/null | sort
}
cpu=$(launch --cpu) multi=$(launch --multi_gpu)
printf '%s\n--\n%s\n' "$cpu" "$multi"
[ "$cpu" = "rank None of None" ] && [ "$multi" = $'rank 0 of 2\nrank 1 of 2' ]
