"""`ashad import`: what another tool has, as a study of ours. Nothing foreign is ever unpickled.

command           the command: flags, report, the study it makes
draft             what was found: a study, its finished trials, and what was not carried
draft_text        a draft as a study file
recognition       which tool a file or folder is of
source_text       JSON and YAML of others, bounded
optuna_storage    Optuna: a SQLite file or a journal
syne_tune         Syne Tune: the folder of an experiment
ray_tune          Ray Tune: the folder of results
wandb             Weights & Biases: a sweep, and an exported table of its runs
experiment_files  experiments that are one file: Determined's and Katib's
space_files       search spaces that are one file: NNI's and ConfigSpace's
"""
