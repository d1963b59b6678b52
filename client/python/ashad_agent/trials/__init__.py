"""Trials, run one after the other in slots.

plan              what the agent was asked to do
command_template  a command line with placeholders
report_schedule   which readings are reported, and when
attempt           one attempt at a trial, and its verdict
slot              one worker, which runs one trial after the other
slot_pool         the slots of one agent, its signals and its limits
summary           what is said of a trial that has ended
checkpoints       folders for checkpoints
checkpoint_gc     removes those that are obsolete
worker_ids        which worker ids this agent holds
"""
