"""Mutants: the product with one known bug each, put into the process that runs it.

core      the state machine
server    store, scheduler, service, daemon, command line
client    the Python client and the agent
patch     how a mutant is made, and put in when its module is imported
site      puts the mutant of $MUTANT into every Python process below
"""
