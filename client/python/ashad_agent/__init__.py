"""The agent: runs any executable as the trials of a study, with no client code in it.

    python -m ashad_client run digits -- ./train --lr {lr} --epochs {target}

It takes a trial, puts its parameters into the command line, runs it, reads the metric from what the
program prints, and carries the decision back: a stop ends the program and everything it started.

value_text  values and durations as text
metrics     what a line, a table or a file of metrics says; pure but for the file
process     one program: its supervisor, its output, its exit status, its GPUs
trials      slots and their pool, command lines, report schedule, checkpoints, worker ids
fleet       engines that start workers: Slurm, Kubernetes, ssh, Dask, Ray
cli         `run`, `launch`, `ask` and `tell`
"""
