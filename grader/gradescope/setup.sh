#!/usr/bin/env bash
# Sets up a container to grade in. Gradescope runs it while it builds the image of an autograder.zip;
# our own image runs it in two steps, so that a changed test does not install everything anew:
#   setup.sh packages          what comes from Debian or Ubuntu, and from PyPI, by its hash
#   setup.sh tests ASSIGNMENT  compile everything, see that the tests are found, close the door
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages() {
    export DEBIAN_FRONTEND=noninteractive
    local wanted=(libseccomp2 qemu-utils)
    command -v python3 >/dev/null || wanted+=(python3)
    python3 -m pip --version >/dev/null 2>&1 || wanted+=(python3-pip)
    apt-get update -q
    apt-get install -y -q --no-install-recommends "${wanted[@]}"
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
    # Debian and Ubuntu keep some of these packages for themselves: ours come beside theirs.
    PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet \
        --disable-pip-version-check --no-cache-dir --ignore-installed --no-deps --require-hashes \
        -r "$here/requirements.lock"
}

tests() {
    if [ -n "${1:-}" ]; then printf '%s\n' "$1" >"$here/ASSIGNMENT"; fi
    install -m 0755 "$here/grader/gradescope/run_autograder" /autograder/run_autograder
    # Nothing can be compiled later, in a container whose files are read-only.
    python3 -m compileall -q --invalidation-mode unchecked-hash "$here/grader" "$here/reference"
    PYTHONPATH=$here/reference:$here GRADER_COURSE=$here python3 -m grader.image.collect
    chmod o= /autograder
}

case "${1:-all}" in
    packages) packages ;;
    tests) tests "${2:-}" ;;
    all) packages && tests ;;
    *) echo "setup.sh: packages, tests or nothing" >&2 && exit 2 ;;
esac
