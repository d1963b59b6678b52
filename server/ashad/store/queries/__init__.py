"""Questions whose answer is small, whatever the number of rows. Only read, within one snapshot.

columns        what a trial can be filtered, ordered and shown by
trials         trials that pass some tests, in some order, from a place on
column_arrays  one column of all trials as an array
column_cache   columns of large studies in memory, so that the file need not be looked through
attempts       what is under way in all studies
curves         some of the reports of a trial, spread over all of them
log            all that happened in a study
entries        the rung entries of a study, from which it is read again
points         the points of entries that are judged by fronts
steps          where the best so far became better, and what had been spent
"""
