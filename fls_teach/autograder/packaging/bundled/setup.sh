#!/usr/bin/env bash
# Gradescope runs this once, as root, to build the image in which submissions are graded.
set -euo pipefail
umask 022 # the user that runs a submission must be able to read Python and numpy

source="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)" # /autograder/source
venv="$(dirname "$source")/venv"
# shellcheck source=/dev/null
. "$source/settings.sh"

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv python3-pip bubblewrap

python3 -m venv "$venv"
pip=("$venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check)
# The exact versions with which the course was tested, if they exist for this Python.
if "$venv/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
    pip+=(--constraint "$source/fls-teach/constraints.txt")
fi
if [ "$torch" = yes ]; then
    if [ -n "$torch_index" ]; then # an index of builds without the libraries for GPUs
        "${pip[@]}" --no-deps --index-url "$torch_index" torch
    fi
    "${pip[@]}" "$source/fls-teach[vision]"
else
    "${pip[@]}" "$source/fls-teach"
fi

# Other users must not read the course key, the solutions and the specification.
package="$("$venv/bin/python" -I -c 'import fls_teach, os; print(os.path.dirname(fls_teach.__file__))')"
chmod 700 "$source" "$package"

# Fail now rather than when students submit.
"$venv/bin/fls" doctor
