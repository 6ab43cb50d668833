#!/bin/sh
# Remakes the pictures of the README and of findings.md; run from the top of the tree, with gnuplot and graphviz installed.
set -e
swift build -c release --product lipdyn
lipdyn="$(swift build -c release --show-bin-path)/lipdyn"
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
"$lipdyn" train --data digits --model 64-32-10 --activation tanh \
  --learning-rate 0.2 --batch-size 8 --steps 1500 --every 5 --ledger "$folder/ledger.csv"
"$lipdyn" plot "$folder/ledger.csv" --output Documentation/figures/ledger.svg
"$lipdyn" variance --runs 4000 --batch-size 64 1 --json "$folder/variance.json"
"$lipdyn" plot "$folder/variance.json" --output Documentation/figures/variance.svg
"$lipdyn" verify --json "$folder/verify.json" >"$folder/verify.txt"
"$lipdyn" plot "$folder/verify.json" --output Documentation/figures/kills.svg
"$lipdyn" graph --output Documentation/figures/graph.svg
