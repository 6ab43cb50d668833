#!/bin/sh
# Alternates our tracking of sigma_1 with the peers' on one SGD path, in one run; prints the JSON lines and medians of cpu_s.
#
#   PYTHON=python3 ROUNDS=3 sh Benchmarks/singular-values.sh
#   J5="python3 j5_hessian.py --tool jax --threads 2" J5_MATRICES=w.npy PYTHON=python3 sh Benchmarks/singular-values.sh
#
# PYTHON needs numpy and scipy. STEPS shortens the path. A peer's tolerance is its loosest that keeps the error below 1e-6
# (first three) or the residual below 1e-6 (the rest). J5 is a command that prints one JSON line for dense Hessians.
set -eu
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
data=Sources/NetworkTraining/Resources/mnist_5k.csv.gz
rounds=${ROUNDS:-3}
steps=${STEPS:-1000}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
peer() { "${PYTHON:-python3}" Benchmarks/peers/sigma1_track.py --data "$data" --steps "$steps" --tool "$1" --tol "$2" --dtype "$3"; }
keep() { sed "s/^/$1 /" | tee -a "$out"; }
for round in $(seq "$rounds"); do
  for dtype in double float; do
    strict=1e-6
    if [ "$dtype" = float ]; then strict=1e-5; fi
    "$tool" benchmark sigma1 --steps "$steps" --repeats 1 --dtype "$dtype" --goal value | keep "value-$dtype-lipdyn"
    "$tool" benchmark sigma1 --steps "$steps" --repeats 1 --dtype "$dtype" --tolerance "$strict" | keep "vectors-$dtype-lipdyn"
    kind=$([ "$dtype" = float ] && echo float32 || echo float64)
    peer scipy-propack 1e-2 "$kind" | keep "value-$dtype-propack"
    peer scipy-arpack 1e-2 "$kind" | keep "value-$dtype-arpack"
    peer numpy-power 1.5e-4 "$kind" | keep "value-$dtype-power"
    peer scipy-propack "$strict" "$kind" | keep "vectors-$dtype-propack"
    peer scipy-arpack "$strict" "$kind" | keep "vectors-$dtype-arpack"
  done
  if [ -n "${J5:-}" ]; then
    "$tool" benchmark hessian --repeats 21 ${J5_MATRICES:+--matrices "$J5_MATRICES"} | keep hessian-lipdyn
    (cd "${PEER_DIR:-.}" && $J5) | keep hessian-peer
  fi
done
echo "medians of cpu_s:"
cut -d ' ' -f 1 "$out" | sort -u | while read -r name; do
  grep "^$name " "$out" | sed 's/.*"cpu_s": *\([0-9.e-]*\).*/\1/' | sort -g |
    awk -v name="$name" '{ v[NR] = $1 } END { print name, v[int((NR + 1) / 2)] }'
done
