#!/bin/sh
# A quick worker for tests of submissions: train --params FILE --out DIR. Writes how often it was started.
printf x >> "$5/starts"
[ -z "${FAIL_WITH-}" ] || { echo "$FAIL_WITH" >&2; exit 1; }
printf 'clarity\n0.5\n' > "$5/metrics.csv"
