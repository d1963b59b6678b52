"""Search with Keras 3, on whatever backend KERAS_BACKEND names."""

from __future__ import annotations

import keras
from ashad_client.integration.keras import Reporter
from digits import connect, data

learn_x, learn_y, valid_x, valid_y = data()
for trial in connect("keras").trials("keras"):
    keras.utils.set_random_seed(trial.seed % 2**32)
    model = keras.Sequential(
        [keras.layers.Dense(trial.params["width"], "relu"), keras.layers.Dense(10, "softmax")]
    )
    model.compile(
        keras.optimizers.Adam(trial.params["learning_rate"]), "sparse_categorical_crossentropy"
    )
    model.fit(
        learn_x,
        learn_y,
        validation_data=(valid_x, valid_y),
        initial_epoch=trial.start_resource,
        epochs=trial.target_resource,
        callbacks=[Reporter(trial, "val_loss")],
        verbose=0,
    )
