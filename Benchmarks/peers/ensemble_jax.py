"""512 SGD runs of a 64-32-10 perceptron on scikit-learn's digits as one jitted JAX call: vmap over runs, scan over steps.

Prints one JSON line; compilation is excluded. `--data` is the digits file of Sources/NetworkTraining/Resources.
"""
import argparse, gzip, json, os, statistics, time

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--runs", type=int, default=512)
parser.add_argument("--steps", type=int, default=1000)
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--activation", choices=["relu", "tanh"], default="relu")
parser.add_argument("--rate", type=float, default=0.05)
options = parser.parse_args()

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_platforms", "cpu")
table = np.loadtxt(gzip.open(options.data, "rt"), delimiter=",", dtype=np.float32)
x, y = jnp.asarray(table[:, :64] / 16), jnp.asarray(table[:, 64].astype(np.int32))
phi = jax.nn.relu if options.activation == "relu" else jnp.tanh
generator = np.random.default_rng(1)
sizes = [64, 32, 10]
theta = [
    (jnp.asarray(generator.normal(0, np.sqrt(2 / n), (n, m)).astype(np.float32)), jnp.zeros(m, jnp.float32))
    for n, m in zip(sizes, sizes[1:])
]


def loss(theta, x, y):
    (w, b), (v, c) = theta
    logits = phi(x @ w + b) @ v + c
    return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(len(y)), y])


def step(theta, key):
    batch = jax.random.randint(key, (options.batch,), 0, len(y))
    gradient = jax.grad(loss)(theta, x[batch], y[batch])
    return jax.tree.map(lambda t, g: t - options.rate * g, theta, gradient), None


def run(key):
    return jax.lax.scan(step, theta, jax.random.split(key, options.steps))[0]


@jax.jit
def ensemble(seed):
    ends = jax.vmap(run)(jax.random.split(jax.random.key(seed), options.runs))
    return ends, jnp.mean(jax.vmap(lambda t: loss(t, x, y))(ends))


jax.block_until_ready(ensemble(0))
seconds = []
before = time.process_time()
for repeat in range(options.repeats):
    start = time.perf_counter()
    _, mean = jax.block_until_ready(ensemble(repeat + 1))
    seconds.append(time.perf_counter() - start)
processor = (time.process_time() - before) / options.repeats
median = statistics.median(seconds)
print(json.dumps({
    "job": "ensemble", "tool": "jax " + jax.__version__,
    "params": {"runs": options.runs, "steps": options.steps, "batch": options.batch, "activation": options.activation,
               "threads": os.cpu_count()},
    "seconds": median, "min_s": min(seconds), "max_s": max(seconds), "k": len(seconds),
    "throughput": options.runs * options.steps / median, "unit": "steps/s", "checksum": {"cpu_s": processor, "mean_loss": float(mean)},
}))
