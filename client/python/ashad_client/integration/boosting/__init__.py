"""What the integrations of boosting libraries share.

checkpoints  files of a trial's state
evaluation   the names of what these libraries measure
"""
