"""Configurations: where a study has them from, and what it remembers of them.

space_view    earlier configurations as a later version of the space has them
versions      the versions of the space
memory        the configurations so far, for those that come after
queue         those that are given, by a person or by a sampler outside the core
space_change  another version of the space, while the study runs
warm_start    those of finished trials of another tool
observations  what a model-based sampler learns from
"""
