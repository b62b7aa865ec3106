#!/bin/sh
# A worker that forces nothing to disk: train --params FILE --out DIR. It takes `pause` seconds; asked to stop, it exits
# 75. It fails while there is a file `broken` in the folder. Writes how often it was started.
trap 'exit 75' TERM USR1
printf x >> "$5/starts"
sleep "$(sed -n 's/^pause = //p' "$3")" > /dev/null 2>&1 &
wait $!
[ ! -e broken ] || { echo 'it is broken' >&2; exit 1; }
printf 'context,clarity\n0,0.25\n1,0.75\n' > "$5/contexts.csv"
printf 'clarity\n0.5\n' > "$5/metrics.csv"
