#!/bin/bash
# Four programs in four languages, none of which knows ashad, search one study side by side.
# run.sh [OPTIONS of ashad run]
set -eu
cd "$(dirname "$0")"
mkdir -p build
cc -O2 -o build/train train.c -lm
agents=()
for program in ./train.sh build/train "node train.js" "python3 train.py"; do
    # shellcheck disable=SC2086  # two words are meant
    ashad run -f study.toml "$@" -- $program {learning_rate} {momentum} {target} &
    agents+=($!)
done
for agent in "${agents[@]}"; do
    wait "$agent"
done
