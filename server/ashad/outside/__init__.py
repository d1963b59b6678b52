"""Samplers outside the core, in processes beside the daemon; none is ever imported in the daemon.

beside           how such a process is started, without a fork of the daemon
channel          one such process: a line there, a line back, and another process when it is lost
optuna_question  what a sampler of Optuna is asked, made of what is recorded
optuna_answer    one such question to the library, one place back; a function of the question
optuna_process   asks that library
own_question     what a sampler of the operator's own is told, and what becomes of its answer
own_answer       his object: made, told and asked, in its process
own_process      asks that object

What a sampler knows is made of what is recorded. So nothing has to be saved here, and a daemon that
was killed goes on: Optuna's samplers as if it had not been, an object of one's own told anew.
"""

from ashad.outside.channel import UnanswerableError
from ashad.outside.optuna_process import Inline, Process
from ashad.outside.own_process import PATIENCE, OwnSamplers

__all__ = ["PATIENCE", "Inline", "OwnSamplers", "Process", "UnanswerableError"]
