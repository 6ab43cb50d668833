#!/bin/sh
# Alternates our training step, ledger and noise statistics with the peers' scripts, in one run; prints their JSON lines.
#
#   PEERS=folder-of-j3-and-j4 PYTHON=python3 ROUNDS=3 sh Benchmarks/networks.sh
#
# PYTHON needs torch and whatever else the peers' rows use; a row that fails is skipped.
set -u
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
python=${PYTHON:-python3}
peers=${PEERS:?"set PEERS to the folder with j3_mlp_noise.py and j4_convnet.py"}
peer() { (cd "$peers" && "$python" "$@" --threads 2 2>/dev/null) || echo "skipped: $*" >&2; }
for round in $(seq "${ROUNDS:-3}"); do
  "$tool" benchmark train --net mlp --steps 100
  peer j4_convnet.py --tool torch --train mlp --steps 100
  peer j4_convnet.py --tool jax --train mlp --steps 100
  "$tool" benchmark train --net cnn --steps 20
  peer j4_convnet.py --tool torch --train cnn --steps 20 --channels-last
  "$tool" benchmark noise --net mlp --work ledger
  "$tool" benchmark noise --net cnn --work ledger
  "$tool" benchmark noise --net mlp
  peer j3_mlp_noise.py --tool torch-implicit --factor implicit --svd gram --repeats 11
  peer j3_mlp_noise.py --tool jax-implicit --factor implicit --svd gram --repeats 11
  peer j3_mlp_noise.py --tool backpack --factor implicit --svd gram --repeats 11
  peer j3_mlp_noise.py --tool torch.func --factor implicit --svd gram --repeats 11
  "$tool" benchmark noise --net cnn
  peer j4_convnet.py --tool torch-implicit --factor implicit --svd gram --repeats 11
  peer j4_convnet.py --tool torch.func --factor implicit --svd gram --repeats 11
done
