"""Brackets: which levels there are, who is in which rung, and who goes on.

plan     levels, brackets and the trials planned for them
rung     the entries of one level, ranked
bracket  the rungs of one bracket and what a report does to them
"""
