#!/bin/sh
# Remakes the README's pictures; run from the top of the tree, with gnuplot and graphviz installed.
set -e
swift build -c release --product lipdyn
lipdyn="$(swift build -c release --show-bin-path)/lipdyn"
ledger=$(mktemp)
variance=$(mktemp)
trap 'rm -f "$ledger" "$ledger.csv" "$variance"' EXIT
"$lipdyn" train --data digits --model 64-32-10 --activation tanh \
  --learning-rate 0.2 --batch-size 8 --steps 1500 --every 5 --ledger "$ledger.csv"
gnuplot -e "LEDGER='$ledger.csv'" Documentation/figures/ledger.gp
"$lipdyn" variance --runs 4000 --batch-size 64 16 4 1 > "$variance"
gnuplot -e "DATA='$variance'" Documentation/figures/variance.gp
"$lipdyn" graph --output Documentation/figures/graph.svg
