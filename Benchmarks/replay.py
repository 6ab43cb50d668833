"""Repeats recorded runs in PyTorch: python replay.py FILE.npz …; prints the largest relative difference of the losses.

A record has the initial weights, each step's data before the regularisers, and what was drawn: augmented images, corrupted
labels, partners and coefficients of mixtures, masks, noise. Everything that follows from those is computed here by PyTorch
alone: smoothed and mixed targets, mixtures, adversarial examples, batch statistics, decay, scaling, losses and gradients.
"""

import json
import re
import sys

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F


class Masked(nn.Module):
    """Dropout of what the record dropped."""

    def __init__(self, rate):
        super().__init__()
        self.rate, self.mask = rate, None

    def forward(self, x):
        kept = (self.mask != 0).to(x.dtype) / (1 - self.rate)
        return x * (kept.permute(0, 3, 1, 2) if x.dim() == 4 else kept.reshape(len(kept), -1))


def layers(text, shape):
    """The network from its description, for images of shape (height, width, channels)."""
    h, w, c = shape
    if text.startswith("linear"):
        h, w, c = 1, 1, h * w * c
    out, flat = [], h == w == 1
    for part in text.split():
        name, _, rest = part.partition("(")
        rest = rest.rstrip(")").split(",") if rest else []
        named = dict(r.split("=") for r in rest if "=" in r)
        first = next((r for r in rest if "=" not in r), None)
        if name == "linear":
            out.append(nn.Linear(h * w * c, int(first)))
            h, w, c, flat = 1, 1, int(first), True
        elif name == "conv":
            k, s, p = int(named.get("kernel", 3)), int(named.get("stride", 1)), int(named.get("padding", 0))
            out.append(nn.Conv2d(c, int(first), k, s, p))
            h, w, c = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1, int(first)
        elif name == "maxpool":
            k = int(first)
            s = int(named.get("stride", k))
            out.append(nn.MaxPool2d(k, s))
            h, w = (h - k) // s + 1, (w - k) // s + 1
        elif name == "batch-norm":
            out.append(nn.BatchNorm1d(c) if flat else nn.BatchNorm2d(c))
        elif name == "dropout":
            out.append(Masked(float(first)))
        elif name == "leaky-relu":
            out.append(nn.LeakyReLU(float(first)))
        else:
            out.append({"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten}[name]())
    return nn.Sequential(*out)


def number(text, key):
    found = re.search(key + r"=?([0-9.e-]+)", text)
    return float(found.group(1)) if found else 0.0


def text_of(array):
    return bytes(int(v) for v in array).decode()


def replay(path, dtype=None):
    """Losses in the precision of the record, or in another."""
    record = np.load(path)
    dtype = dtype or (torch.float64 if record["inputs"].dtype == np.float64 else torch.float32)
    text, regularizers = text_of(record["network"]), text_of(record["regularizers"])
    images = record["inputs"]
    steps, batch, shape = images.shape[0], images.shape[1], images.shape[2:]
    net = layers(text, shape).to(dtype)
    state = {k[8:]: torch.tensor(record[k]) for k in record.files if k.startswith("weights.")}
    net.load_state_dict(state, strict=False)
    decay = number(regularizers, r"weight-decay\(")
    epsilon = number(regularizers, r"fgsm\(epsilon")
    smoothing = number(regularizers, r"label-smoothing\(epsilon")
    alpha = number(regularizers, r"gradient-scaling\(alpha") or 1.0
    masks = {int(k[5:]): record[k] for k in record.files if k.startswith("mask.")}
    noise = {k[6:]: record[k] for k in record.files if k.startswith("noise.")}
    optimizer = torch.optim.SGD(net.parameters(), lr=float(record["learning_rate"][0]), weight_decay=decay)
    mixes, augments, corrupts = ("mixup" in regularizers, "auto-augment" in regularizers, "corruption" in regularizers)
    losses = []
    for k in range(steps):
        # What was drawn is taken from the record; what was not drawn comes from the data.
        x = torch.tensor(images[k] if augments else record["originals"][k], dtype=dtype)
        x = x.reshape(batch, -1) if text.startswith("linear") else x.permute(0, 3, 1, 2)
        drawn = torch.tensor(record["targets"][k], dtype=dtype)
        labels = torch.tensor(record["labels"][k]) if not corrupts else drawn.argmax(1)
        targets = F.one_hot(labels, drawn.shape[1]).to(dtype)
        if mixes:
            partner = torch.tensor(record["partners"][k])
            own = torch.tensor(record["coefficients"][k], dtype=dtype)[:, None]
            targets = own * targets + (1 - own) * targets[partner]
            own = own.reshape(-1, *[1] * (x.dim() - 1))
            x = own * x + (1 - own) * x[partner]
        for i, mask in masks.items():
            net[i].mask = torch.tensor(mask[k])

        def loss_of(inputs):
            return F.cross_entropy(net(inputs), targets, label_smoothing=smoothing)

        if epsilon:
            x = x.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(loss_of(x), x)
            x = (x + epsilon * gradient.sign()).detach()
        optimizer.zero_grad()
        loss = loss_of(x)
        loss.backward()
        losses.append(loss.item())
        for name, p in net.named_parameters():
            p.grad *= alpha
            if name in noise:
                p.grad += (1 - alpha) * torch.tensor(noise[name][k], dtype=dtype)
        optimizer.step()
    # A NaN is a difference too.
    difference = float(np.max(np.abs(record["losses"] / losses - 1)))
    return text, regularizers, difference, losses


if __name__ == "__main__":
    torch.set_num_threads(2)
    arguments = sys.argv[1:]
    fixture = arguments.pop(0)[len("--fixture=") :] if arguments and arguments[0].startswith("--fixture=") else None
    kept, differences = [], []
    for path in arguments:
        text, regularizers, difference, losses = replay(path)
        differences.append(difference)
        kept.append({"network": text, "regularizers": regularizers, "losses": losses})
        print(f"{difference:.1e}  {losses[0]:.4f} -> {losses[-1]:.4f}  {regularizers or 'none':45s} {text}", flush=True)
    worst = float(np.max(differences))
    print(f"largest relative difference of a loss over {len(kept)} runs: {worst:.1e}")
    if fixture:
        with open(fixture, "w") as file:
            json.dump(kept, file, indent=0)
            file.write("\n")
    sys.exit(0 if worst <= 1e-4 else 1)
