# Sourced by tools/quickstart, tools/test and .ci/run: installs what tools/packages lists.

# die TEXT...: one line that says what is missing, then the end.
die() {
    echo "${0##*/}: $*" >&2
    exit 1
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
# server where nothing is.
install_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "no apt-get here; install what tools/packages lists (Debian 12 and Ubuntu 24.04 are supported)"
    local missing
    mapfile -t missing < <(missing_packages $(packages_for "$@"))
    ((${#missing[@]})) || return 0
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "missing packages and neither root nor sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    echo "installing ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed; is the network there?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        die "apt-get could not install ${missing[*]}"
}
