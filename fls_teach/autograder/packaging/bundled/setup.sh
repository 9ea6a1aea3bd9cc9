#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image in which submissions are graded.
set -euo pipefail
umask 022 # Python and numpy have to be readable for the user that a submission runs as

source="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)" # /autograder/source
venv="$(dirname "$source")/venv"
# shellcheck source=/dev/null
. "$source/settings.sh"

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv python3-pip bubblewrap

python3 -m venv "$venv"
pip=("$venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check)
# The very versions that the course was tested with, where this Python has them.
if "$venv/bin/python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
    pip+=(--constraint "$source/fls-teach/constraints.txt")
fi
if [ "$torch" = yes ]; then
    if [ -n "$torch_index" ]; then # from where it comes without the libraries for GPUs
        "${pip[@]}" --no-deps --index-url "$torch_index" torch
    fi
    "${pip[@]}" "$source/fls-teach[vision]"
else
    "${pip[@]}" "$source/fls-teach"
fi

# The course's key, the solutions and the specification are nothing for other users.
package="$("$venv/bin/python" -I -c 'import fls_teach, os; print(os.path.dirname(fls_teach.__file__))')"
chmod 700 "$source" "$package"

# Better no image than one that fails when students submit.
"$venv/bin/fls" doctor
