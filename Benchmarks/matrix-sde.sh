#!/bin/sh
# Alternates a linear matrix SDE, σ₁ after every step of every path, with the peers' scripts; prints their JSON lines.
#
#   PEERS=folder PYTHON=python3 ROUNDS=3 sh Benchmarks/matrix-sde.sh
#
# PEERS has j2_matrix_sde.py, in double precision as ours. The power method is the fastest of numpy and jax, eigh of torch.
set -eu
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
for round in $(seq "${ROUNDS:-3}"); do
  "$tool" benchmark matrix-sde
  [ -n "${PEERS:-}" ] || continue
  for peer in jax numpy torch; do
    "${PYTHON:-python3}" "$PEERS/j2_matrix_sde.py" --tool "$peer" --threads 2
  done
done
