"""What is read of a study: questions to one snapshot of the file, and what memory knows besides.

pages                 pages of trials and reports
best_trial            GetBestTrial
explanations          ExplainTrial
obsolete_checkpoints  ListObsoleteCheckpoints
summary               SummarizeStudy
sample                a fair sample of trials
curves                SampleCurves
query                 QueryTrials
points                studies that are judged by points
best_steps            ListBestSteps
importance            GetParameterImportance
anova                 how much each parameter counts, in numbers
"""
