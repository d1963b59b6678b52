"""The engine: one study as a state machine.

transitions     the states of a trial, and what leads from one to another
configurations  where they come from, and what is remembered of them
log_tail        records that the archive does not know yet
state           what is in memory, and the few ways in which it changes
lifecycle       how an attempt ends
synchronous     what synchronous brackets add
population      what population based training adds
limits          when a study ends
suggest         which trial a free worker gets
report          what a report decides
study           the one door: `Study`
"""
