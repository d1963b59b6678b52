"""Search with the Trainer of Transformers, on a tiny model made on the spot.

Where a trial is to be resumed, save with each evaluation: `save_strategy="epoch"`.
"""

from __future__ import annotations

import tempfile

import ashad_client
import torch
from ashad_client.integration.transformers import Reporter
from digits import connect
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
numbers = torch.randint(0, 10, (512, 4))
texts = [
    {"input_ids": row, "attention_mask": torch.ones(4, dtype=torch.long), "labels": row.sum() % 2}
    for row in numbers
]

client = ashad_client.shared(connect("transformers"))
for trial in client.trials("transformers"):
    width = trial.params["width"] // 2 * 2
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=10,
            hidden_size=width,
            intermediate_size=width,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=4,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model,
            TrainingArguments(
                folder,
                learning_rate=trial.params["learning_rate"],
                num_train_epochs=trial.target_resource,
                per_device_train_batch_size=64,
                eval_strategy="epoch",
                save_strategy="no",
                seed=trial.seed % 2**32,
                report_to="none",
                use_cpu=True,
                disable_tqdm=True,
            ),
            train_dataset=texts[:384],
            eval_dataset=texts[384:],
            callbacks=[Reporter(trial, "eval_loss")],
        )
        trainer.train(resume_from_checkpoint=trial.resume_checkpoint or None)
