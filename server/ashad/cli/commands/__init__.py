"""Commands that talk to a running daemon, one module each, and those that simulate one.

best      the best trial, to paste
compare   studies beside each other
export    trials or reports as CSV or JSON
plot      pictures of a study
replay    other settings on recorded curves
run       `ashad run`, `launch`, `ask` and `tell`: the agent
schema    every key of a study file
simulate  a study on virtual workers
study     create, show, change, delete
trial     list, show, enqueue, cancel
watch     the live view
why       a decision explained
"""
