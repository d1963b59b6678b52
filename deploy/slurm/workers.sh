#!/bin/bash
# Workers of one study as a job array, one worker a task; put resources and partition on the line:
#   sbatch --array=0-15 --gres=gpu:1 deploy/slurm/workers.sh python train.py
# The daemon's ASHAD_ADDRESS, ASHAD_CA and ASHAD_TOKEN_FILE come from where sbatch is typed.
#SBATCH --job-name=ashad
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=ashad-%A_%a.log
# Without this the script hears nothing before its time limit, when everything is killed.
#SBATCH --signal=B:TERM@60
set -euo pipefail
# The same after a requeue: the daemon knows the worker again, and its trial comes back at once, as
# the next attempt, from its last checkpoint. No two tasks have the same, nor two ranks of one task.
export ASHAD_WORKER="slurm-${SLURM_CLUSTER_NAME:-}-${SLURM_ARRAY_JOB_ID:?submit with --array}-${SLURM_ARRAY_TASK_ID}"
if [ "${1:?name the command}" = srun ]; then
    echo "workers.sh: leave srun out: its tasks would share one name; ask for them by --ntasks" >&2
    exit 2
fi
rank="${SLURM_PROCID:-0}"
if [ "${SLURM_NTASKS:-1}" -gt 1 ] && [ -z "${SLURM_STEP_ID:-}" ] && [ "$rank" = 0 ]; then
    exec srun bash -c 'export ASHAD_WORKER="$ASHAD_WORKER-$SLURM_PROCID"; exec "$@"' worker "$@"
elif [ "${SLURM_NTASKS:-1}" -gt 1 ] || [ "$rank" != 0 ]; then
    ASHAD_WORKER="$ASHAD_WORKER-$rank"
fi
exec "$@"
