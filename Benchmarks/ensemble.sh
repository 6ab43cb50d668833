#!/bin/sh
# Alternates 512 SGD runs of a small perceptron on the digits with the same by JAX's vmap and scan; prints their JSON lines.
#
#   PYTHON=python3 ROUNDS=3 sh Benchmarks/ensemble.sh
#
# PYTHON needs jax and numpy. cpu_s are processor seconds of all threads for one ensemble.
set -eu
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
data=Sources/NetworkTraining/Resources/digits.csv.gz
for round in $(seq "${ROUNDS:-3}"); do
  for activation in relu tanh; do
    "$tool" benchmark ensemble --activation "$activation"
    "${PYTHON:-python3}" Benchmarks/peers/ensemble_jax.py --data "$data" --activation "$activation"
  done
done
