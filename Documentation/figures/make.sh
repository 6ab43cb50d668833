#!/bin/sh
# Remakes the README's picture; run from the top of the tree, with gnuplot installed.
set -e
swift build -c release --product lipdyn
ledger=$(mktemp)
trap 'rm -f "$ledger" "$ledger.csv"' EXIT
"$(swift build -c release --show-bin-path)/lipdyn" train --data digits --model 64-32-10 --activation tanh \
  --learning-rate 0.2 --batch-size 8 --steps 1500 --every 5 --ledger "$ledger.csv"
gnuplot -e "LEDGER='$ledger.csv'" Documentation/figures/ledger.gp
