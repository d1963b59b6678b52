"""What is printed or drawn, from messages of the contract. Asks the daemon nothing.

best_view    the best trial, by what is asked
lineage_view  where the trials of a population come from
output       tables, JSON, colours
plain        messages as plain data
quota_view   a quota, and who has it; why workers of a study wait
sentences    states and reasons in words
study_view   a study
text         numbers, durations and hostile text made printable
trial_view   a trial
verdict      what a simulation or a replay comes to
watch_state  what a watcher knows
watch_view   how `ashad watch` shows it
"""
