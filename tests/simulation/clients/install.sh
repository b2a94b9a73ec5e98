#!/bin/sh
# Makes the throw-away virtual environment of the public KIS clients: install.sh FOLDER
# pandas and typing_extensions are used by mojito2 and python-kis without being declared by them.
set -eu
target="$1"
packages="mojito2==0.1.6 python-kis==2.1.6 kis-trader==0.12.2 pandas>=2.2 typing_extensions>=4.12 tzdata"
if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --clear --python "${PYTHON:-python3}" "$target"
    # shellcheck disable=SC2086
    uv pip install --quiet --python "$target/bin/python" $packages
else
    "${PYTHON:-python3}" -m venv --clear "$target"
    # shellcheck disable=SC2086
    "$target/bin/python" -m pip install --quiet $packages
fi
touch "$target/.complete"
