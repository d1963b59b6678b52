"""Rungs of points: what several metrics make where no one number ranks.

fronts              points that no other dominates, and so on down
lexicographic_rung  the entries of one level, ranked by one metric after the other
pareto_rung         the entries of one level, ranked by front and spread
"""
