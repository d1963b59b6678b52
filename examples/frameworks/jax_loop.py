"""Search with a loop of one's own in JAX, which is compiled once for each width."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import ashad_client
import jax
import jax.numpy as jnp
from digits import connect, data

Layers = list[tuple[jax.Array, jax.Array]]


def layers_of(key: jax.Array, *widths: int) -> Layers:
    """Return layers of these widths, with random weights."""
    keys = jax.random.split(key, len(widths) - 1)
    return [
        (jax.random.normal(one, pair) / pair[0] ** 0.5, jnp.zeros(pair[1]))
        for one, pair in zip(keys, pairwise(widths), strict=True)
    ]


def loss_of(layers: Layers, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the cross entropy."""
    (first, first_bias), (last, last_bias) = layers
    logits = jax.nn.relu(x @ first + first_bias) @ last + last_bias
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()


@partial(jax.jit, static_argnames="size")
def epoch_of(layers: Layers, x: jax.Array, y: jax.Array, rate: float, size: int = 64) -> Layers:
    """Go through the images once, in batches."""
    whole = len(x) // size * size
    batches = x[:whole].reshape(-1, size, *x.shape[1:]), y[:whole].reshape(-1, size)

    def step(layers: Layers, batch: tuple[jax.Array, jax.Array]) -> tuple[Layers, None]:
        slopes = jax.grad(loss_of)(layers, *batch)
        return jax.tree.map(lambda one, slope: one - rate * slope, layers, slopes), None

    return jax.lax.scan(step, layers, batches)[0]


client = ashad_client.shared(connect("jax"))  # on several hosts after jax.distributed.initialize()
learn_x, learn_y, valid_x, valid_y = map(jnp.asarray, data())
for trial in client.trials("jax"):
    layers = layers_of(jax.random.key(trial.seed % 2**32), 64, trial.params["width"], 10)
    for epoch in trial.steps():
        layers = epoch_of(layers, learn_x, learn_y, trial.params["learning_rate"])
        trial.report(epoch, val_loss=loss_of(layers, valid_x, valid_y))
