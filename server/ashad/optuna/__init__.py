"""Samplers of Optuna, in a process beside the daemon; the library is never imported in the daemon.

question  what a sampler is asked, made of what is recorded
process   asks that process, and starts it again when it is lost
answer    one question to the library, one place back; a function of the question

What a sampler knows is in the question, which is made of what is recorded. So nothing has to
be saved here, and a daemon that was killed goes on as if it had not been.
"""

from ashad.optuna.process import Inline, Process

__all__ = ["Inline", "Process"]
