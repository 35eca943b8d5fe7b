# Sourced by tools: what a script says of itself at its top is its help.

# help_if_asked ARGUMENT...: prints the script's first comment and ends where the first argument is -h or --help.
help_if_asked() {
    [[ ${1-} == -h || ${1-} == --help ]] || return 0
    awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
    exit 0
}
