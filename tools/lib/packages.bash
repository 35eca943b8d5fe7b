# Sourced by tools/quickstart, tools/test and .ci/run: installs what tools/packages lists, and keeps the
# programs out of each other's way.

# die TEXT...: one line that says what is missing, then the end.
die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# one_at_a_time: waits until no other of these programs works in build/; the lock goes with the process.
one_at_a_time() {
    mkdir -p build
    exec {build_lock}>build/.lock
    flock -n "$build_lock" || {
        echo "waiting for another tools/quickstart or tools/test to finish" >&2
        flock "$build_lock"
    }
}

# packages_for PURPOSE...: the packages listed for them.
packages_for() {
    local root purposes=" $* " purpose package rest
    root=$(dirname "${BASH_SOURCE[0]}")/..
    while read -r purpose package rest; do
        [[ $purpose == "#"* || -z $purpose ]] || [[ $purposes != *" $purpose "* ]] || echo "$package"
    done <"$root/packages"
}

# missing_packages PACKAGE...: those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
}

# install_packages PURPOSE...: installs what is missing, as root or through sudo; asks no package
# server where nothing is. What apt says goes to a log.
install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "no apt-get here; install what tools/packages lists (Debian 12 and 13 are supported)"
    local missing
    mapfile -t missing < <(missing_packages $(packages_for "$@"))
    ((${#missing[@]})) || return 0
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "missing packages and neither root nor sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    local log=build/packages.log
    echo "installing ${missing[*]} (what apt says: $log)" >&2
    # Package lists that cannot be fetched (Error-Mode: else a dead network passes as success) matter
    # only where a package then cannot be installed.
    apt_get update -o APT::Update::Error-Mode=any >"$log" 2>&1 || true
    apt_get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
        die "apt-get could not install ${missing[*]}: $(first_reason "$log")"
}

# apt_get ARGUMENT...: asks nothing, and waits while a machine that has just started updates itself.
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# first_reason LOG: the first error that apt named, else the last line.
first_reason() {
    grep -m 1 '^E: ' "$1" || tail -n 1 "$1"
}
