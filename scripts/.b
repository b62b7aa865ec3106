#!/usr/bin/env bash
# Usage: scripts/bench-plan [--repeats N] [--help]
#
# Times `gainsweep check` and `plan` of sweeps of 10^3 to 10^6 new cells, `plan`
# of 100,000 finished cells, and `check` of 10^9 cells, each N times (default 5).
# Prints a table of medians: seconds on the clock, seconds of processors (which
# other programs on the machine disturb less), and the most memory.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

repeats=5
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) print_header scripts/bench-plan; exit 0 ;;
        --repeats) [ $# -ge 2 ] || die "--repeats takes a number" "for instance --repeats 5"; repeats=$2; shift 2 ;;
        *) die "unknown argument '$1'" "run scripts/bench-plan --help" ;;
    esac
done
[[ $repeats =~ ^[1-9][0-9]{0,2}$ ]] || die "--repeats takes a whole number from 1, not '$repeats'" "for instance --repeats 5"

want_cargo
[ -x /usr/bin/time ] || die "/usr/bin/time was not found" "install time (Debian: apt-get install time)"
:
gainsweep=/tmp/gs-2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# sweep NAME SEEDS: ten times as many cells as seeds.
sweep() {
    printf '[params]\nmodel = "spatial"\n[grid]\ntau = [1, 10, 100, 1000, 3000]\nmodulation_width = [0.1, 0.2]\n[replicates]\nseed = %d\n' \
        "$2" >"$1.toml"
}

# row WHAT ARGUMENTS...: runs gainsweep and prints a row of the table.
row() {
    local what=$1 run
    shift
    for ((run = 0; run < repeats; run++)); do
        # 2 is the limit that refuses: an answer, too.
        /usr/bin/time --quiet -a -o times -f '%e %U %S %M' "$gainsweep" "$@" >/dev/null 2>&1 || [ $? -eq 2 ]
    done
    sort -n times | awk -v what="$what" '
        { wall[NR] = $1; cpu[NR] = $2 + $3; if ($4 > peak) peak = $4 }
        END {
            middle = int((NR + 1) / 2)
            for (i in cpu) for (j in cpu) if (i + 0 < j + 0 && cpu[i] > cpu[j]) { t = cpu[i]; cpu[i] = cpu[j]; cpu[j] = t }
            printf "| %s | %.2f | %.2f | %.0f |\n", what, wall[middle], cpu[middle], peak / 1024
        }'
    rm times
}

printf '\nmedians of %s; %s processors, load %s at the start\n\n' "$repeats" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '| | s | processor s | peak MiB |\n|---|--:|--:|--:|\n'
for cells in 1000 10000 100000 1000000; do
    sweep "new$cells" $((cells / 10))
    row "check, $cells cells" check "new$cells.toml" --limit 1000000
    row "plan, $cells new cells" plan "new$cells.toml" --limit 1000000
done

sweep finished 10000
"$gainsweep" plan finished.toml --json 2>/dev/null | grep -o '"cell":"[0-9a-f]*"' | cut -d'"' -f4 >ids
mkdir -p results/finished/cells results/finished/attempts
(cd results/finished/cells && xargs mkdir <../../../ids)
commit=$("$gainsweep" plan finished.toml --json 2>/dev/null | sed -n 's/.*"code":"[^"(]*(\([^)]*\))".*/\1/p')
version=$("$gainsweep" --version | awk '{ print $2 }')
while read -r id; do
    printf '{"format":1,"exit":0,"wall_seconds":1.5,"cpu_seconds":1.5,"host":"node07","version":"%s","commit":"%s","engine":"fused","device":"cpu","threads":1}\n' \
        "$version" "$commit" >"results/finished/cells/$id/done.json"
done <ids
awk 'BEGIN { print "format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host,job,peak_bytes,reason" }
    {
        print "2," $1 ",1,2026-01-01T00:00:00Z,,,started,,,node07,,,"
        print "2," $1 ",1,2026-01-01T00:00:00Z,2026-01-01T00:00:02Z,1.500,done,0,,node07,,50000000,"
    }' ids >results/finished/attempts/a.csv
cp finished.toml results/finished/sweep.toml
row "plan, 100000 finished cells, nothing to do" plan finished.toml

printf '[grid]\ntau = { from = 1, to = 1000, step = 1 }\nnoise = { from = 0, to = 0.999, step = 0.001 }\n[replicates]\nseed = 1000\n' >huge.toml
row "check, 10^9 cells, refused by the limit" check huge.toml
row "check, 10^9 cells, \`--limit\` above" check huge.toml --limit 2000000000
