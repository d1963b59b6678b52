"""Fleets: workers that an engine of other people starts, restarts and scales.

Each engine writes what it will submit as text (`--dry-run` prints it) and submits it by the
engine's own program. None of them decides anything about trials, and none looks after a worker.

dask        tasks of a Dask cluster
engine      what an engine is; the programs of one, and how they refuse
kubernetes  an Indexed Job, by kubectl
order       what is to be launched, whoever launches it
ray         actors of a Ray cluster
slurm       a job array, by sbatch
ssh         one agent a host
yaml_text   a manifest as YAML
"""
