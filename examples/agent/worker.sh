#!/bin/bash
# A worker in plain bash, without the agent: ask for a trial, tell each epoch, until all is done.
set -eu
while eval "$(ashad ask "$1" -o env)"; do
    for ((epoch = 1; epoch <= ASHAD_TARGET; epoch++)); do
        loss=$("$(dirname "$0")/train.sh" "$ASHAD_PARAM_LEARNING_RATE" "$ASHAD_PARAM_MOMENTUM" $epoch |
            sed -n '$s/.*loss: //p')
        ashad tell epoch=$epoch loss="$loss" || break
    done
    ashad tell --done
done
