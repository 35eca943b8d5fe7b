# Sourced by tools/quickstart and tools/test: builds, with all that compilers say in a log, and shows how far it is.

# logged LOG COMMAND...: runs it with its output in LOG; ninja's "[12/168] ..." also becomes a counter on stderr: one line
# that is written over on a terminal, elsewhere a line for every tenth part. Returns the command's exit code.
logged() {
    local log=$1
    shift
    "$@" 2>&1 | show_progress "$log"
    return "${PIPESTATUS[0]}"
}

show_progress() {
    local line tenth last=-1 on_terminal="" shown=""
    [[ -t 2 && ${TERM-} != dumb ]] && on_terminal=1
    while IFS= read -r line; do
        printf '%s\n' "$line" >&3
        [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
        if [[ $on_terminal ]]; then
            printf '\rbuilding: %d of %d steps, %d:%02d' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((SECONDS / 60)) \
                $((SECONDS % 60)) >&2
            shown=1
            continue
        fi
        tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
        ((tenth > last)) || continue
        last=$tenth
        echo "building: ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} steps" >&2
    done 3>>"$1"
    [[ ! $shown ]] || echo >&2
}
