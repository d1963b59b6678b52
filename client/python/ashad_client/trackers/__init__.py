"""Trackers beside the daemon: TensorBoard, MLflow, Weights & Biases. Training never waits for one.

line         one tracker of one trial, in a thread; what fails there is told once
mlflow       MLflow: a run for each study, and within it one for each trial
run          what a tracker is told, and which tracker is meant
run_log      the trackers of one trial
tensorboard  TensorBoard: a folder for each trial
wandb        Weights & Biases: a run for each trial, a group for each study
"""
