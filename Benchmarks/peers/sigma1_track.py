"""Peers of `lipdyn benchmark sigma1`: sigma_1 with both vectors of a 512 x 784 layer at every step of the same SGD path.

Only the solver is timed. Every iteration starts from the previous step's vector and stops at |W'u - sigma v| <= tol sigma
(PROPACK and ARPACK have their own tests of a similar size). Give each tool the loosest --tol that keeps the error wanted;
the line reports the largest error if --exact names the file that --tool numpy-svd wrote.

  python sigma1_track.py --data Sources/NetworkTraining/Resources/mnist_5k.csv.gz --tool numpy-svd --exact exact.npy
  python sigma1_track.py --data ... --tool scipy-propack --tol 1e-6 --exact exact.npy
"""
import argparse
import gzip
import json
import os
import statistics
import sys
import time

TOOLS = ("numpy-svd", "numpy-power", "scipy-propack", "scipy-propack-cold", "scipy-arpack", "scipy-gram")
p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--data", required=True)
p.add_argument("--tool", choices=TOOLS, required=True)
p.add_argument("--steps", type=int, default=1000)
p.add_argument("--dtype", choices=("float64", "float32"), default="float64")
p.add_argument("--tol", type=float, default=1e-6)
p.add_argument("--threads", type=int, default=1)
p.add_argument("--repeats", type=int, default=1)
p.add_argument("--exact", help="exact values (.npy): written by numpy-svd, read by the others")
a = p.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(a.threads)
import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import svds

with gzip.open(a.data, "rt") as f:
    rows = np.loadtxt(f, delimiter=",", dtype=np.int64)
X, y = rows[:, :784] / 255.0, rows[:, 784]


def uniforms(count, seed):
    """The first numbers of SplitMix64 with this seed, on [0, 1)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0 ** -53


def path(batch=32, rate=0.1):
    """Plain SGD of 784-512-10, ReLU, mean cross-entropy; yields the first layer before every step."""
    W1 = ((2 * uniforms(512 * 784, 1) - 1) * (6 / 784) ** 0.5).reshape(784, 512).T.copy()
    W2 = ((2 * uniforms(10 * 512, 2) - 1) * (6 / 512) ** 0.5).reshape(512, 10).T.copy()
    b1, b2, T = np.zeros(512), np.zeros(10), np.eye(10)
    for t in range(a.steps):
        yield W1
        i = 617 * (t * batch + np.arange(batch)) % len(X)
        x = X[i]
        h = np.maximum(x @ W1.T + b1, 0)
        z = h @ W2.T + b2
        q = np.exp(z - z.max(1, keepdims=True))
        d = (q / q.sum(1, keepdims=True) - T[y[i]]) / batch
        e = (d @ W2) * (h > 0)
        W2 = W2 - rate * d.T @ h
        b2 = b2 - rate * d.sum(0)
        W1 = W1 - rate * e.T @ x
        b1 = b1 - rate * e.sum(0)


def power(W, v):
    i = 0
    while True:
        i += 1
        u = W @ v
        s = np.linalg.norm(u)
        u /= s
        w = u @ W
        w -= s * v
        if np.linalg.norm(w) <= a.tol * s or i == 100_000:
            return u, s, v, i
        w += s * v
        v = w / np.linalg.norm(w)


def solve(W, u, v):
    """(u, sigma, v, iterations or 0)"""
    if a.tool == "numpy-svd":
        U, s, V = np.linalg.svd(W, full_matrices=False)
        return U[:, 0], s[0], V[0], 0
    if a.tool == "numpy-power":
        return power(W, v)
    if a.tool == "scipy-gram":
        ev, Q = eigh(W @ W.T, subset_by_index=(511, 511), overwrite_a=True, check_finite=False)
        s = ev[0] ** 0.5
        return Q[:, 0], s, Q[:, 0] @ W / s, 0
    if a.tool == "scipy-arpack":
        U, s, V = svds(W, k=1, solver="arpack", tol=a.tol, v0=u)
    else:
        U, s, V = svds(W, k=1, solver="propack", tol=a.tol, maxiter=512, v0=None if a.tool.endswith("cold") else u)
    return U[:, 0], s[0], V[0], 0


wall, cpu = [], []
for _ in range(a.repeats):
    u = np.ones(512, a.dtype)
    v = np.ones(784, a.dtype)
    v /= np.linalg.norm(v)
    sigma, its, res, seconds, processor = [], 0, 0.0, 0.0, 0.0
    for W in path():
        W = np.ascontiguousarray(W, a.dtype)
        t, c = time.perf_counter(), time.process_time()
        u, s, v, i = solve(W, u, v)
        seconds += time.perf_counter() - t
        processor += time.process_time() - c
        sigma.append(float(s))
        its += i
        res = max(res, float(max(np.linalg.norm(W @ v - s * u), np.linalg.norm(u @ W - s * v)) / s))
    wall.append(seconds)
    cpu.append(processor)
check = {"sigma1_sum": sum(sigma), "residual": res, "iterations_per_step": its / a.steps}
if a.exact and a.tool == "numpy-svd":
    np.save(a.exact, np.array(sigma))
elif a.exact:
    check["max_rel_err"] = float(np.abs(np.array(sigma) / np.load(a.exact)[:a.steps] - 1).max())
median = statistics.median(wall)
print(json.dumps({
    "job": "J6-track", "tool": a.tool, "params": {"m": 512, "n": 784, "steps": a.steps, "dtype": a.dtype, "tol": a.tol,
                                                 "threads": a.threads},
    "seconds": median, "min_s": min(wall), "max_s": max(wall), "k": len(wall), "cpu_s": statistics.median(cpu),
    "throughput": a.steps / median, "unit": "steps/s", "checksum": check,
    "versions": {"python": sys.version.split()[0], "numpy": np.__version__}}))
