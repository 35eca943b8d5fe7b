# Completion of snnff-sim for bash; installed where bash-completion finds it, or source it yourself.

# Keys of the model file, one per line, or nothing where the program cannot say.
_snnff_sim_keys() {
    "$1" explain 2>/dev/null | awk '/^[a-z]/ && $1 != "key" {print $1}'
}

_snnff_sim() {
    local program=$1 word=$2 previous=$3 verb=${COMP_WORDS[1]:-}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "run resume eval trace compare export sweep reproduce info validate new explain help version --help --version" -- "$word")
        return
    fi
    case $previous in
        -o | --output)
            local kind=-f
            [[ $verb == sweep ]] && kind=-d
            mapfile -t COMPREPLY < <(compgen "$kind" -- "$word")
            return
            ;;
        --data) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
        --out-dir) mapfile -t COMPREPLY < <(compgen -d -- "$word") && return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W "nir csv sonata" -- "$word") && return ;;
        --variables) mapfile -t COMPREPLY < <(compgen -W "membrane spikes current activation" -- "$word") && return ;;
        --labels) mapfile -t COMPREPLY < <(compgen -W "positive negative neutral all" -- "$word") && return ;;
        --split) mapfile -t COMPREPLY < <(compgen -W "test train" -- "$word") && return ;;
        --seed | --seeds | --threads | --samples | --neurons | --steps | --dt | --populations | --checkpoint-every | --max-time) return ;;
        --set | --add | --over)
            mapfile -t COMPREPLY < <(compgen -S = -W "$(_snnff_sim_keys "$program")" -- "$word")
            compopt -o nospace
            return
            ;;
    esac
    if [[ $word == -* ]]; then
        local options
        case $verb in
            run) options="--output --set --add --seed --threads --force --quiet --json --dry-run --checkpoint-every --max-time --live" ;;
            resume) options="--data --threads --quiet --json --checkpoint-every --max-time --live" ;;
            eval) options="--data --set --split --threads --json" ;;
            trace) options="--output --samples --labels --populations --variables --neurons --steps --data --set --split --threads --force" ;;
            export) options="--format --output --force --dt" ;;
            compare) options="--out-dir --set --add --seed --threads --force --quiet --json" ;;
            sweep) options="--over --seeds --output --set --add --threads --force --quiet --json" ;;
            reproduce) options="--data --quick --threads --quiet --json" ;;
            info) options="--model --digest --check --json" ;;
            validate) options="--set --add" ;;
            new) options="--groups" ;;
            explain) options="--json --schema" ;;
        esac
        mapfile -t COMPREPLY < <(compgen -W "--help ${options:-}" -- "$word")
        return
    fi
    case $verb in
        new) mapfile -t COMPREPLY < <(compgen -W "lif relu" -- "$word") ;;
        explain) mapfile -t COMPREPLY < <(compgen -W "$(_snnff_sim_keys "$program")" -- "$word") ;;
        run | sweep | validate) mapfile -t COMPREPLY < <(compgen -d -S / -- "$word"; compgen -f -X '!*.toml' -- "$word") ;;
        eval | resume | trace | export | reproduce | info) mapfile -t COMPREPLY < <(compgen -d -S / -- "$word"; compgen -f -X '!*.h5' -- "$word") ;;
        compare) mapfile -t COMPREPLY < <(compgen -d -S / -- "$word"; compgen -f -X '!*.@(h5|toml)' -- "$word") ;;
    esac
}

complete -o filenames -F _snnff_sim snnff-sim
