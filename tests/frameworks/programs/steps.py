"""A loop on several ranks of MPI or JAX, which computes nothing: `STUDY mpi|jax [RANK PORT]`."""

import os
import sys

import ashad_client

study, kind, *more = sys.argv[1:]
if kind == "jax":
    import jax

    jax.distributed.initialize(f"127.0.0.1:{more[1]}", 2, int(more[0]))
client = ashad_client.shared(ashad_client.connect())
for trial in client.trials(study):
    for step in trial.steps():
        trial.report(step, error=trial.number)
    said = f"rank {client.rank} of {client.size} trial {trial.number} {trial.seed}\n"
    os.write(1, said.encode())  # at once: two ranks write to one pipe
