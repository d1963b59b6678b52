"""The agent: runs any executable as the trials of a study, with no client code in it.

    python -m ashad_client run digits -- ./train --lr {lr} --epochs {target}

It takes a trial, puts its parameters into the command line, runs it, reads the metric from what the
program prints, and carries the decision back: a stop ends the program with all that it started.

How it is built: `words`, `template`, `readings`, `lines`, `course`, `endings`, `gpus` are pure, and
say what to do without doing it; `warden` is a small program of its own that stands between the
agent and a trial's processes and lets none of them escape; `child` starts it, `pump` reads what
comes out, `slot` runs one trial after the other, `fleet` holds the slots and hears the signals.
`shell` is for those who want no agent: `ask`, `report`, `tell`.
"""
