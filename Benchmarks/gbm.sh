#!/bin/sh
# Alternates our Euler–Maruyama with a peer's, in one run, and prints the ratio of medians.
#
#   PEER="python j1_gbm.py --tool numba-gen --threads 2" ROUNDS=5 sh Benchmarks/gbm.sh
#
# PEER is a command that prints one JSON line with "seconds" for 100,000 paths of 1,000 steps. Without it, only our
# side is timed.
set -eu
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
rounds=${ROUNDS:-5}
seconds() { sed -n 's/.*"seconds": *\([0-9.e-]*\).*/\1/p'; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ours=""
theirs=""
for round in $(seq "$rounds"); do
  a=$("$tool" benchmark gbm --threads 2 --repeats 5 | seconds)
  ours="$ours $a"
  if [ -n "${PEER:-}" ]; then
    b=$(cd "${PEER_DIR:-.}" && $PEER | seconds)
    theirs="$theirs $b"
    echo "round $round: lipdyn $a s, peer $b s, ratio $(awk "BEGIN { print $b / $a }")"
  else
    echo "round $round: lipdyn $a s"
  fi
done
a=$(printf '%s\n' $ours | median)
if [ -n "${PEER:-}" ]; then
  b=$(printf '%s\n' $theirs | median)
  echo "medians: lipdyn $a s, peer $b s, peer/lipdyn = $(awk "BEGIN { print $b / $a }")"
else
  echo "median: lipdyn $a s"
fi
