"""A sweeper for Hydra: `hydra/sweeper=ashad` makes `--multirun` a study of ashad.

ashad_sweeper  what Hydra finds: its settings, the study, the workers
_search_space  what `hydra.sweeper.params` and the command line say of the space
_worker        a process that runs one job after the other
"""
