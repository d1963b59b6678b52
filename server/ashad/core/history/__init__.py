"""History: what happened, kept for good.

records      one record for each thing that happened
trial        a live trial and the row that it is stored as
archive      what is asked of the past
annotations  what people say of it
explain      a decision as a sentence
past_trials  what another tool finished
"""
