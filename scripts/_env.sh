# shellcheck shell=bash
# To be sourced by the programs beside it. Afterwards
#   - the working directory is the project's root, also in $ROOT;
#   - .venv holds exactly requirements/test.txt (which contains runtime.txt), the
#     project itself is importable from where it lies, and .venv/bin is first on PATH.
# The environment is made when it is missing, broken, moved, or older than the
# requirement files; otherwise nothing is written and no network is asked. Two
# programs that start at once make it once. PYTHON=... chooses the interpreter.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$ROOT" || exit 2
VENV=$ROOT/.venv

# Another project's settings must not reach into this one's environment.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_TARGET PIP_PREFIX
export PYTHONNOUSERSITE=1 PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_ROOT_USER_ACTION=ignore

_env_fail() {
    printf '%s: %s\n' "$(basename -- "$0")" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 2
}

# The two stamps: what decides the installed packages (and the path, which a virtual
# environment cannot leave), and what decides how the project itself is installed.
_env_stamp_packages() {
    { printf '%s\n' "$ROOT" && cat requirements/runtime.txt requirements/test.txt scripts/_env.sh; } |
        sha256sum
}
_env_stamp_project() { sha256sum <pyproject.toml; }

_env_has() { # $1 stamp file, $2 what it must hold
    [ -r "$VENV/$1" ] && [ "$(cat "$VENV/$1")" = "$2" ]
}
_env_is_current() {
    _env_has .packages "$(_env_stamp_packages)" && _env_has .project "$(_env_stamp_project)" &&
        "$VENV/bin/python" -c '' 2>/dev/null
}

# Prints a Python >= 3.11 that really runs (a pyenv shim may exist without its version).
_env_find_python() {
    local candidate found
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        found=$("$candidate" -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys.executable)' \
            2>/dev/null) || continue
        printf '%s\n' "$found"
        return 0
    done
    return 1
}

_env_run() { # runs a command; shows what it said only if it failed
    local said status=0
    said=$("$@" 2>&1 </dev/null) || status=$?
    [ "$status" -eq 0 ] || printf '%s\n' "$said" | tail -n 40 >&2
    return "$status"
}

_env_make_packages() {
    local python version
    python=$(_env_find_python) || _env_fail "Python 3.11 or newer was not found." \
        "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 $0"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || _env_fail "$python cannot make virtual environments." \
        "Install its venv package (Debian, Ubuntu: apt-get install python3-venv) and start again."
    version=$("$python" -c 'import platform; print(platform.python_version())')
    printf '%s: making .venv with Python %s; this happens once ...\n' "$(basename -- "$0")" "$version" >&2
    _env_run "$python" -m venv --clear "$VENV" || _env_fail "the virtual environment $VENV could not be made (see above)."
    _env_run "$VENV/bin/python" -m pip install --quiet --require-hashes --only-binary :all: \
        -r requirements/test.txt || _env_fail "the packages could not be installed (see above)." \
        "Without a network: connect, or point PIP_INDEX_URL at a mirror, and start again." \
        "No matching distribution: this needs CPython 3.11 to 3.13 on Linux (x86_64 or aarch64)." \
        "A hash that differs: do not go on; the mirror serves another file than the one that was reviewed."
}

_env_make_project() {
    _env_run "$VENV/bin/python" -m pip install --quiet --no-index --no-deps --no-build-isolation \
        --editable "$ROOT" || _env_fail "the project could not be installed into .venv (see above)."
}

_env_update() {
    local packages project
    packages=$(_env_stamp_packages) project=$(_env_stamp_project)
    if ! _env_has .packages "$packages" || ! "$VENV/bin/python" -c '' 2>/dev/null; then
        _env_make_packages
        printf '%s\n' "$packages" >"$VENV/.packages"
    fi
    if ! _env_has .project "$project"; then
        _env_make_project
        printf '%s\n' "$project" >"$VENV/.project"
    fi
}

_env_ensure() {
    _env_is_current && return 0
    [ -w "$ROOT" ] || _env_fail "$ROOT/.venv is missing or out of date, and this user may not write there." \
        "Run scripts/test once as the owner of $ROOT, or work in a clone of your own."
    command -v flock >/dev/null || _env_fail "the program flock was not found (Debian, Ubuntu: apt-get install util-linux)."
    (
        flock -n 9 || {
            printf '%s: waiting for another program that is making .venv ...\n' "$(basename -- "$0")" >&2
            flock 9
        }
        # Whoever waited finds it made.
        _env_is_current || _env_update
    ) 9>"$ROOT/.venv.lock" || exit $?
}

_env_ensure
export PATH="$VENV/bin:$PATH"
