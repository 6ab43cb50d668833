#!/bin/sh
# Everything in one go, raw lines and a table of ratios into Benchmarks/results/<date>-bench.txt.
#
#   PEERS=folder PYTHON=python3 sh Benchmarks/run.sh
#
# Without PEERS, or where PYTHON lacks a package, only our side and what is there are timed.
set -u
cd "$(dirname "$0")/.."
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" ROUNDS="${ROUNDS:-1}"
out="Benchmarks/results/$(date +%F)-bench.txt"
raw=$(mktemp)
trap 'rm -f "$raw"' EXIT
for script in gbm matrix-sde networks singular-values ensemble; do
  if [ "$script" = networks ] && [ -z "${PEERS:-}" ]; then continue; fi
  echo "$script" >&2
  sh "Benchmarks/$script.sh" >>"$raw" || echo "$script.sh stopped early" >&2
done
{ "${PYTHON:-python3}" Benchmarks/table.py "$raw"; echo; cat "$raw"; } >"$out"
echo "written: $out" >&2
