#!/bin/sh
# Alternates one process with two threads and the same work by one and two ranks with one thread each; prints wall seconds.
#
#   ROUNDS=3 sh Benchmarks/ranks.sh
#
# Needs Open MPI and a build with LIPDYN_MPI=1. The outputs are compared, too: nothing that is printed may differ.
set -eu
tool="${TOOL:-$(LIPDYN_MPI=1 swift build -c release --show-bin-path)/lipdyn-mpi}"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ranks() { mpirun --oversubscribe --bind-to none -n "$@"; }

# timed LABEL COMMAND…: one line of JSON, and the output in a file.
timed() {
  label=$1
  shift
  start=$(date +%s%N)
  "$@" >"$work/$label" 2>/dev/null
  end=$(date +%s%N)
  printf '{"job": "%s", "by": "%s", "wall_s": %s.%03d}\n' "$job" "$label" \
    $(((end - start) / 1000000000)) $(((end - start) / 1000000 % 1000))
}

for round in $(seq "${ROUNDS:-3}"); do
  for job in nothing simulate calibrate variance; do
    case $job in
    nothing) set -- simulate gbm --paths 2 --steps 1 --observations 1 ;;
    simulate) set -- simulate gbm --paths 400000 --steps 1000 ;;
    calibrate) set -- calibrate IsotropicNoiseTrace LayerDynamics SpectralDifferentiability --seeds 40 ;;
    variance) set -- variance --runs 1200 --batch-size 4 ;;
    esac
    timed one-thread "$tool" "$@" --threads 1
    timed two-threads "$tool" "$@" --threads 2
    timed one-rank ranks 1 "$tool" "$@" --threads 1
    timed two-ranks ranks 2 "$tool" "$@" --threads 1
    for label in one-thread one-rank two-ranks; do cmp "$work/two-threads" "$work/$label"; done
  done
done
