"""What is read of a study: questions to one snapshot of the file, and what memory knows besides.

pages                 pages of trials and reports
best_trial            GetBestTrial
explanations          ExplainTrial
obsolete_checkpoints  ListObsoleteCheckpoints
summary               SummarizeStudy
sample                a fair sample of trials
curves                SampleCurves
query                 QueryTrials
fronts                studies that are judged by fronts
best_steps            ListBestSteps
importance            GetParameterImportance
anova                 how much each parameter counts, in numbers
"""
