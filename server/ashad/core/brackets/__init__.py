"""Brackets: which levels there are, who is in which rung, and who continues.

rule       quota, continue and promote: successive halving in three functions
plan       levels, brackets and the trials planned for them
entry      one entry of a rung: its score, place and fate
rung       the entries of one level, ranked
points     rungs of points, where several metrics rank
histogram  how the scores of a rung are spread
bracket    the rungs of one bracket and what a report does to them
columns    brackets that are done, in a few bytes each
brackets   all brackets of a study
population  the members of population based training, ranked
reach      whether anybody can be trained in full under the limits
"""
