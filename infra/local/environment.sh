#!/bin/sh
# Makes a Python environment that holds exactly what a requirements file names, once:
#
#     environment.sh FOLDER REQUIREMENTS PYTHON
#
# One that is half made, or made from other requirements or another Python, is made anew.
set -eu

folder=$1 requirements=$2 python=$3

if [ -z "$python" ]; then
    echo "Error: no Python between 3.11 and 3.14 was found. Install one, or name it:" >&2
    echo "       make … PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! version=$("$python" -c 'import sys
v = sys.version_info
if not (3, 11) <= v[:2] <= (3, 14): sys.exit(1)
print(sys.executable, *v[:3])' 2>/dev/null) || [ -z "$version" ]; then
    echo "Error: $python is not a Python between 3.11 and 3.14. Name another one:" >&2
    echo "       make … PYTHON=/path/to/python3.12" >&2
    exit 1
fi

# requirements-dev.txt reads requirements.txt, so all of a folder's files count.
wanted=$(cat "$(dirname "$requirements")"/requirements*.txt | cksum)
stamp="$folder/made-from"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$version $wanted" ] &&
    "$folder/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

echo "Setting up $folder ($requirements, Python $(echo "$version" | cut -d' ' -f2- | tr ' ' .)) …"
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
if ! "$python" -m venv "$folder"; then
    rm -rf "$folder"
    echo "Error: $python cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
fi
if ! "$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check \
    --requirement "$requirements"; then
    echo "Error: pip could not install $requirements (see above); try again with a connection" >&2
    echo "       to a package index." >&2
    exit 1
fi
printf '%s' "$version $wanted" >"$stamp"
