"""Configurations: where a study has them from, and what it remembers of them.

memory        the configurations so far, for those that come after
queue         those that are given, by a person or by a sampler outside the core
warm_start    those of finished trials of another tool
observations  what a model-based sampler learns from
"""
