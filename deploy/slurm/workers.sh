#!/bin/bash
# Workers of one study as a job array, one worker a task; put resources and partition on the line:
#   sbatch --array=0-15 --gres=gpu:1 deploy/slurm/workers.sh python train.py
# The daemon's ASHAD_ADDRESS, ASHAD_CA and ASHAD_TOKEN_FILE come from where sbatch is typed.
#SBATCH --job-name=ashad
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=ashad-%A_%a.log
set -euo pipefail
# The same after a requeue: the daemon knows the worker again, and its trial comes back at once, as
# the next attempt, from its last checkpoint. No two tasks have the same.
export ASHAD_WORKER="slurm-${SLURM_CLUSTER_NAME:-}-${SLURM_ARRAY_JOB_ID:?submit with --array}-${SLURM_ARRAY_TASK_ID}"
exec "$@"
