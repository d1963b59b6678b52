"""The pure core: a study is a deterministic state machine.

What happened goes in; the decision and the records that say so come out. Nothing in here knows a
transport, a database, a clock, a lock, the environment or global randomness: the time of an event
is an argument, a draw depends on (seed, trial), and what is no longer in memory is read from an
`Archive`. Each package imports only from those above it.

errors       refusals: what a caller did wrong, and the fix
metrics      the metrics of a report beside the judged one
scale        how a range is measured out
space        the search space and its values
prior        what is likelier within a range
earlier      ranges of studies that earlier versions made
constraints  what may not be drawn together
tolerance    which values of a metric count as equal
objectives   several metrics judged together
outcomes     what trials must keep in metrics beside the judged one
spec         what a study is: algorithm, sampler, limits
brackets     levels, rungs, and the rule of successive halving
history      records, trials, and the archive that holds them
sampling     which configuration comes next
kinds        the table of algorithms and samplers
validation   what may be wrong with a space or a spec
engine       the state machine; its one door is `Study`
recovery     a study from its records: restored, or replayed
"""
