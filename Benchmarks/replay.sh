#!/bin/sh
# Runs 100 steps here and repeats them in PyTorch from the same weights and draws, plain and under every regulariser.
#
#   PYTHON=python3 DATA=folder-of-cifar10-and-mnist sh Benchmarks/replay.sh
#
# PYTHON needs torch. Without DATA the paper's networks run on the embedded MNIST subset.
set -eu
tool="$(swift build -c release --product lipdyn --show-bin-path)/lipdyn"
python=${PYTHON:-python3}
here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
number=0
record() {
  number=$((number + 1))
  "$tool" benchmark replay --output "$folder/$(printf %02d $number).npz" "$@"
}
image="conv(4,padding=1) relu maxpool(2) flatten linear(16) tanh linear(10)"
flat="linear(24) leaky-relu(0.1) linear(10)"
record --network "$image"
record --network "$flat"
for r in "weight-decay(0.01)" "label-smoothing(epsilon=0.1)" "mixup(alpha=0.3)" "mixup(alpha=0.3,per-pair)" \
  "auto-augment(cifar10)" "fgsm(epsilon=0.03)" "label-corruption(p=0.3,fixed)" "label-corruption(p=0.3,redrawn)" \
  "gradient-scaling(alpha=0.5)" "gradient-scaling(alpha=0.5,gaussian,s=0.02)"; do
  record --network "$image" --regularizer "$r"
done
record --network "$flat" --regularizer "gradient-scaling(alpha=0.5,uniform,s=0.02)"
record --network "conv(4,padding=1) relu dropout(0.2) maxpool(2) flatten linear(16) sigmoid dropout(0.1) linear(10)"
record --network "conv(4,padding=1) batch-norm relu conv(6,stride=2,padding=1) relu flatten linear(10)"
record --network "conv(4,padding=1) batch-norm relu maxpool(2) flatten linear(10)" \
  --regularizer "weight-decay(0.001)" --regularizer "label-smoothing(epsilon=0.1)" --regularizer "fgsm(epsilon=0.02)"
if [ -n "${FIXTURE:-}" ]; then
  "$python" "$here/replay.py" "--fixture=$FIXTURE" "$folder"/*.npz
  exit
fi
mnist=mnist5k
if [ -n "${DATA:-}" ]; then mnist=mnist; fi
record --network paper-mlp --data $mnist --data-folder "${DATA:-.}" --batch-size 128
if [ -n "${DATA:-}" ]; then
  # Its training is chaotic at first: in single precision PyTorch does not agree with itself in double precision either.
  record --network paper-convnet --data cifar10 --data-folder "$DATA" --batch-size 128 --double
  record --network paper-convnet --data cifar10 --data-folder "$DATA" --batch-size 128 --learning-rate 0.001
else
  record --network paper-convnet --data mnist5k --batch-size 128 --double
fi
"$python" "$here/replay.py" "$folder"/*.npz
