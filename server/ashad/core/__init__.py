"""The pure core: a study is a deterministic state machine.

What happened goes in, the decision and the records that say so come out. Nothing below this line
knows a transport, a database, a clock, a lock, the environment or global randomness: the time of an
event is an argument, a draw depends on (seed, trial), and what is no longer in memory is asked of
an `Archive`.

    errors < space < spec < halving   what a study is
    check_space < check               what may be wrong with it
    chance, points < grid, halton, tpe < outside < samplers     which configuration comes next
    rung < ladder                     who goes on
    records < trial < archive         what happened, for ever
    explain                           why, in words
    state < ending, rounds, evidence < suggesting < reporting < study      the one door: `Study`
    restore, replay                   the past: as it was, and again
"""
