"""The engine: one study as a state machine.

transitions   the states of a trial, and what leads from one to another
state         what is in memory, and the few ways in which it changes
lifecycle     how an attempt ends
synchronous   what synchronous brackets add
population    what population based training adds
limits        when a study ends
observations  what a model-based sampler learns from
suggest       which trial a free worker gets
report        what a report decides
warm_start    finished trials of another tool
study         the one door: `Study`
"""
