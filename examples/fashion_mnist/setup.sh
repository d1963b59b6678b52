#!/usr/bin/env bash
# Makes .venv-fashion, in which the Fashion-MNIST example trains: Debian's torch and data set, with the
# client of ashad beside them.
#
# Why Debian's torch: it is a CPU build everywhere (183 MB to download with all it needs), while
# `pip install torch` may fetch a CUDA build of 5 GB. Why openblas: with the reference BLAS an epoch
# takes twice as long.
set -eu
packages=(python3-venv python3-torch libopenblas0-pthread dataset-fashion-mnist)
python=/usr/bin/python3  # Debian's own, whatever `python3` is on the PATH: it is the one with torch

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    install="apt-get install --yes --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        echo "The Fashion-MNIST example runs on Debian or Ubuntu, for their packages ${missing[*]}." >&2
        exit 1
    elif [ "$(id -u)" != 0 ]; then
        echo "The Fashion-MNIST example needs system packages. Please run, then try again:" >&2
        echo "    sudo $install" >&2
        exit 1
    fi
    echo "+ $install"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2
    $install >/dev/null
fi

$python -m venv --clear --system-site-packages .venv-fashion
.venv-fashion/bin/pip install --quiet --disable-pip-version-check --editable ./client/python
.venv-fashion/bin/python -c 'import ashad_client, torch'
