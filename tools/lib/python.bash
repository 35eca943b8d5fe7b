# Sourced by tools/test: finds a Python that has what the tests import.

test_modules=(h5py xarray netCDF4 h5netcdf matplotlib jsonschema pytest)

# find_python: prints the first interpreter that has them all. A python3 of one's own (pyenv, conda, a
# virtual environment) often comes first in PATH and lacks the distribution's packages.
find_python() {
    local candidate
    for candidate in "${SNNFF_PYTHON:-}" python3 /usr/bin/python3 /usr/local/bin/python3; do
        [[ -n $candidate ]] && candidate=$(command -v "$candidate") || continue
        [[ -z $(modules_missing_in "$candidate") ]] || continue
        echo "$candidate"
        return
    done
    local missing
    missing=$(modules_missing_in /usr/bin/python3)
    die "no python3 has all of ${test_modules[*]}; /usr/bin/python3 lacks ${missing:-all}:" \
        "apt-get install $(printf 'python3-%s ' ${missing,,})"
}

# modules_missing_in PYTHON: those of test_modules that it cannot find.
modules_missing_in() {
    [[ -x $1 ]] || { echo "${test_modules[*]}" && return; }
    "$1" -c 'import importlib.util, sys
print(*(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))' "${test_modules[@]}" 2>/dev/null ||
        echo "${test_modules[*]}"
}
