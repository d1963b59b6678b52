"""Recovery: a study from its records.

restore          the state as it was
replay           the recorded requests, decided again
earlier_records  what earlier versions recorded in another way
"""
